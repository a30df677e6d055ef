"""Table and repository of remarks on cells of attempts.

nbgrader's gradebook has them too; here they can be found when other students fail the same test.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.store.base import Base, UtcDateTime

__all__ = ["Remark", "RemarkRepository", "RemarkRow"]


class RemarkRow(Base):
    """One remark; nbgrader's gradebook contains the same text."""

    __tablename__ = "remarks"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    cell: Mapped[str] = mapped_column(String(120), primary_key=True)
    exercise_id: Mapped[str] = mapped_column(String(120), index=True)
    text: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Remark:
    """The mentor's remark on one cell of one attempt.

    Parameters
    ----------
    cell : str
        The cell's `grade_id`.
    said_at : datetime
        Aware, UTC.
    """

    attempt_id: int
    cell: str
    exercise_id: str
    text: str
    said_at: datetime


class RemarkRepository:
    """The remarks of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def save(self, remark: Remark) -> None:
        """Store a remark in place of an earlier one on the same cell; an empty one deletes it."""
        if remark.text.strip():
            self._session.merge(RemarkRow(**vars(remark)))
        elif (row := self._session.get(RemarkRow, (remark.attempt_id, remark.cell))) is not None:
            self._session.delete(row)
        self._session.flush()

    def on(self, exercises: Collection[str], limit: int = 300) -> list[Remark]:
        """Return the latest remarks on attempts at these exercises, latest first.

        Parameters
        ----------
        exercises : collection of str
            Ids of the exercises.
        limit : int
            Largest number of remarks.
        """
        query = (
            select(RemarkRow)
            .where(RemarkRow.exercise_id.in_(exercises))
            .order_by(RemarkRow.said_at.desc())
            .limit(limit)
        )
        return [
            Remark(**{field: getattr(row, field) for field in Remark.__dataclass_fields__})
            for row in self._session.scalars(query)
        ]
