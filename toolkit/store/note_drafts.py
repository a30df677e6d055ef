"""What the mentor writes down during a session, kept as it is typed until the close makes a note of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.store.base import Base, UtcDateTime

__all__ = ["Draft", "DraftRow", "Drafts"]


class DraftRow(Base):
    """The unfinished words on one session."""

    __tablename__ = "drafts"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    note: Mapped[str] = mapped_column(Text)
    recap: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Draft:
    """What was written so far.

    Parameters
    ----------
    note : str
        For the mentor alone.
    recap : str
        For the student, once the session is closed.
    """

    note: str = ""
    recap: str = ""


class Drafts:
    """The drafts of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, session_id: str) -> Draft:
        """Return what was written on a session so far."""
        row = self._session.get(DraftRow, session_id)
        return Draft(row.note, row.recap) if row else Draft()

    def save(self, session_id: str, draft: Draft, at: datetime) -> None:
        """Keep what is written, in place of what was; an empty draft leaves nothing."""
        row = self._session.get(DraftRow, session_id)
        if draft == Draft():
            if row is not None:
                self._session.delete(row)
        else:
            row = row or DraftRow(session_id=session_id)
            row.note, row.recap, row.written_at = draft.note, draft.recap, at
            self._session.add(row)
        self._session.flush()
