"""Table and repository of the ledger: one line per session."""

from __future__ import annotations

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.domain.ledger import LedgerLine, LedgerState
from toolkit.domain.session import SessionState
from toolkit.store.base import Base, StrEnumType

__all__ = ["LedgerRepository", "LedgerRow"]


class LedgerRow(Base):
    """The charge for one session; the primary key prevents billing a session twice."""

    __tablename__ = "ledger"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    minutes: Mapped[int]
    reason: Mapped[SessionState] = mapped_column(StrEnumType(SessionState))
    state: Mapped[LedgerState] = mapped_column(StrEnumType(LedgerState))


_FIELDS = list(LedgerLine.__dataclass_fields__)


class LedgerRepository:
    """The ledger of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, line: LedgerLine) -> None:
        """Add the line of a session; a second line for the same session is an error."""
        self._session.add(LedgerRow(**vars(line)))
        self._session.flush()

    def all(self) -> list[LedgerLine]:
        """Return all lines, by session id."""
        return [
            LedgerLine(**{field: getattr(row, field) for field in _FIELDS})
            for row in self._session.scalars(select(LedgerRow).order_by(LedgerRow.session_id))
        ]
