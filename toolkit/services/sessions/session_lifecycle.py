"""A session's life: planned, prepared on the table, started, closed - or not held."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from toolkit.domain.agenda import ActionState, AgendaItem, usual_agenda
from toolkit.domain.ledger import line_for
from toolkit.domain.people import MentorshipState, Role, Student
from toolkit.domain.record_entries import AgendaEntry, Entry
from toolkit.domain.session import Session, SessionKind, SessionState, check_minutes
from toolkit.domain.session_close import Closing, Standing, close, open_points
from toolkit.domain.skill_opinions import Opinion, Stance, last_words
from toolkit.domain.student_group import part_of
from toolkit.errors import InputError, MentoringError, StateError
from toolkit.i18n import Language, _, format_datetime, use_language
from toolkit.live.snapshots.snapshot_store import Why
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.reports.student_snapshots import snapshot
from toolkit.services.sessions import session_snapshots, wishes_and_consents
from toolkit.services.sessions.session_workspace import (
    move_table,
    prepare,
    read_notebook,
    read_record,
    update_table,
)
from toolkit.store import Draft, Mark, Note, NoteSide, Transaction
from toolkit.workspace.session_record import parse_entry

__all__ = [
    "LEFT_OPEN",
    "ClosePreview",
    "act",
    "cancel",
    "check_may_meet",
    "check_was_closed",
    "confirm_close",
    "new_agenda",
    "no_show",
    "plan",
    "preview_close",
    "read_part",
    "reschedule",
    "standing_of",
    "start",
]

LEFT_OPEN = timedelta(hours=12)
"""After so long past its end nobody is in a session any more."""


def plan(
    practice: Practice,
    student_name: str,
    starts_at: datetime,
    *,
    minutes: int | None = None,
    exercise: str | None = None,
    topics: Iterable[str] = (),
    anyway: bool = False,
    now: datetime | None = None,
) -> Session:
    """Plan a session, with its agenda, and prepare its notebook in the student's workspace.

    Parameters
    ----------
    starts_at : datetime
        Aware.
    minutes : int, optional
        The practice's usual length if left out.
    exercise : str, optional
        Exercise of the day; the first of the student's next ones if left out.
    topics : iterable of str
        Talking points besides the usual timeline and what was carried over.
    anyway : bool
        Plan it though it begins in the past or meets another session.

    Raises
    ------
    StateError
        If the mentorship is paused or over.
    InputError
        If the time or the length will not do.
    """
    now = now or datetime.now(UTC)
    catalogue = Catalogue(practice)
    own = list(topics)
    length = check_minutes(practice.config.sessions.minutes if minutes is None else minutes)
    with practice.store.read() as tx:
        student = tx.students.get(student_name)
        check_may_meet(student)
        if exercise is None:
            proposed = snapshot(tx, catalogue, student, now).next_exercises
            exercise = proposed[0].exercise if proposed else None
    if exercise is not None:
        # A table needs it; what stands in its way is better said before anything is kept.
        catalogue.released(exercise)
    with practice.store.begin() as tx:
        if not anyway:
            _check_time(tx, starts_at, length, now)
        earlier = tx.sessions.of(student.id)
        session = Session(
            id=tx.sessions.next_id(student.id),
            student_id=student.id,
            starts_at=starts_at,
            minutes=length,
            kind=SessionKind.REGULAR if earlier else SessionKind.DISCOVERY,
            exercise=exercise,
            agenda=new_agenda(student.language, length, own, open_points(earlier)),
        )
        tx.sessions.save(session)
    try:
        prepare(practice, catalogue, session, now)
    except MentoringError as error:
        raise type(error)(
            error.message,
            _(
                "Session {id} is planned all the same; its notebook is made by: mentor session start {id}"
            ).format(id=session.id),
        ) from error
    return session


def check_may_meet(student: Student) -> None:
    """Refuse with `StateError` where a student's mentorship is paused or over."""
    if student.state not in {MentorshipState.ACTIVE, MentorshipState.INVITED}:
        raise StateError(
            _("{name}'s mentorship is {state}.").format(name=student.name, state=_(str(student.state))),
            _("Resume it first: mentor student resume {id}").format(id=student.id),
        )


def _check_time(
    tx: Transaction, starts_at: datetime, minutes: int, now: datetime, but: str | None = None
) -> None:
    hint = _("Choose another time, or say --anyway.")
    if starts_at < now:
        raise InputError(_("{time} is in the past.").format(time=format_datetime(starts_at)), hint)
    ends_at = starts_at + timedelta(minutes=minutes)
    for other in tx.sessions.all():
        if other.id == but or other.state not in {SessionState.PLANNED, SessionState.CONFIRMED}:
            continue
        if starts_at < other.starts_at + timedelta(minutes=other.minutes) and other.starts_at < ends_at:
            raise InputError(
                _("You have session {id} at that time ({time}).").format(
                    id=other.id, time=format_datetime(other.starts_at)
                ),
                hint,
            )


def new_agenda(
    language: Language, minutes: int, topics: Iterable[str] = (), carried: Iterable[AgendaItem] = ()
) -> tuple[AgendaItem, ...]:
    """Return the usual timeline in a language, with what was carried over and the mentor's own topics."""
    own = [_topic(text, number) for number, text in enumerate(topics)]
    with use_language(language):
        usual = [
            AgendaItem(_new_id(), text, length, float(n), usual=True)
            for n, (text, length) in enumerate(usual_agenda(minutes))
        ]
    extra = [*_taken_up(carried), *own]
    # What comes on top is taken from the longest part, so that the whole still fits the session.
    longest = max(usual, key=lambda item: item.minutes)
    left = longest.minutes - sum(item.minutes for item in extra)
    usual[usual.index(longest)] = replace(longest, minutes=max(5, left))
    return tuple(sorted([*usual, *extra], key=lambda item: item.order))


def _taken_up(points: Iterable[AgendaItem]) -> list[AgendaItem]:
    # After the agenda has been looked at (2.0), before the student's code (3.0).
    return [
        AgendaItem(_new_id(), item.text, item.minutes, 2 + (n + 1) / 100, item.added_by, carried_from=item.id)
        for n, item in enumerate(points)
    ]


def _topic(text: str, number: int) -> AgendaItem:
    item = AgendaItem(_new_id(), text, 5, 2.5 + number / 100)
    # The same rule as on the table: one line, not empty, not endless.
    entry = parse_entry(f"agenda:{item.id}", vars(item))
    return replace(item, text=entry.text) if isinstance(entry, AgendaEntry) else item


def _new_id() -> str:
    return uuid.uuid4().hex[:12]


def check_was_closed(session: Session, now: datetime) -> None:
    """Refuse with `StateError` to go on with a live session that was left open on an earlier day."""
    if session.starts_at + timedelta(minutes=session.minutes) + LEFT_OPEN < now:
        raise StateError(
            _("Session {id} of {time} was never closed.").format(
                id=session.id, time=format_datetime(session.starts_at)
            ),
            _("What was ticked then is kept. Close it first: mentor close {id}").format(id=session.id),
        )


def act(practice: Practice, session_id: str, action: str) -> Session:
    """Do something with a session that only changes its state; bills it where the rules say so."""
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).act(action)
        _settle(practice, tx, session)
    return session


def start(practice: Practice, session_id: str, now: datetime | None = None) -> tuple[Session, Path]:
    """Start a session; returns it and its notebook, which is prepared if it is not there.

    The table is brought up to date: what other sessions settled since it was prepared goes, what they left
    open comes. A session that is live already stays as it is, so this may be called again.
    """
    now = now or datetime.now(UTC)
    catalogue = Catalogue(practice)
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
    if session.group is not None:
        raise StateError(
            _("Session {id} is a group's, and begins with those of the others.").format(id=session.id),
            _("Share it: mentor live {student}").format(student=session.student_id),
        )
    if session.state is SessionState.LIVE:
        return session, prepare(practice, catalogue, session, now)
    session.act("start")  # refused before anything is made
    path = prepare(practice, catalogue, session, now)
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).act("start")
        others = [other for other in tx.sessions.of(session.student_id) if other.id != session.id]
        mine = {item.carried_from for item in session.agenda}
        points = [item for item in open_points(others) if item.id not in mine]
        session = replace(session, agenda=(*session.agenda, *_taken_up(points)))
        tx.sessions.save(session)
        actions = tx.actions.of(session.student_id)
    update_table(practice, session, actions)
    return session, path


def cancel(practice: Practice, session_id: str, by: Role, at: datetime | None = None) -> Session:
    """Cancel a session; `at` is when it was cancelled, now if left out."""
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).cancel(by, at or datetime.now(UTC))
        _settle(practice, tx, session)
    return session


def no_show(practice: Practice, session_id: str, of: Role) -> Session:
    """Note that somebody did not come."""
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).no_show(of)
        _settle(practice, tx, session)
    return session


def reschedule(
    practice: Practice,
    session_id: str,
    starts_at: datetime,
    *,
    anyway: bool = False,
    now: datetime | None = None,
) -> Session:
    """Move the same session to another time; its notebook is made anew unless somebody has written in it."""
    now = now or datetime.now(UTC)
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).reschedule(starts_at)
        if not anyway:
            _check_time(tx, starts_at, session.minutes, now, but=session_id)
        tx.sessions.save(session)
    move_table(practice, Catalogue(practice), session, now)
    return session


def _settle(practice: Practice, tx: Transaction, session: Session) -> None:
    tx.sessions.save(session)
    line = line_for(session, practice.config.billing_rules)
    if line:
        tx.ledger.add(line)


@dataclass(frozen=True)
class ClosePreview:
    """What closing would keep.

    Parameters
    ----------
    problems : tuple of str
        What on the table could not be believed, one sentence each; it is left out.
    entries : mapping of str to Entry
        What was believed: of a group's board, the student's part.
    """

    closing: Closing
    problems: tuple[str, ...]
    record: bytes
    notebook: bytes
    entries: Mapping[str, Entry] = field(default_factory=dict)


def preview_close(practice: Practice, session_id: str) -> ClosePreview:
    """Read the session's record, check it, and show what closing would keep; nothing is changed."""
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        session.act("close")
        standing = standing_of(tx, Catalogue(practice), tx.students.get(session.student_id))
    entries, problems, record = read_part(practice, session, standing)
    if session.group:
        # What was promised before lies on no group's board, and stays as it is.
        standing = replace(standing, open_actions=())
    closing = close(session, entries, standing, practice.config.billing_rules, _new_id)
    return ClosePreview(closing, problems, record, read_notebook(practice, session), entries)


def read_part(
    practice: Practice, session: Session, standing: Standing
) -> tuple[dict[str, Entry], tuple[str, ...], bytes]:
    """Return what a session's record says, as `read_record`; of a group's board, this student's part."""
    entries, problems, data = read_record(practice, session)
    if session.group and not session.is_over:
        with practice.store.read() as tx:
            students = [one.student_id for one in tx.sessions.of_group(session.group)]
        entries = part_of(entries, students.index(session.student_id) + 1, students, standing)
    return entries, problems, data


def standing_of(tx: Transaction, catalogue: Catalogue, student: Student) -> Standing:
    """Return what the store has of a student, for a record to be compared with."""
    actions = tx.actions.of(student.id)
    said = last_words(tx.opinions.of(student.id))
    return Standing(
        open_actions=[action for action in actions if action.state is ActionState.OPEN],
        known_actions={action.id for action in actions},
        marks={
            *((mark.skill, mark.by) for mark in tx.marks.of(student.id) if mark.by == "student"),
            *(key for key, one in said.items() if one.stance is Stance.CONFIRMED),
        },
        skills={skill.id for skill in catalogue.path(student.path).skills},
        says={skill: (str(one.stance), one.words) for (skill, by), one in said.items() if by == "student"},
    )


def confirm_close(
    practice: Practice, preview: ClosePreview, *, note: str = "", recap: str = "", now: datetime | None = None
) -> Session:
    """Make what the preview showed into data: agenda, actions, ticks, ledger, recap, the files as they were.

    What the mentor wrote on the desk during the session becomes a note of its own, and the recap where none
    is given here.

    Parameters
    ----------
    note : str
        The mentor's private note.
    recap : str
        The mentor's own words, for the student.
    """
    now = now or datetime.now(UTC)
    closing = preview.closing
    # Until now the student may give it; from here on they can only take it back.
    wishes_and_consents.take_in(practice, closing.session.id, now)
    kept = session_snapshots.of(practice, closing.session.id)
    kept.add(Why.CLOSE, preview.notebook or None, preview.record or None, now=now)
    session = replace(
        closing.session,
        record_sha256=practice.keep(preview.record) if preview.record else None,
        notebook_sha256=practice.keep(preview.notebook) if preview.notebook else None,
    )
    with practice.store.begin() as tx:
        # Somebody may have closed it meanwhile: the state machine refuses the second time.
        tx.sessions.get(session.id).act("close")
        draft = tx.drafts.of(session.id)
        session = replace(session, recap=recap or draft.recap)
        tx.sessions.save(session)
        for action in closing.actions:
            tx.actions.save(action, session.student_id, session.id)
        for change in closing.marks:
            mark = Mark(session.student_id, change.skill, change.by, session.id, now, change.given)
            tx.marks.add(mark)
        for one in closing.sayings:
            tx.opinions.add(
                Opinion(session.student_id, one.skill, "student", one.stance, now, one.words, session.id)
            )
        tx.ledger.add(closing.ledger)
        for text in dict.fromkeys(text for text in (draft.note.strip(), note) if text):
            tx.notes.add(Note(session.student_id, session.id, NoteSide.MENTOR, text, now))
        tx.drafts.save(session.id, Draft(), now)
    return session
