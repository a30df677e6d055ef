"""A session's life: planned, prepared on the table, started, closed - or not held."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from toolkit.domain.agenda import ActionState, AgendaItem, usual_agenda
from toolkit.domain.closing import Closing, Standing, close, open_points
from toolkit.domain.ledger import line_for
from toolkit.domain.people import MentorshipState, Role, Student
from toolkit.domain.record import AgendaEntry
from toolkit.domain.session import Session, SessionKind, SessionState, check_minutes
from toolkit.errors import InputError, MentoringError, StateError
from toolkit.i18n import _, format_datetime, use_language
from toolkit.journeys import given, snapshots
from toolkit.journeys.catalogue import Catalogue
from toolkit.journeys.progress import snapshot
from toolkit.journeys.table import move_table, prepare, read_notebook, read_record, update_table
from toolkit.live.snapshots import Why
from toolkit.practice import Practice
from toolkit.record import parse_entry
from toolkit.store import Draft, Mark, Note, NoteSide, Transaction

__all__ = [
    "ClosePreview",
    "act",
    "cancel",
    "confirm_close",
    "no_show",
    "plan",
    "preview_close",
    "reschedule",
    "standing_of",
    "start",
]


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
    length = check_minutes(practice.config.sessions.minutes if minutes is None else minutes)
    own = [_topic(text, number) for number, text in enumerate(topics)]
    with practice.store.read() as tx:
        student = tx.students.get(student_name)
        _may_meet(student)
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
            agenda=_agenda(student, length, open_points(earlier), own),
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


def _may_meet(student: Student) -> None:
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


def _agenda(
    student: Student, minutes: int, carried: list[AgendaItem], own: list[AgendaItem]
) -> tuple[AgendaItem, ...]:
    with use_language(student.language):
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


def _taken_up(points: list[AgendaItem]) -> list[AgendaItem]:
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


def act(practice: Practice, session_id: str, action: str) -> Session:
    """Do something with a session that only changes its state; bills it where the rules say so."""
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).act(action)
        _settle(practice, tx, session)
    return session


def start(practice: Practice, session_id: str) -> tuple[Session, Path]:
    """Start a session; returns it and its notebook, which is prepared if it is not there.

    The table is brought up to date: what other sessions settled since it was prepared goes, what they left
    open comes. A session that is live already stays as it is, so this may be called again.
    """
    catalogue = Catalogue(practice)
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
    if session.state is SessionState.LIVE:
        return session, prepare(practice, catalogue, session, datetime.now(UTC))
    session.act("start")  # refused before anything is made
    path = prepare(practice, catalogue, session, datetime.now(UTC))
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


def reschedule(practice: Practice, session_id: str, starts_at: datetime, *, anyway: bool = False) -> Session:
    """Move the same session to another time; its notebook is made anew unless somebody has written in it."""
    now = datetime.now(UTC)
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
    """

    closing: Closing
    problems: tuple[str, ...]
    record: bytes
    notebook: bytes


def preview_close(practice: Practice, session_id: str) -> ClosePreview:
    """Read the session's record, check it, and show what closing would keep; nothing is changed."""
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        session.act("close")
        standing = standing_of(tx, Catalogue(practice), tx.students.get(session.student_id))
    entries, problems, record = read_record(practice, session)
    closing = close(session, entries, standing, practice.config.billing_rules, _new_id)
    return ClosePreview(closing, problems, record, read_notebook(practice, session))


def standing_of(tx: Transaction, catalogue: Catalogue, student: Student) -> Standing:
    """Return what the store has of a student, for a record to be compared with."""
    actions = tx.actions.of(student.id)
    return Standing(
        open_actions=[action for action in actions if action.state is ActionState.OPEN],
        known_actions={action.id for action in actions},
        marks={(mark.skill, mark.by) for mark in tx.marks.of(student.id)},
        skills={skill.id for skill in catalogue.path(student.path).skills},
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
    given.take_in(practice, closing.session.id, now)
    kept = snapshots.of(practice, closing.session.id)
    kept.add(Why.CLOSE, preview.notebook or None, preview.record or None)
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
        tx.ledger.add(closing.ledger)
        for text in dict.fromkeys(text for text in (draft.note.strip(), note) if text):
            tx.notes.add(Note(session.student_id, session.id, NoteSide.MENTOR, text, now))
        tx.drafts.save(session.id, Draft(), now)
    return session
