"""What the mentor's side says about one attempt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from toolkit.domain.state_machine import Machine
from toolkit.i18n import N_

__all__ = ["FEEDBACK", "Feedback", "FeedbackState"]


class FeedbackState(StrEnum):
    """How far the feedback has come."""

    DRAFT = N_("draft")
    SENT = N_("sent")
    ADDRESSED = N_("addressed")


FEEDBACK = Machine(
    N_("feedback"),
    {
        (FeedbackState.DRAFT, N_("send")): FeedbackState.SENT,
        (FeedbackState.SENT, N_("address")): FeedbackState.ADDRESSED,
    },
)


@dataclass(frozen=True)
class Feedback:
    """The feedback on one attempt; `sent_at` is aware, UTC."""

    attempt_id: int
    state: FeedbackState = FeedbackState.DRAFT
    sent_at: datetime | None = None

    def act(self, action: str) -> Feedback:
        """Return the feedback after ``action``; `StateError` where it is not allowed."""
        return replace(self, state=FEEDBACK.after(self.state, action))
