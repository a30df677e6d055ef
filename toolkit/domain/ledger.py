"""Ledger of billing: at most one line per session, independent of the session's later states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from toolkit.domain.session import Session, SessionState
from toolkit.domain.state_machine import StateMachine
from toolkit.i18n import N_

__all__ = ["LEDGER_LINE", "BillingRules", "LedgerLine", "LedgerState", "ledger_line_for"]


class LedgerState(StrEnum):
    """State of a ledger line; a session without a charge has a line "none", so that it is decided once."""

    NONE = N_("none")
    BILLABLE = N_("billable")
    STATED = N_("stated")
    PAID = N_("paid")


LEDGER_LINE = StateMachine(
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
    """The charge for one session.

    Parameters
    ----------
    session_id : str
        Id of the session.
    minutes : int
        Minutes to be billed.
    reason : SessionState
        The state of the session from which the line follows.
    state : LedgerState
        State of the line.
    """

    session_id: str
    minutes: int
    reason: SessionState
    state: LedgerState

    def act(self, action: str) -> LedgerLine:
        """Return the line after ``action``; `StateError` if its state does not allow it."""
        return replace(self, state=LEDGER_LINE.transition(self.state, action))


@dataclass(frozen=True)
class BillingRules:
    """Billing of sessions that were not held.

    Parameters
    ----------
    late_cancellation : bool
        True to bill a late cancellation by the student.
    no_show : bool
        True to bill a session that the student did not attend.
    """

    late_cancellation: bool = True
    no_show: bool = True


def ledger_line_for(session: Session, rules: BillingRules) -> LedgerLine | None:
    """Return the ledger line of ``session`` in its current state.

    Parameters
    ----------
    session : Session
        The session.
    rules : BillingRules
        Billing of sessions that were not held.

    Returns
    -------
    LedgerLine or None
        None while the session is planned, confirmed or live, and after its report.
    """
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
