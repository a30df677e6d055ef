"""A group's sessions: one for each of its students, made together and held together.

See docs/decisions/0009-groups.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from toolkit.domain.people import Student
from toolkit.domain.session import Session, SessionKind, SessionState, check_minutes
from toolkit.domain.student_group import check_size, group_name
from toolkit.errors import InputError, StateError
from toolkit.i18n import Language, _
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.reports.student_snapshots import student_snapshot
from toolkit.services.sessions.session_agenda import new_agenda
from toolkit.services.sessions.session_lifecycle import check_may_meet, check_was_closed

__all__ = [
    "UPCOMING_STATES",
    "check_session_options",
    "common_language",
    "group_session_to_hold",
    "session_members",
]

_NEAR = timedelta(hours=12)
"""A session planned within this time from now is used instead of a new one."""

UPCOMING_STATES = (SessionState.PLANNED, SessionState.CONFIRMED)
"""The states of a session that has not begun."""


def group_session_to_hold(
    practice: Practice,
    names: Sequence[str],
    *,
    minutes: int | None = None,
    exercise: str | None = None,
    now: datetime | None = None,
) -> Session:
    """Return a session of the group to hold now: a live one, one planned near now, or a new one.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    names : sequence of str
        Ids or names of the students, in any order.
    minutes : int, optional
        Length of a new session; the practice's usual length if left out.
    exercise : str, optional
        Exercise of the day of a new session; the next one of the first student, by id, if left out.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Returns
    -------
    Session
        The session of the group's first student, by id.

    Raises
    ------
    InputError
        There are too few or too many students, or one of them twice; or the session has other options.
    StateError
        A student is in another live session, or a session of an earlier day was never closed.
    """
    now = now or datetime.now(UTC)
    with practice.store.read() as tx:
        students = sorted((tx.students.get(name) for name in names), key=lambda one: one.id)
        check_size([student.id for student in students])
        known = [session for student in students for session in tx.sessions.for_student(student.id)]
        groups = {one.group: tx.sessions.of_group(one.group) for one in known if one.group}
    wanted = [student.id for student in students]
    candidates = [
        sessions
        for sessions in groups.values()
        if [one.student_id for one in sessions] == wanted
        and any(one.state is SessionState.LIVE or _is_near(one, now) for one in sessions)
    ]
    candidates.sort(key=lambda sessions: not any(one.state is SessionState.LIVE for one in sessions))
    found = candidates[0] if candidates else []
    for session in known:
        if session.state is SessionState.LIVE:
            check_was_closed(session, now)
            if session.id not in {one.id for one in found}:
                raise StateError(
                    _("Session {id} is live, and {student} is in it.").format(
                        id=session.id, student=session.student_id
                    ),
                    _("Close it first: mentor close {id}").format(id=session.id),
                )
    if found:
        return check_session_options(found[0], minutes, exercise)
    return _plan(practice, students, now, minutes, exercise)


def _is_near(session: Session, now: datetime) -> bool:
    return session.state in UPCOMING_STATES and abs(session.starts_at - now) < _NEAR


def check_session_options(session: Session, minutes: int | None, exercise: str | None) -> Session:
    """Return an existing session if it has the requested options.

    Parameters
    ----------
    session : Session
        An existing session.
    minutes : int or None
        Requested length; None for any.
    exercise : str or None
        Requested exercise of the day; None for any.

    Raises
    ------
    InputError
        The session has another length or exercise.
    """
    if minutes not in {None, session.minutes} or exercise not in {None, session.exercise}:
        raise InputError(
            _("Session {id} is planned already: {minutes} minutes, exercise {exercise}.").format(
                id=session.id, minutes=session.minutes, exercise=session.exercise or "–"
            ),
            _("Leave the options out, or cancel it first: mentor session cancel {id}").format(id=session.id),
        )
    return session


def _plan(
    practice: Practice, students: Sequence[Student], now: datetime, minutes: int | None, exercise: str | None
) -> Session:
    catalogue = Catalogue(practice)
    length = check_minutes(practice.config.sessions.minutes if minutes is None else minutes)
    for student in students:
        check_may_meet(student)
    if exercise is None:
        with practice.store.read() as tx:
            proposed = student_snapshot(tx, catalogue, students[0], now).next_exercises
        exercise = proposed[0].exercise if proposed else None
    if exercise is not None:
        catalogue.released(exercise)
    agenda = new_agenda(common_language(practice, students), length)
    made = []
    with practice.store.begin() as tx:
        taken = {one.group for one in tx.sessions.all() if one.group}
        group = group_name(now.astimezone().date(), students, taken)
        for student in students:
            earlier = tx.sessions.for_student(student.id)
            session = Session(
                id=tx.sessions.next_id(student.id),
                student_id=student.id,
                starts_at=now,
                minutes=length,
                kind=SessionKind.REGULAR if earlier else SessionKind.DISCOVERY,
                exercise=exercise,
                agenda=agenda,
                group=group,
            )
            tx.sessions.save(session)
            made.append(session)
    return made[0]


def common_language(practice: Practice, students: Sequence[Student]) -> Language:
    """Return the students' common language; the practice's if they differ.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    students : sequence of Student
        The students of a group.
    """
    spoken = {student.language for student in students}
    return spoken.pop() if len(spoken) == 1 else practice.config.practice.language


def session_members(practice: Practice, session: Session) -> list[Session]:
    """Return the sessions of this session's group, as they are now; the session alone if it has no group.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    """
    with practice.store.read() as tx:
        return tx.sessions.of_group(session.group) if session.group else [tx.sessions.get(session.id)]
