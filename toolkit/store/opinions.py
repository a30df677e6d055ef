"""Table and repository of opinions of mentor and student about skills, beside the evidence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.domain.skill_opinions import Opinion, Stance
from toolkit.store.base import Base, StrEnumType, UtcDateTime
from toolkit.store.skill_marks import MarkRow

__all__ = ["OpinionRepository", "OpinionRow"]


class OpinionRow(Base):
    """One opinion; never changed, a later one replaces it."""

    __tablename__ = "opinions"
    __table_args__ = (Index("ix_opinions_student_id", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"))
    skill: Mapped[str] = mapped_column(String(60))
    by: Mapped[str] = mapped_column(String(7))
    stance: Mapped[Stance] = mapped_column(StrEnumType(Stance))
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    words: Mapped[str] = mapped_column(String(500))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id"))


class OpinionRepository:
    """The opinions of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, opinion: Opinion) -> None:
        """Store an opinion."""
        self._session.add(OpinionRow(**vars(opinion)))
        self._session.flush()

    def for_student(self, student_id: str) -> list[Opinion]:
        """Return the opinions about a student's skills, earliest first; see `of_each`."""
        return self.for_students([student_id])[student_id]

    def for_students(self, students: Collection[str]) -> dict[str, list[Opinion]]:
        """Return the opinions about the students' skills by student id, earliest first.

        The mentor's marks on the checklist are included as confirmations: they express the same opinion.
        """
        marks = select(MarkRow).where(MarkRow.student_id.in_(students), MarkRow.by == "mentor")
        rows = select(OpinionRow).where(OpinionRow.student_id.in_(students)).order_by(OpinionRow.id)
        found: dict[str, list[Opinion]] = {name: [] for name in students}
        for mark in self._session.scalars(marks):
            stance = Stance.CONFIRMED if mark.given else Stance.WITHDRAWN
            found[mark.student_id].append(
                Opinion(mark.student_id, mark.skill, "mentor", stance, mark.on, session_id=mark.session_id)
            )
        for row in self._session.scalars(rows):
            found[row.student_id].append(
                Opinion(**{field: getattr(row, field) for field in Opinion.__dataclass_fields__})
            )
        for said in found.values():
            said.sort(key=lambda one: one.said_at)
        return found
