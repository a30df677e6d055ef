"""Table and repository of students' consents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.domain.consent import Consent
from toolkit.store.base import Base, UtcDateTime

__all__ = ["ConsentRepository", "ConsentRow"]


class ConsentRow(Base):
    """One consent to the replay of one session."""

    __tablename__ = "consents"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ConsentRepository:
    """The consents of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def for_session(self, session_id: str) -> Consent | None:
        """Return the last consent to the replay of a session; None if there never was one."""
        query = (
            select(ConsentRow)
            .where(ConsentRow.session_id == session_id)
            .order_by(ConsentRow.granted_at.desc())
            .limit(1)
        )
        row = self._session.scalar(query)
        return Consent(row.session_id, row.granted_at, row.withdrawn_at) if row else None

    def save(self, consent: Consent) -> None:
        """Store a consent, new or withdrawn; earlier ones stay."""
        row = self._session.get(ConsentRow, (consent.session_id, consent.granted_at)) or ConsentRow(
            session_id=consent.session_id, granted_at=consent.granted_at
        )
        row.withdrawn_at = consent.withdrawn_at
        self._session.add(row)
        self._session.flush()
