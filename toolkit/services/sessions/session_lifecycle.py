"""A session's lifecycle: plan, prepare its files, start, close; or cancel, note a no-show, reschedule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from toolkit.domain.ledger import ledger_line_for
from toolkit.domain.people import MentorshipState, Role, Student
from toolkit.domain.session import Session, SessionKind, SessionState, check_minutes
from toolkit.domain.session_close import open_agenda_items
from toolkit.errors import InputError, MentoringError, StateError
from toolkit.i18n import _, format_datetime
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.reports.student_snapshots import student_snapshot
from toolkit.services.sessions.session_agenda import carried_items, new_agenda
from toolkit.services.sessions.session_workspace import (
    prepare_workspace,
    reschedule_workspace,
    update_workspace,
)
from toolkit.store import Transaction

__all__ = [
    "LEFT_OPEN_AFTER",
    "cancel_session",
    "change_state",
    "check_may_meet",
    "check_was_closed",
    "plan_session",
    "record_no_show",
    "reschedule_session",
    "start_session",
]

LEFT_OPEN_AFTER = timedelta(hours=12)
"""A live session whose end is longer ago than this counts as left open."""


def plan_session(
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
    practice : Practice
        The mentor's practice.
    student_name : str
        Id or name of the student.
    starts_at : datetime
        Start of the session, timezone-aware.
    minutes : int, optional
        Length of the session; the practice's usual length if left out.
    exercise : str, optional
        Exercise of the day; the first of the student's next ones if left out.
    topics : iterable of str
        Talking points besides the usual timeline and the carried points.
    anyway : bool
        Whether to plan it even if it begins in the past or overlaps another session.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such student or exercise.
    StateError
        The mentorship is paused or has ended.
    InputError
        The time or the length is not allowed.
    """
    now = now or datetime.now(UTC)
    catalogue = Catalogue(practice)
    extra_topics = list(topics)
    length = check_minutes(practice.config.sessions.minutes if minutes is None else minutes)
    with practice.store.read() as tx:
        student = tx.students.get(student_name)
        check_may_meet(student)
        if exercise is None:
            proposed = student_snapshot(tx, catalogue, student, now).next_exercises
            exercise = proposed[0].exercise if proposed else None
    if exercise is not None:
        # The session's notebook needs the released exercise; report a problem before anything is stored.
        catalogue.released(exercise)
    with practice.store.begin() as tx:
        if not anyway:
            _check_time(tx, starts_at, length, now)
        earlier = tx.sessions.for_student(student.id)
        session = Session(
            id=tx.sessions.next_id(student.id),
            student_id=student.id,
            starts_at=starts_at,
            minutes=length,
            kind=SessionKind.REGULAR if earlier else SessionKind.DISCOVERY,
            exercise=exercise,
            agenda=new_agenda(student.language, length, extra_topics, open_agenda_items(earlier)),
        )
        tx.sessions.save(session)
    try:
        prepare_workspace(practice, catalogue, session, now)
    except MentoringError as error:
        raise type(error)(
            error.message,
            _(
                "Session {id} is planned all the same; its notebook is made by: mentor session start {id}"
            ).format(id=session.id),
        ) from error
    return session


def check_may_meet(student: Student) -> None:
    """Raise `StateError` if a student's mentorship is paused or has ended."""
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


def check_was_closed(session: Session, now: datetime) -> None:
    """Raise `StateError` if a live session was left open, see `LEFT_OPEN_AFTER`.

    Parameters
    ----------
    session : Session
        A live session.
    now : datetime
        Current time, timezone-aware.
    """
    if session.starts_at + timedelta(minutes=session.minutes) + LEFT_OPEN_AFTER < now:
        raise StateError(
            _("Session {id} of {time} was never closed.").format(
                id=session.id, time=format_datetime(session.starts_at)
            ),
            _("What was ticked then is kept. Close it first: mentor close {id}").format(id=session.id),
        )


def change_state(practice: Practice, session_id: str, action: str) -> Session:
    """Apply an action that only changes a session's state, and bill the session if the rules say so.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    action : str
        Name of the action, for example ``confirm`` or ``report``.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow the action.
    """
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).act(action)
        _save_and_bill(practice, tx, session)
    return session


def start_session(practice: Practice, session_id: str, now: datetime | None = None) -> tuple[Session, Path]:
    """Start a session, and create its notebook if missing.

    The record is updated: actions that were settled since it was prepared are removed; actions and talking
    points that other sessions left open are added. A live session stays as it is, so a second call is safe.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Returns
    -------
    session : Session
        The live session.
    path : Path
        Path of its notebook.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow it, or the session is a group's.
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
        return session, prepare_workspace(practice, catalogue, session, now)
    session.act("start")  # refuse before anything is written
    path = prepare_workspace(practice, catalogue, session, now)
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).act("start")
        others = [other for other in tx.sessions.for_student(session.student_id) if other.id != session.id]
        carried = {item.carried_from for item in session.agenda}
        points = [item for item in open_agenda_items(others) if item.id not in carried]
        session = replace(session, agenda=(*session.agenda, *carried_items(points)))
        tx.sessions.save(session)
        actions = tx.actions.for_student(session.student_id)
    update_workspace(practice, session, actions)
    return session, path


def cancel_session(practice: Practice, session_id: str, by: Role, at: datetime | None = None) -> Session:
    """Cancel a session, and bill it if the rules say so.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    by : Role
        Role of the person who cancels.
    at : datetime, optional
        Time of the cancellation, timezone-aware; now if left out.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow it.
    """
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).cancel(by, at or datetime.now(UTC))
        _save_and_bill(practice, tx, session)
    return session


def record_no_show(practice: Practice, session_id: str, of: Role) -> Session:
    """Store that the student or the mentor did not come, and bill the session if the rules say so.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    of : Role
        Role of the person who did not come.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow it.
    """
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).no_show(of)
        _save_and_bill(practice, tx, session)
    return session


def reschedule_session(
    practice: Practice,
    session_id: str,
    starts_at: datetime,
    *,
    anyway: bool = False,
    now: datetime | None = None,
) -> Session:
    """Move the same session to another time; its notebook is rewritten unless somebody has edited it.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    starts_at : datetime
        New start, timezone-aware.
    anyway : bool
        Whether to move it even if it then begins in the past or overlaps another session.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow it.
    InputError
        The time is not allowed.
    """
    now = now or datetime.now(UTC)
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).reschedule(starts_at)
        if not anyway:
            _check_time(tx, starts_at, session.minutes, now, but=session_id)
        tx.sessions.save(session)
    reschedule_workspace(practice, Catalogue(practice), session, now)
    return session


def _save_and_bill(practice: Practice, tx: Transaction, session: Session) -> None:
    tx.sessions.save(session)
    line = ledger_line_for(session, practice.config.billing_rules)
    if line:
        tx.ledger.add(line)
