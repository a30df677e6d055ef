"""Table and repository of checklist marks (tick, confirmation) on skills, beside the evidence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.domain.people import Role
from toolkit.store.base import Base, UtcDateTime

__all__ = ["Mark", "MarkRepository", "MarkRow"]


class MarkRow(Base):
    """One mark, set or undone in one session."""

    __tablename__ = "marks"

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    skill: Mapped[str] = mapped_column(String(60), primary_key=True)
    by: Mapped[str] = mapped_column(String(7), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    on: Mapped[datetime] = mapped_column("made_at", UtcDateTime)
    given: Mapped[bool]


@dataclass(frozen=True)
class Mark:
    """The student's tick or the mentor's confirmation of one skill, set or undone in one session.

    Parameters
    ----------
    by : {"mentor", "student"}
        The author: a student ticks, a mentor confirms.
    on : datetime
        Aware, UTC.
    given : bool
        False if the mark was undone.
    """

    student_id: str
    skill: str
    by: Role
    session_id: str
    on: datetime
    given: bool = True


class MarkRepository:
    """The marks of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, mark: Mark) -> None:
        """Store a mark in place of the same mark of the same session."""
        self._session.merge(MarkRow(**vars(mark)))
        self._session.flush()

    def for_student(self, student_id: str) -> list[Mark]:
        """Return the marks of a student that were not undone later, earliest first."""
        return self.for_students([student_id])[student_id]

    def for_students(self, students: Collection[str]) -> dict[str, list[Mark]]:
        """Return the marks of the students that were not undone later, by student id, earliest first."""
        query = select(MarkRow).where(MarkRow.student_id.in_(students)).order_by(MarkRow.on, MarkRow.skill)
        standing: dict[str, dict[tuple[str, str], Mark]] = {name: {} for name in students}
        for row in self._session.scalars(query):
            marks = standing[row.student_id]
            marks.pop((row.skill, row.by), None)
            if row.given:
                mark = Mark(**{field: getattr(row, field) for field in Mark.__dataclass_fields__})
                marks[row.skill, row.by] = mark
        return {name: list(marks.values()) for name, marks in standing.items()}
