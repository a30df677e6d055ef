"""Feedback on one attempt: its state from draft to addressed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from toolkit.domain.state_machine import StateMachine
from toolkit.i18n import N_

__all__ = ["FEEDBACK", "Feedback", "FeedbackState"]


class FeedbackState(StrEnum):
    """State of a feedback."""

    DRAFT = N_("draft")
    SENT = N_("sent")
    ADDRESSED = N_("addressed")


FEEDBACK = StateMachine(
    N_("feedback"),
    {
        (FeedbackState.DRAFT, N_("send")): FeedbackState.SENT,
        (FeedbackState.SENT, N_("address")): FeedbackState.ADDRESSED,
    },
)


@dataclass(frozen=True)
class Feedback:
    """The feedback on one attempt.

    Parameters
    ----------
    attempt_id : int
        Id of the attempt.
    sent_at : datetime, optional
        Aware, UTC; None while it is a draft.
    """

    attempt_id: int
    state: FeedbackState = FeedbackState.DRAFT
    sent_at: datetime | None = None

    def act(self, action: str) -> Feedback:
        """Return the feedback after ``action``; `StateError` if its state does not allow it."""
        return replace(self, state=FEEDBACK.transition(self.state, action))
