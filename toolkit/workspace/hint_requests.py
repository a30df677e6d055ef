"""Requests for the next hint of an exercise, from its card.

The hints lie on the mentor's side. A request goes through the outbox, and the hint arrives in the record.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from toolkit.domain.record_entries import ExerciseEntry
from toolkit.errors import StateError
from toolkit.i18n import _
from toolkit.workspace.session_record import Record
from toolkit.workspace.submission_outbox import Outbox

__all__ = ["HintRequester"]

LOCK_TIMEOUT_SECONDS = 1.5
"""Time without a hint after which the page shows that no mentor's process is running, s."""


class HintRequester:
    """The hint requests of one session's exercises.

    Parameters
    ----------
    record : Record
        The record that has the exercise.
    patience : float
        Time without a hint after which the page shows that no mentor's process is running, s.
    """

    def __init__(self, record: Record, patience: float = LOCK_TIMEOUT_SECONDS) -> None:
        self.outbox = Outbox.of_record(record.path)
        self.patience = patience

    def put(self, entry: ExerciseEntry) -> int:
        """Request the next hint and return its step; a repeated request is the same one.

        Raises
        ------
        StateError
            If there is no further hint.
        StorageError
            If the disk refuses.
        """
        step = len(entry.hints) + 1
        if step > entry.hint_count:
            raise StateError(_("There is no further hint for this exercise."), _("Ask your mentor."))
        self.outbox.ask(entry.id, step)
        return step

    def state(self, entry: ExerciseEntry) -> dict[str, Any]:
        """Return the state of the next hint, as the view shows it: its step, and the time of the request."""
        step = len(entry.hints) + 1
        if step > entry.hint_count:
            return {"state": "none"}
        at = self.outbox.asked(entry.id, step)
        if at is None:
            return {"state": "", "step": step}
        is_unattended = (datetime.now(UTC) - at).total_seconds() > self.patience
        return {"state": "alone" if is_unattended else "asked", "step": step, "at": at.isoformat()}
