"""What is owed for a session: one line at most, whatever happens to the session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from toolkit.domain.session import Session, SessionState
from toolkit.domain.state_machine import Machine
from toolkit.i18n import N_

__all__ = ["LEDGER_LINE", "BillingRules", "LedgerLine", "LedgerState", "line_for"]


class LedgerState(StrEnum):
    """How far the line has come; "none" is kept as a line so that it was decided once."""

    NONE = N_("none")
    BILLABLE = N_("billable")
    STATED = N_("stated")
    PAID = N_("paid")


LEDGER_LINE = Machine(
    N_("ledger line"),
    {
        (LedgerState.NONE, N_("bill")): LedgerState.BILLABLE,
        (LedgerState.BILLABLE, N_("waive")): LedgerState.NONE,
        (LedgerState.BILLABLE, N_("state")): LedgerState.STATED,
        (LedgerState.STATED, N_("pay")): LedgerState.PAID,
    },
)


@dataclass(frozen=True)
class LedgerLine:
    """What one session is worth.

    Parameters
    ----------
    minutes : int
        Minutes to be billed.
    reason : str
        The session's state that gave rise to the line.
    """

    session_id: str
    minutes: int
    reason: SessionState
    state: LedgerState

    def act(self, action: str) -> LedgerLine:
        """Return the line after ``action``; `StateError` where it is not allowed."""
        return replace(self, state=LEDGER_LINE.after(self.state, action))


@dataclass(frozen=True)
class BillingRules:
    """Which of the sessions that were not held are billed all the same."""

    late_cancellation: bool = True
    no_show: bool = True


def line_for(session: Session, rules: BillingRules) -> LedgerLine | None:
    """Return the line that ``session`` gives rise to in its state, or None while nothing is settled."""
    billed = {
        SessionState.HELD: True,
        SessionState.CANCELLED_LATE: rules.late_cancellation,
        SessionState.NO_SHOW_STUDENT: rules.no_show,
        SessionState.CANCELLED_EARLY: False,
        SessionState.CANCELLED_BY_MENTOR: False,
        SessionState.NO_SHOW_MENTOR: False,
        SessionState.TECHNICAL_FAILURE: False,
    }.get(session.state)
    if billed is None:
        return None
    state = LedgerState.BILLABLE if billed else LedgerState.NONE
    return LedgerLine(session.id, session.minutes, session.state, state)
