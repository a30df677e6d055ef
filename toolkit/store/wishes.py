"""Table and repository of students' wishes before a session."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.domain.session_wish import SessionWish
from toolkit.store.base import Base, UtcDateTime

__all__ = ["WishRepository", "WishRow"]

_FIELDS = tuple(SessionWish.__dataclass_fields__)


class WishRow(Base):
    """The wish for one session."""

    __tablename__ = "wishes"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    win: Mapped[str] = mapped_column(Text)
    block: Mapped[str] = mapped_column(Text)
    goal: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WishRepository:
    """The wishes of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def for_session(self, session_id: str) -> SessionWish:
        """Return the wish for a session; an empty wish if there is none."""
        row = self._session.get(WishRow, session_id)
        return SessionWish(**{field: getattr(row, field) for field in _FIELDS}) if row else SessionWish()

    def save(self, session_id: str, wish: SessionWish, at: datetime) -> None:
        """Store the wish for a session in place of the earlier one.

        Parameters
        ----------
        session_id : str
            Id of the session.
        wish : SessionWish
            The wish.
        at : datetime
            Time of writing; aware.
        """
        row = self._session.get(WishRow, session_id) or WishRow(session_id=session_id)
        for field in _FIELDS:
            setattr(row, field, getattr(wish, field))
        row.written_at = at
        self._session.add(row)
        self._session.flush()
