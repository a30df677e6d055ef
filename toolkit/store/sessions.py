"""Tables and repository of sessions and their agendas."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm import Session as Connection

from toolkit.domain.agenda import AgendaItem, AgendaState
from toolkit.domain.session import Session, SessionKind, SessionState
from toolkit.errors import NotFoundError
from toolkit.i18n import _
from toolkit.store.base import Base, StrEnumType, UtcDateTime

__all__ = ["AgendaItemRow", "SessionRepository", "SessionRow"]


class AgendaItemRow(Base):
    """A talking point of a session."""

    __tablename__ = "agenda_items"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(String(500))
    minutes: Mapped[int]
    order: Mapped[float] = mapped_column("position")
    added_by: Mapped[str] = mapped_column(String(7))
    state: Mapped[AgendaState] = mapped_column(StrEnumType(AgendaState))
    usual: Mapped[bool]
    carried_from: Mapped[str | None] = mapped_column(String(64))


class SessionRow(Base):
    """A session."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_state_starts_at", "state", "starts_at"),
        Index("ix_sessions_student_state", "student_id", "state", "starts_at"),
    )

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    minutes: Mapped[int]
    kind: Mapped[SessionKind] = mapped_column(StrEnumType(SessionKind))
    exercise: Mapped[str | None] = mapped_column(String(60))
    state: Mapped[SessionState] = mapped_column(StrEnumType(SessionState))
    recap: Mapped[str] = mapped_column(Text)
    group: Mapped[str | None] = mapped_column("group_id", String(80), index=True)
    record_sha256: Mapped[str | None] = mapped_column(String(64))
    notebook_sha256: Mapped[str | None] = mapped_column(String(64))
    items: Mapped[list[AgendaItemRow]] = relationship(
        cascade="all, delete-orphan", order_by=AgendaItemRow.order, lazy="selectin"
    )


_FIELDS = [field for field in Session.__dataclass_fields__ if field != "agenda"]
_ITEM_FIELDS = list(AgendaItem.__dataclass_fields__)


class SessionRepository:
    """The sessions of the practice, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_id(self, student_id: str) -> str:
        """Return an unused id for the student's next session: "ana-3"."""
        taken = {row.id for row in self.for_student(student_id)}
        number = len(taken) + 1
        while f"{student_id}-{number}" in taken:
            number += 1
        return f"{student_id}-{number}"

    def get(self, session_id: str) -> Session:
        """Return one session; `NotFoundError` with similar ids if it does not exist."""
        row = self._connection.get(SessionRow, session_id)
        if row is None:
            raise NotFoundError(
                _("There is no session '{id}'.").format(id=session_id),
                session_id,
                self._connection.scalars(select(SessionRow.id)),
                _("`mentor session list` shows them all; `mentor session plan` plans one."),
            )
        return _session(row)

    def for_student(self, student_id: str) -> list[Session]:
        """Return a student's sessions, earliest first."""
        query = select(SessionRow).where(SessionRow.student_id == student_id).order_by(SessionRow.starts_at)
        return [_session(row) for row in self._connection.scalars(query)]

    def for_students(self, students: Collection[str]) -> dict[str, list[Session]]:
        """Return the sessions of the students by student id, earliest first."""
        query = select(SessionRow).where(SessionRow.student_id.in_(students)).order_by(SessionRow.starts_at)
        found: dict[str, list[Session]] = {name: [] for name in students}
        for row in self._connection.scalars(query):
            found[row.student_id].append(_session(row))
        return found

    def all(self) -> list[Session]:
        """Return all sessions, earliest first."""
        return [
            _session(row)
            for row in self._connection.scalars(select(SessionRow).order_by(SessionRow.starts_at))
        ]

    def of_group(self, group: str) -> list[Session]:
        """Return the sessions of a group's students, ordered by student id."""
        query = select(SessionRow).where(SessionRow.group == group).order_by(SessionRow.student_id)
        return [_session(row) for row in self._connection.scalars(query)]

    def save(self, session: Session) -> None:
        """Write a session and its agenda, new or changed."""
        row = self._connection.get(SessionRow, session.id) or SessionRow(id=session.id)
        for field in _FIELDS:
            setattr(row, field, getattr(session, field))
        kept = {item.id: item for item in row.items}
        row.items = [_item_row(kept.get(item.id), item) for item in session.agenda]
        self._connection.add(row)
        self._connection.flush()


def _item_row(row: AgendaItemRow | None, item: AgendaItem) -> AgendaItemRow:
    row = row or AgendaItemRow()
    for field in _ITEM_FIELDS:
        setattr(row, field, getattr(item, field))
    return row


def _session(row: SessionRow) -> Session:
    agenda = tuple(
        AgendaItem(**{field: getattr(item, field) for field in _ITEM_FIELDS})
        for item in sorted(row.items, key=lambda item: item.order)
    )
    return Session(**{field: getattr(row, field) for field in _FIELDS}, agenda=agenda)
