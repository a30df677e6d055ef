"""Closing a session: the changes that follow from its record once the mentor confirms it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from toolkit._internal.markdown_subset import escape_subset
from toolkit.domain.agenda import ActionItem, ActionState, AgendaItem, AgendaState
from toolkit.domain.ledger import BillingRules, LedgerLine, ledger_line_for
from toolkit.domain.people import Role
from toolkit.domain.record_entries import ActionEntry, AgendaEntry, CheckEntry, Entry, NotesEntry
from toolkit.domain.session import Session, SessionState
from toolkit.domain.skill_opinions import Stance
from toolkit.errors import StateError
from toolkit.i18n import _, format_date

__all__ = [
    "CloseResult",
    "MarkChange",
    "StatedOpinion",
    "StudentBaseline",
    "build_recap",
    "compute_close",
    "mark_changes",
    "open_agenda_items",
    "stated_opinions",
]


class MarkChange(NamedTuple):
    """A tick or a confirmation that was set in this session, or undone (`given` False)."""

    skill: str
    title: str
    by: Role
    given: bool


class StatedOpinion(NamedTuple):
    """A new opinion of the student about a skill; `Stance.WITHDRAWN` withdraws the earlier one."""

    skill: str
    title: str
    stance: Stance
    words: str


@dataclass(frozen=True)
class StudentBaseline:
    """The stored state of the student before the close.

    Parameters
    ----------
    open_actions : sequence of ActionItem
        The open action items.
    known_actions : collection of str
        The ids of all action items, also of settled ones: the record may be older than their settlement.
    marks : collection of (skill id, role)
        The ticks and confirmations in force.
    skills : collection of str
        The skills of the student's path; marks on other skills are ignored.
    says : mapping of str to (str, str)
        The student's opinion of a skill and its reason, by skill; a skill without an opinion may be missing.
    """

    open_actions: Sequence[ActionItem] = ()
    known_actions: Collection[str] = ()
    marks: Collection[tuple[str, Role]] = ()
    skills: Collection[str] = ()
    says: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class CloseResult:
    """The changes that a close makes.

    Parameters
    ----------
    session : Session
        The session after the close.
    actions : tuple of ActionItem
        Every new or changed action item; a carried item comes before the one that continues it.
    marks : tuple of MarkChange
        Ticks and confirmations set or undone, compared with those in force before.
    ledger : LedgerLine
        The ledger line of the session.
    draft : str
        The recap without the mentor's own words, Markdown: points discussed, actions with owner and date,
        shared notes.
    sayings : tuple of StatedOpinion
        New opinions of the student about skills.
    """

    session: Session
    actions: tuple[ActionItem, ...]
    marks: tuple[MarkChange, ...]
    ledger: LedgerLine
    draft: str
    sayings: tuple[StatedOpinion, ...] = ()

    def recap(self, words: str = "") -> str:
        """Return the recap as it is shown, stored and sent, Markdown: the mentor's own words, then the draft.

        Parameters
        ----------
        words : str
            The mentor's own words, Markdown.
        """
        return "\n\n".join(filter(None, (words.strip(), self.draft)))


def compute_close(
    session: Session,
    record: Mapping[str, Entry],
    standing: StudentBaseline,
    rules: BillingRules,
    new_id: Callable[[], str],
    names: Mapping[Role, str] | None = None,
) -> CloseResult:
    """Return the changes that closing ``session`` with ``record`` makes; nothing is written.

    No open item is lost: a talking point that is still open, or missing from the record, is carried (a part
    of the usual timeline is dropped: the next session has it anyway); an earlier action item that is still
    open, or missing from the record, is carried and continued by a new item; a new action item stays open.

    Parameters
    ----------
    session : Session
        The live session.
    record : mapping of str to Entry
        The entries of the session's record by key, already validated.
    standing : StudentBaseline
        The stored state of the student.
    rules : BillingRules
        Billing rules of the practice.
    new_id : callable
        Returns an unused id for each action item that is new or continues another.
    names : mapping of Role to str, optional
        The names of the two people, for the recap.

    Raises
    ------
    StateError
        If the session is not live.
    """
    actions = tuple(_actions(record, standing, new_id))
    closed = replace(session.act("close"), agenda=_agenda(session, record))
    line = ledger_line_for(closed, rules)
    if line is None:  # a held session always has one
        raise StateError(_("The session has no ledger line."))
    notes = record.get("notes")
    text = notes.text if isinstance(notes, NotesEntry) else ""
    return CloseResult(
        closed,
        actions,
        tuple(mark_changes(record, standing)),
        line,
        build_recap(closed, actions, text, names),
        tuple(stated_opinions(record, standing)),
    )


def open_agenda_items(sessions: Iterable[Session]) -> list[AgendaItem]:
    """Return the carried talking points that no later session has continued.

    The open talking points of a session that was not held count as carried, except the usual timeline.

    Parameters
    ----------
    sessions : iterable of Session
        The sessions of one student, earliest first.
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
    in_record = {entry.id: entry for entry in record.values() if isinstance(entry, AgendaEntry)}
    planned = {item.id: item for item in session.agenda}
    items = []
    for entry in in_record.values():
        # The origin of an item comes from the store: the record is writable by both people.
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
    gone = [item for item in session.agenda if item.id not in in_record]
    settled = [
        item.act("drop" if item.usual else "carry") if item.state is AgendaState.OPEN else item
        for item in chain(items, gone)
    ]
    return tuple(sorted(settled, key=lambda item: item.order))


def _actions(
    record: Mapping[str, Entry], standing: StudentBaseline, new_id: Callable[[], str]
) -> Iterable[ActionItem]:
    in_record = {entry.id: entry for entry in record.values() if isinstance(entry, ActionEntry)}
    for before in standing.open_actions:
        entry = in_record.get(before.id)
        now = _action(entry, before.carried_from) if entry else before
        if now.state in {ActionState.OPEN, ActionState.CARRIED}:
            yield from replace(now, state=ActionState.OPEN).carry(new_id())
        else:
            yield now
    earlier = {*standing.known_actions, *(item.id for item in standing.open_actions)}
    for entry in in_record.values():
        # A known item that is no longer open was settled in another session after this record was made.
        if entry.id not in earlier:
            # A new agreement; if it was carried in the same session, it is meant for the next one and stays
            # open. It gets a new id: an id from the record could belong to another student.
            new = replace(_action(entry, None), id=new_id())
            yield replace(new, state=ActionState.OPEN) if new.state is ActionState.CARRIED else new


def _action(entry: ActionEntry, carried_from: str | None) -> ActionItem:
    owner: Role = "mentor" if entry.owner == "mentor" else "student"
    return ActionItem(
        entry.id, entry.text, owner, entry.due, entry.plan, entry.order, entry.state, carried_from
    )


def mark_changes(record: Mapping[str, Entry], standing: StudentBaseline) -> Iterable[MarkChange]:
    """Yield the ticks and confirmations that the record sets or undoes.

    Parameters
    ----------
    record : mapping of str to Entry
        The entries of the session's record by key.
    standing : StudentBaseline
        The stored state of the student.
    """
    for entry in record.values():
        if isinstance(entry, CheckEntry) and entry.id in standing.skills:
            now: tuple[tuple[Role, bool], ...] = (("student", entry.ticked), ("mentor", entry.confirmed))
            for by, given in now:
                if given != ((entry.id, by) in standing.marks):
                    yield MarkChange(entry.id, entry.title, by, given)


def stated_opinions(record: Mapping[str, Entry], standing: StudentBaseline) -> Iterable[StatedOpinion]:
    """Yield the opinions of the student about skills that differ from the stored ones.

    Parameters
    ----------
    record : mapping of str to Entry
        The entries of the session's record by key.
    standing : StudentBaseline
        The stored state of the student.
    """
    for entry in record.values():
        if isinstance(entry, CheckEntry) and entry.id in standing.skills:
            words = entry.words.strip() if entry.says else ""
            if (entry.says, words) != standing.says.get(entry.id, ("", "")):
                stance = Stance(entry.says) if entry.says else Stance.WITHDRAWN
                yield StatedOpinion(entry.id, entry.title, stance, words)


def build_recap(
    session: Session,
    actions: Sequence[ActionItem],
    notes: str = "",
    names: Mapping[Role, str] | None = None,
) -> str:
    """Return a session's recap without the mentor's own words, Markdown, in the current language.

    The texts of the agenda, of action items and of the notes are plain text, and stay as they were typed.

    Parameters
    ----------
    session : Session
        The session with its settled agenda.
    actions : sequence of ActionItem
        The action items that the close changes: done and open ones are listed, with owner and date.
    notes : str
        The shared notes, appended as a quotation.
    names : mapping of Role to str, optional
        The names of the two people; "student" and "mentor" where one is missing.
    """
    lines = []
    discussed = [item.text for item in session.agenda if item.state is AgendaState.DISCUSSED]
    carried = [item.text for item in session.agenda if item.state is AgendaState.CARRIED]
    done = [item.text for item in actions if item.state is ActionState.DONE]
    agreed = [_describe_action(item, names or {}) for item in actions if item.state is ActionState.OPEN]
    for title, items in (
        (_("Discussed"), discussed),
        (_("Done since last time"), done),
        (_("Agreed"), agreed),
        (_("For next time"), carried),
    ):
        if items:
            lines += [f"**{title}**", "", *(f"- {escape_subset(text)}" for text in items), ""]
    if notes.strip():
        title = _("Notes")
        quoted = (f"> {escape_subset(line)}".rstrip(" ") for line in notes.strip().splitlines())
        lines += [f"**{title}**", "", *quoted]
    return "\n".join(lines).strip()


def _describe_action(item: ActionItem, names: Mapping[Role, str]) -> str:
    owner = names.get(item.owner) or (_("student") if item.owner == "student" else _("mentor"))
    due = _(", by {date}").format(date=format_date(item.due)) if item.due else ""
    plan = f" ({item.plan})" if item.plan else ""
    return f"{item.text} – {owner}{due}{plan}"
