"""Table and repository of notes: mentor-private, student-private or shared; this never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.i18n import N_
from toolkit.store.base import Base, StrEnumType, UtcDateTime

__all__ = ["Note", "NoteRepository", "NoteRow", "NoteSide"]


class NoteSide(StrEnum):
    """The readers of a note."""

    MENTOR = N_("private to the mentor")
    STUDENT = N_("private to the student")
    SHARED = N_("shared")


class NoteRow(Base):
    """A note on one session."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), index=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id"))
    side: Mapped[NoteSide] = mapped_column(StrEnumType(NoteSide))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Note:
    """A note about a student, with its readers.

    Parameters
    ----------
    session_id : str, optional
        Id of the session to which it belongs; None outside sessions.
    side : NoteSide
        The readers.
    written_at : datetime
        Aware, UTC.
    """

    student_id: str
    session_id: str | None
    side: NoteSide
    text: str
    written_at: datetime


class NoteRepository:
    """The notes of the practice, within one transaction; a stored note is never changed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, note: Note) -> None:
        """Store a note."""
        self._session.add(NoteRow(**vars(note)))
        self._session.flush()

    def for_student(self, student_id: str, side: NoteSide) -> list[Note]:
        """Return the notes about a student for one group of readers, earliest first.

        Parameters
        ----------
        student_id : str
            Id of the student.
        side : NoteSide
            The readers.
        """
        query = select(NoteRow).where(NoteRow.student_id == student_id, NoteRow.side == side)
        return [
            Note(**{field: getattr(row, field) for field in Note.__dataclass_fields__})
            for row in self._session.scalars(query.order_by(NoteRow.written_at, NoteRow.id))
        ]
