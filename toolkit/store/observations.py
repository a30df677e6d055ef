"""Table and repository of the mentor's live observations: evidence beside the attempts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.store.base import Base, UtcDateTime

__all__ = ["Observation", "ObservationRepository", "ObservationRow"]


class ObservationRow(Base):
    """One observation of a skill in a session, with help or without."""

    __tablename__ = "observations"

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    skill: Mapped[str] = mapped_column(String(60), primary_key=True)
    aided: Mapped[bool] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Observation:
    """The mentor saw the student apply a skill in a session.

    Parameters
    ----------
    aided : bool
        True if a person or a hint helped; only unaided success shows a skill.
    seen_at : datetime
        Aware, UTC.
    """

    student_id: str
    session_id: str
    skill: str
    aided: bool
    seen_at: datetime


class ObservationRepository:
    """The observations of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, observation: Observation) -> None:
        """Store an observation; a repetition in the same session is ignored and keeps the first time."""
        if self._session.get(ObservationRow, _key(observation)) is None:
            self._session.add(ObservationRow(**vars(observation)))
            self._session.flush()

    def take_back(self, observation: Observation) -> None:
        """Delete an observation that was made by mistake; a missing one is no error."""
        row = self._session.get(ObservationRow, _key(observation))
        if row is not None:
            self._session.delete(row)
            self._session.flush()

    def for_student(self, student_id: str) -> list[Observation]:
        """Return the observations of a student, earliest first."""
        return self.for_students([student_id])[student_id]

    def for_students(self, students: Collection[str]) -> dict[str, list[Observation]]:
        """Return the observations of the students by student id, earliest first."""
        query = (
            select(ObservationRow)
            .where(ObservationRow.student_id.in_(students))
            .order_by(ObservationRow.seen_at, ObservationRow.skill, ObservationRow.aided)
        )
        found: dict[str, list[Observation]] = {name: [] for name in students}
        for row in self._session.scalars(query):
            fields = {field: getattr(row, field) for field in Observation.__dataclass_fields__}
            found[row.student_id].append(Observation(**fields))
        return found


def _key(observation: Observation) -> tuple[str, str, str, bool]:
    return observation.student_id, observation.session_id, observation.skill, observation.aided
