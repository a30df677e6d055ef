"""A student's consent to the replay of a session; the student may withdraw it at any time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from toolkit.domain.state_machine import StateMachine
from toolkit.i18n import N_

__all__ = ["CONSENT", "Consent", "ConsentState"]


class ConsentState(StrEnum):
    """State of a consent; a missing consent means that the student has not agreed."""

    GRANTED = N_("granted")
    WITHDRAWN = N_("withdrawn")


CONSENT = StateMachine(N_("consent"), {(ConsentState.GRANTED, N_("withdraw")): ConsentState.WITHDRAWN})


@dataclass(frozen=True)
class Consent:
    """A student's consent to the replay of one session.

    A withdrawn consent stays withdrawn; a student who agrees again gives a new one.

    Parameters
    ----------
    session_id : str
        Id of the session.
    granted_at : datetime
        Aware, UTC.
    withdrawn_at : datetime, optional
        Aware, UTC; None while the consent is in force.
    """

    session_id: str
    granted_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def state(self) -> ConsentState:
        """The state of the consent."""
        return ConsentState.GRANTED if self.withdrawn_at is None else ConsentState.WITHDRAWN

    def withdraw(self, at: datetime) -> Consent:
        """Return the consent withdrawn at ``at`` (aware, UTC); `StateError` if it already is withdrawn."""
        CONSENT.transition(self.state, "withdraw")
        return replace(self, withdrawn_at=at)
