"""Aggregate queries for the cohort view, restricted to the chosen students.

See docs/decisions/0010-cohort.md.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from toolkit.domain.agenda import ActionState
from toolkit.domain.cohort_rows import StudentCounts, SuccessSpan
from toolkit.domain.people import MentorshipState, Student
from toolkit.domain.session import SessionState
from toolkit.store.actions import ActionItemRow
from toolkit.store.observations import ObservationRow
from toolkit.store.sessions import SessionRow
from toolkit.store.students import StudentRow, fold_name, student_from_row

__all__ = ["CohortFilter", "CohortRepository"]

_HELD = (SessionState.HELD, SessionState.REPORTED)
_AHEAD = (SessionState.PLANNED, SessionState.CONFIRMED, SessionState.LIVE)
_MAX_SESSION_LENGTH = timedelta(hours=4)


@dataclass(frozen=True)
class CohortFilter:
    """Selection of students.

    Parameters
    ----------
    states : collection of MentorshipState
        States of the mentorship.
    path : str, optional
        Id of the learning path; any path if None.
    name : str
        Part of the name or of the id; any name if empty.
    limit : int
        Largest number of students; those with the earliest next session are kept.
    """

    states: Collection[MentorshipState]
    path: str | None = None
    name: str = ""
    limit: int = 500


class CohortRepository:
    """Queries of the cohort view, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def choose(self, which: CohortFilter, now: datetime) -> tuple[list[tuple[Student, datetime | None]], int]:
        """Return the selected students, each with the start of the next session, and the total number.

        Parameters
        ----------
        which : CohortFilter
            The selection.
        now : datetime
            Current time, aware; a session that began up to four hours before still counts as next.

        Returns
        -------
        list of (Student, datetime or None)
            Earliest next session first; at most ``which.limit`` students.
        int
            Number of students that match, without the limit.
        """
        ahead = (
            select(SessionRow.student_id, func.min(SessionRow.starts_at).label("next"))
            .where(SessionRow.state.in_(_AHEAD), SessionRow.starts_at > now - _MAX_SESSION_LENGTH)
            .group_by(SessionRow.student_id)
            .subquery()
        )
        conditions = _conditions(which)
        query = (
            select(StudentRow, ahead.c.next)
            .outerjoin(ahead, ahead.c.student_id == StudentRow.id)
            .where(*conditions)
            .order_by(ahead.c.next.is_(None), ahead.c.next, StudentRow.id)
            .limit(which.limit)
        )
        total = self._session.scalar(select(func.count()).select_from(StudentRow).where(*conditions))
        return [
            (student_from_row(row), following) for row, following in self._session.execute(query)
        ], total or 0

    def counts(
        self, students: Collection[tuple[Student, datetime | None]], today: date
    ) -> dict[str, StudentCounts]:
        """Return the figures of each student, by student id.

        Parameters
        ----------
        students : collection of (Student, datetime or None)
            Each student with the start of the next session.
        today : date
            Open action items with an earlier due date count as late.
        """
        ids = [student.id for student, _next in students]
        latest = (
            select(SessionRow.student_id, func.max(SessionRow.starts_at))
            .where(SessionRow.student_id.in_(ids), SessionRow.state.in_(_HELD))
            .group_by(SessionRow.student_id)
        )
        held = dict(self._session.execute(latest).all())
        late = func.sum(case((ActionItemRow.due < today, 1), else_=0))
        promised = {
            name: (count, overdue)
            for name, count, overdue in self._session.execute(
                select(ActionItemRow.student_id, func.count(), late)
                .where(ActionItemRow.student_id.in_(ids), ActionItemRow.state == ActionState.OPEN)
                .group_by(ActionItemRow.student_id)
            )
        }
        seen: dict[str, dict[str, SuccessSpan]] = {}
        for name, skill, first, last in self._session.execute(
            select(
                ObservationRow.student_id,
                ObservationRow.skill,
                func.min(ObservationRow.seen_at),
                func.max(ObservationRow.seen_at),
            )
            .where(ObservationRow.student_id.in_(ids), ObservationRow.aided.is_(False))
            .group_by(ObservationRow.student_id, ObservationRow.skill)
        ):
            seen.setdefault(name, {})[skill] = SuccessSpan(first, last)
        return {
            student.id: StudentCounts(
                held.get(student.id),
                following,
                *promised.get(student.id, (0, 0)),
                seen=seen.get(student.id, {}),
            )
            for student, following in students
        }


def _conditions(which: CohortFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [StudentRow.state.in_(which.states)]
    if which.path is not None:
        conditions.append(StudentRow.path == which.path)
    if which.name:
        conditions.append(
            or_(
                StudentRow.name.icontains(which.name, autoescape=True),
                StudentRow.id.contains(fold_name(which.name), autoescape=True),
            )
        )
    return conditions
