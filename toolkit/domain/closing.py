"""Closing a session: what the table's record becomes, once the mentor confirms it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from toolkit.domain.agenda import ActionItem, ActionState, AgendaItem, AgendaState, usual_agenda
from toolkit.domain.ledger import BillingRules, LedgerLine, line_for
from toolkit.domain.people import Role
from toolkit.domain.record import ActionEntry, AgendaEntry, CheckEntry, Entry
from toolkit.domain.session import Session
from toolkit.errors import StateError
from toolkit.i18n import _, format_date

__all__ = ["Closing", "close"]


@dataclass(frozen=True)
class Closing:
    """What a close changes.

    Parameters
    ----------
    actions : tuple of ActionItem
        Every action item that is new or changed, each carried one before the one that continues it.
    marks : tuple of (skill id, role)
        Ticks and confirmations made.
    draft : str
        The recap as a draft, Markdown: what was talked about, who does what by when.
    """

    session: Session
    actions: tuple[ActionItem, ...]
    marks: tuple[tuple[str, Role], ...]
    ledger: LedgerLine
    draft: str


def close(
    session: Session,
    record: Mapping[str, Entry],
    open_actions: Sequence[ActionItem],
    rules: BillingRules,
    new_id: Callable[[], str],
) -> Closing:
    """Return what closing ``session`` with ``record`` amounts to.

    Nothing that was open is lost: a talking point that is still open, or gone from the record, is carried
    (a part of the usual timeline is dropped: the next session has it anyway); an earlier action item that is
    still open, or gone from the record, is carried and goes on as a new one; one agreed on today stays open.

    Parameters
    ----------
    record : mapping of str to Entry
        The table's record by key, already validated.
    open_actions : sequence of ActionItem
        The student's open action items before the session.
    new_id : callable
        Makes an id for an action item that goes on.

    Raises
    ------
    StateError
        If the session is not live.
    """
    agenda = _agenda(session, record)
    actions = tuple(_actions(record, open_actions, new_id))
    closed = replace(session.act("close"), agenda=agenda)
    marks: list[tuple[str, Role]] = []
    for entry in record.values():
        if isinstance(entry, CheckEntry):
            marks += [(entry.id, "student")] if entry.ticked else []
            marks += [(entry.id, "mentor")] if entry.confirmed else []
    line = line_for(closed, rules)
    if line is None:  # a held session always has one
        raise StateError(_("The session has no ledger line."))
    return Closing(closed, actions, tuple(marks), line, _recap(closed, actions))


def _agenda(session: Session, record: Mapping[str, Entry]) -> tuple[AgendaItem, ...]:
    on_table = {entry.id: entry for entry in record.values() if isinstance(entry, AgendaEntry)}
    gone = [item for item in session.agenda if item.id not in on_table]
    items = [
        AgendaItem(entry.id, entry.text, entry.minutes, entry.order, entry.added_by, entry.state)
        for entry in on_table.values()
    ]
    # A check-in that was not ticked is no talking point for next time.
    usual = {text for text, _minutes in usual_agenda(session.minutes)}
    settled = [
        item.act("drop" if item.text in usual else "carry") if item.state is AgendaState.OPEN else item
        for item in chain(items, gone)
    ]
    return tuple(sorted(settled, key=lambda item: item.order))


def _actions(
    record: Mapping[str, Entry], open_actions: Sequence[ActionItem], new_id: Callable[[], str]
) -> list[ActionItem]:
    on_table = {entry.id: entry for entry in record.values() if isinstance(entry, ActionEntry)}
    changed: list[ActionItem] = []
    for before in open_actions:
        entry = on_table.pop(before.id, None)
        now = _action(entry, before.carried_from) if entry else before
        if now.state in {ActionState.OPEN, ActionState.CARRIED}:
            changed += replace(now, state=ActionState.OPEN).carry(new_id())
        else:
            changed.append(now)
    # What is left was agreed on today; whoever carried it at once meant the next session, so it is open.
    # Its id is made here: one that the table chose could be another student's.
    for entry in on_table.values():
        new = replace(_action(entry, None), id=new_id())
        changed.append(replace(new, state=ActionState.OPEN) if new.state is ActionState.CARRIED else new)
    return changed


def _action(entry: ActionEntry, carried_from: str | None) -> ActionItem:
    return ActionItem(
        entry.id, entry.text, entry.owner, entry.due, entry.plan, entry.order, entry.state, carried_from
    )


def _recap(session: Session, actions: Sequence[ActionItem]) -> str:
    lines = []
    discussed = [item.text for item in session.agenda if item.state is AgendaState.DISCUSSED]
    carried = [item.text for item in session.agenda if item.state is AgendaState.CARRIED]
    done = [item.text for item in actions if item.state is ActionState.DONE]
    agreed = [_promise(item) for item in actions if item.state is ActionState.OPEN]
    for title, items in (
        (_("Discussed"), discussed),
        (_("Done since last time"), done),
        (_("Agreed"), agreed),
        (_("For next time"), carried),
    ):
        if items:
            lines += [f"**{title}**", "", *(f"- {text}" for text in items), ""]
    return "\n".join(lines).strip()


def _promise(item: ActionItem) -> str:
    owner = _("student") if item.owner == "student" else _("mentor")
    due = _(", by {date}").format(date=format_date(item.due)) if item.due else ""
    plan = f" ({item.plan})" if item.plan else ""
    return f"{item.text} – {owner}{due}{plan}"
