"""Table and repository of the mentor's drafts during a session.

A draft is stored while it is typed, until the close turns it into a note.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.store.base import Base, UtcDateTime

__all__ = ["DraftRow", "NoteDraft", "NoteDraftRepository"]


class DraftRow(Base):
    """The draft texts on one session."""

    __tablename__ = "drafts"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    note: Mapped[str] = mapped_column(Text)
    recap: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class NoteDraft:
    """The mentor's draft texts on a session.

    Parameters
    ----------
    note : str
        Private note.
    recap : str
        Recap that the student receives when the session is closed.
    """

    note: str = ""
    recap: str = ""


class NoteDraftRepository:
    """The drafts of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def for_session(self, session_id: str) -> NoteDraft:
        """Return the draft on a session; an empty draft if there is none."""
        row = self._session.get(DraftRow, session_id)
        return NoteDraft(row.note, row.recap) if row else NoteDraft()

    def save(self, session_id: str, draft: NoteDraft, at: datetime) -> None:
        """Store the draft on a session in place of the earlier one; an empty draft deletes it.

        Parameters
        ----------
        session_id : str
            Id of the session.
        draft : NoteDraft
            The texts.
        at : datetime
            Time of writing; aware.
        """
        row = self._session.get(DraftRow, session_id)
        if draft == NoteDraft():
            if row is not None:
                self._session.delete(row)
        else:
            row = row or DraftRow(session_id=session_id)
            row.note, row.recap, row.written_at = draft.note, draft.recap, at
            self._session.add(row)
        self._session.flush()
