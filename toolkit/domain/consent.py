"""What a student has agreed to beyond the session itself, and may take back at any time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from toolkit.domain.state_machine import Machine
from toolkit.i18n import N_

__all__ = ["CONSENT", "Consent", "ConsentState"]


class ConsentState(StrEnum):
    """Where a consent stands; where there is none, nothing was agreed to."""

    GRANTED = N_("granted")
    WITHDRAWN = N_("withdrawn")


CONSENT = Machine(N_("consent"), {(ConsentState.GRANTED, N_("withdraw")): ConsentState.WITHDRAWN})


@dataclass(frozen=True)
class Consent:
    """A student's word that a session may be replayed along its agenda.

    One that was withdrawn stays as it was; who agrees again gives another one.

    Parameters
    ----------
    granted_at : datetime
        Aware, UTC.
    withdrawn_at : datetime, optional
        None while it stands.
    """

    session_id: str
    granted_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def state(self) -> ConsentState:
        """Where it stands."""
        return ConsentState.GRANTED if self.withdrawn_at is None else ConsentState.WITHDRAWN

    def withdraw(self, at: datetime) -> Consent:
        """Return the consent taken back; `StateError` where it was taken back before."""
        CONSENT.after(self.state, "withdraw")
        return replace(self, withdrawn_at=at)
