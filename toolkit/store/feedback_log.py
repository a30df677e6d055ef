"""Table and repository of the feedback on attempts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.domain.feedback import Feedback, FeedbackState
from toolkit.store.attempts import AttemptRow
from toolkit.store.base import Base, StrEnumType, UtcDateTime

__all__ = ["FeedbackRepository", "FeedbackRow"]


class FeedbackRow(Base):
    """The feedback on one attempt."""

    __tablename__ = "feedback"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    state: Mapped[FeedbackState] = mapped_column(StrEnumType(FeedbackState))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FeedbackRepository:
    """The feedback of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def save(self, feedback: Feedback) -> None:
        """Write the feedback on an attempt, new or changed."""
        self._session.merge(FeedbackRow(**vars(feedback)))
        self._session.flush()

    def all(self) -> dict[int, Feedback]:
        """Return all feedback by attempt id."""
        return {
            row.attempt_id: Feedback(row.attempt_id, row.state, row.sent_at)
            for row in self._session.scalars(select(FeedbackRow))
        }

    def pages(self, students: Collection[str]) -> set[int]:
        """Return the ids of the students' attempts for which feedback was sent."""
        query = (
            select(FeedbackRow.attempt_id)
            .join(AttemptRow, AttemptRow.id == FeedbackRow.attempt_id)
            .where(AttemptRow.student_id.in_(students), FeedbackRow.sent_at.is_not(None))
        )
        return set(self._session.scalars(query))
