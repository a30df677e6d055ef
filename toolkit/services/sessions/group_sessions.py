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
from toolkit.services.reports.student_snapshots import snapshot
from toolkit.services.sessions.session_lifecycle import check_may_meet, check_was_closed, new_agenda

__all__ = ["BEFORE", "as_asked", "language_of", "members", "to_hold"]

_NEAR = timedelta(hours=12)
BEFORE = (SessionState.PLANNED, SessionState.CONFIRMED)
"""The states of a session that has not begun."""


def to_hold(
    practice: Practice,
    names: Sequence[str],
    *,
    minutes: int | None = None,
    exercise: str | None = None,
    now: datetime | None = None,
) -> Session:
    """Return a session of the group that is meant now: the live one, one that was made near, or a new one.

    Raises
    ------
    InputError
        It is no group: too few, too many, one of them twice; or it was made with other options.
    StateError
        One of them is in another session, or a session of an earlier day was never closed.
    """
    now = now or datetime.now(UTC)
    with practice.store.read() as tx:
        students = sorted((tx.students.get(name) for name in names), key=lambda one: one.id)
        check_size([student.id for student in students])
        known = [session for student in students for session in tx.sessions.of(student.id)]
        groups = {one.group: tx.sessions.of_group(one.group) for one in known if one.group}
    wanted = [student.id for student in students]
    ours = [
        sessions
        for sessions in groups.values()
        if [one.student_id for one in sessions] == wanted
        and any(one.state is SessionState.LIVE or _is_near(one, now) for one in sessions)
    ]
    ours.sort(key=lambda sessions: not any(one.state is SessionState.LIVE for one in sessions))
    found = ours[0] if ours else []
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
        return as_asked(found[0], minutes, exercise)
    return _plan(practice, students, now, minutes, exercise)


def _is_near(session: Session, now: datetime) -> bool:
    return session.state in BEFORE and abs(session.starts_at - now) < _NEAR


def as_asked(session: Session, minutes: int | None, exercise: str | None) -> Session:
    """Return a session that is there already; `InputError` where it was to have other options."""
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
            proposed = snapshot(tx, catalogue, students[0], now).next_exercises
        exercise = proposed[0].exercise if proposed else None
    if exercise is not None:
        catalogue.released(exercise)
    agenda = new_agenda(language_of(practice, students), length)
    made = []
    with practice.store.begin() as tx:
        taken = {one.group for one in tx.sessions.all() if one.group}
        group = group_name(now.astimezone().date(), students, taken)
        for student in students:
            earlier = tx.sessions.of(student.id)
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


def language_of(practice: Practice, students: Sequence[Student]) -> Language:
    """Return the language that all speak; the mentor's where they do not speak the same."""
    spoken = {student.language for student in students}
    return spoken.pop() if len(spoken) == 1 else practice.config.practice.language


def members(practice: Practice, session: Session) -> list[Session]:
    """Return the sessions that are one with this, as they are now: the group's, or it alone."""
    with practice.store.read() as tx:
        return tx.sessions.of_group(session.group) if session.group else [tx.sessions.get(session.id)]
