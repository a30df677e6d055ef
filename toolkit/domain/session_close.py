"""Closing a session: what the table's record becomes, once the mentor confirms it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from toolkit.domain.agenda import ActionItem, ActionState, AgendaItem, AgendaState
from toolkit.domain.ledger import BillingRules, LedgerLine, line_for
from toolkit.domain.people import Role
from toolkit.domain.record_entries import ActionEntry, AgendaEntry, CheckEntry, Entry, NotesEntry
from toolkit.domain.session import Session, SessionState
from toolkit.domain.skill_opinions import Stance
from toolkit.errors import StateError
from toolkit.i18n import _, format_date

__all__ = [
    "Closing",
    "MarkChange",
    "Saying",
    "Standing",
    "close",
    "mark_changes",
    "open_points",
    "recap_of",
    "sayings",
]


class MarkChange(NamedTuple):
    """A tick or a confirmation that was made in this session, or taken back (`given` False)."""

    skill: str
    title: str
    by: Role
    given: bool


class Saying(NamedTuple):
    """What the student says about a skill, and did not say before; `Stance.WITHDRAWN` takes it back."""

    skill: str
    title: str
    stance: Stance
    words: str


@dataclass(frozen=True)
class Standing:
    """What the store has of the student before the close.

    Parameters
    ----------
    open_actions : sequence of ActionItem
        The action items that are open.
    known_actions : collection of str
        The ids of all of them, settled ones too: a record may have been made before they were settled.
    marks : collection of (skill id, role)
        The ticks and confirmations that stand.
    skills : collection of str
        The skills of the student's path; a mark on any other is left out.
    says : mapping of str to (str, str)
        What the student says of a skill, and why; those of which nothing is said may be missing.
    """

    open_actions: Sequence[ActionItem] = ()
    known_actions: Collection[str] = ()
    marks: Collection[tuple[str, Role]] = ()
    skills: Collection[str] = ()
    says: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Closing:
    """What a close changes.

    Parameters
    ----------
    actions : tuple of ActionItem
        Every action item that is new or changed, each carried one before the one that continues it.
    marks : tuple of MarkChange
        Ticks and confirmations made or taken back, against those that stood before.
    sayings : tuple of Saying
        What the student says of skills, against what they said before.
    draft : str
        The recap as a draft, Markdown: what was talked about, who does what by when, the shared notes.
    """

    session: Session
    actions: tuple[ActionItem, ...]
    marks: tuple[MarkChange, ...]
    ledger: LedgerLine
    draft: str
    sayings: tuple[Saying, ...] = ()


def close(
    session: Session,
    record: Mapping[str, Entry],
    standing: Standing,
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
    new_id : callable
        Makes an id for an action item that goes on.

    Raises
    ------
    StateError
        If the session is not live.
    """
    actions = tuple(_actions(record, standing, new_id))
    closed = replace(session.act("close"), agenda=_agenda(session, record))
    line = line_for(closed, rules)
    if line is None:  # a held session always has one
        raise StateError(_("The session has no ledger line."))
    notes = record.get("notes")
    text = notes.text if isinstance(notes, NotesEntry) else ""
    return Closing(
        closed,
        actions,
        tuple(mark_changes(record, standing)),
        line,
        recap_of(closed, actions, text),
        tuple(sayings(record, standing)),
    )


def open_points(sessions: Iterable[Session]) -> list[AgendaItem]:
    """Return the talking points that no session has taken up again since they were carried.

    A session that was not held leaves its own talking points open, the usual timeline aside.

    Parameters
    ----------
    sessions : iterable of Session
        The student's, earliest first.
    """
    found: dict[str, AgendaItem] = {}
    taken_up: set[str] = set()
    for session in sessions:
        ahead = session.state in {SessionState.PLANNED, SessionState.CONFIRMED, SessionState.LIVE}
        held = session.state in {SessionState.HELD, SessionState.REPORTED}
        if ahead or held:
            taken_up |= {item.carried_from for item in session.agenda if item.carried_from}
        left = {AgendaState.CARRIED} if held else set() if ahead else {AgendaState.OPEN}
        found |= {item.id: item for item in session.agenda if item.state in left and not item.usual}
    return [item for item in found.values() if item.id not in taken_up]


def _agenda(session: Session, record: Mapping[str, Entry]) -> tuple[AgendaItem, ...]:
    on_table = {entry.id: entry for entry in record.values() if isinstance(entry, AgendaEntry)}
    planned = {item.id: item for item in session.agenda}
    items = []
    for entry in on_table.values():
        # Where an item comes from is known here, not on the table.
        before = planned.get(entry.id)
        items.append(
            AgendaItem(
                entry.id,
                entry.text,
                entry.minutes,
                entry.order,
                entry.added_by,
                entry.state,
                before.usual if before else entry.usual,
                before.carried_from if before else None,
            )
        )
    gone = [item for item in session.agenda if item.id not in on_table]
    settled = [
        item.act("drop" if item.usual else "carry") if item.state is AgendaState.OPEN else item
        for item in chain(items, gone)
    ]
    return tuple(sorted(settled, key=lambda item: item.order))


def _actions(
    record: Mapping[str, Entry], standing: Standing, new_id: Callable[[], str]
) -> Iterable[ActionItem]:
    on_table = {entry.id: entry for entry in record.values() if isinstance(entry, ActionEntry)}
    for before in standing.open_actions:
        entry = on_table.get(before.id)
        now = _action(entry, before.carried_from) if entry else before
        if now.state in {ActionState.OPEN, ActionState.CARRIED}:
            yield from replace(now, state=ActionState.OPEN).carry(new_id())
        else:
            yield now
    earlier = {*standing.known_actions, *(item.id for item in standing.open_actions)}
    for entry in on_table.values():
        # One that is known and no longer open was settled in another session since this record was made.
        if entry.id not in earlier:
            # Agreed on today; whoever carried it at once meant the next session, so it is open. Its id is
            # made here: one that the table chose could be another student's.
            new = replace(_action(entry, None), id=new_id())
            yield replace(new, state=ActionState.OPEN) if new.state is ActionState.CARRIED else new


def _action(entry: ActionEntry, carried_from: str | None) -> ActionItem:
    owner: Role = "mentor" if entry.owner == "mentor" else "student"
    return ActionItem(
        entry.id, entry.text, owner, entry.due, entry.plan, entry.order, entry.state, carried_from
    )


def mark_changes(record: Mapping[str, Entry], standing: Standing) -> Iterable[MarkChange]:
    """Yield the ticks and confirmations that were made or taken back, against those that stand."""
    for entry in record.values():
        if isinstance(entry, CheckEntry) and entry.id in standing.skills:
            now: tuple[tuple[Role, bool], ...] = (("student", entry.ticked), ("mentor", entry.confirmed))
            for by, given in now:
                if given != ((entry.id, by) in standing.marks):
                    yield MarkChange(entry.id, entry.title, by, given)


def sayings(record: Mapping[str, Entry], standing: Standing) -> Iterable[Saying]:
    """Yield what the student says of skills and did not say before."""
    for entry in record.values():
        if isinstance(entry, CheckEntry) and entry.id in standing.skills:
            words = entry.words.strip() if entry.says else ""
            if (entry.says, words) != standing.says.get(entry.id, ("", "")):
                stance = Stance(entry.says) if entry.says else Stance.WITHDRAWN
                yield Saying(entry.id, entry.title, stance, words)


def recap_of(session: Session, actions: Sequence[ActionItem], notes: str = "") -> str:
    """Return what a session came to, Markdown: what was talked about, who does what by when, and notes."""
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
    if notes.strip():
        # Quoted: they are nobody's heading or list in the mentor's letter.
        title = _("Notes")
        lines += [f"**{title}**", "", *(f"> {line}".rstrip() for line in notes.strip().splitlines())]
    return "\n".join(lines).strip()


def _promise(item: ActionItem) -> str:
    owner = _("student") if item.owner == "student" else _("mentor")
    due = _(", by {date}").format(date=format_date(item.due)) if item.due else ""
    plan = f" ({item.plan})" if item.plan else ""
    return f"{item.text} – {owner}{due}{plan}"
