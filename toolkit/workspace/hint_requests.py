"""Asking for the next hint of an exercise from its card.

The hints lie on the mentor's side. The card says that one is wanted, and by and by the record has it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from toolkit.domain.record_entries import ExerciseEntry
from toolkit.errors import StateError
from toolkit.i18n import _
from toolkit.workspace.session_record import Record
from toolkit.workspace.submission_outbox import Outbox

__all__ = ["Asking"]

PATIENCE = 1.5
"""Seconds without a hint after which nobody seems to be there to give it."""


class Asking:
    """The way of a wish from the student's table to the mentor's.

    Parameters
    ----------
    record : Record
        Where the exercise lives.
    patience : float
        Seconds after which nobody seems to be there.
    """

    def __init__(self, record: Record, patience: float = PATIENCE) -> None:
        self.outbox = Outbox.of_record(record.path)
        self.patience = patience

    def put(self, entry: ExerciseEntry) -> int:
        """Ask for the next hint, and return which it is; asked for again it is the same wish.

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
        """Return what the view shows: the next step, and since when it has been asked for."""
        step = len(entry.hints) + 1
        if step > entry.hint_count:
            return {"state": "none"}
        at = self.outbox.asked(entry.id, step)
        if at is None:
            return {"state": "", "step": step}
        alone = (datetime.now(UTC) - at).total_seconds() > self.patience
        return {"state": "alone" if alone else "asked", "step": step, "at": at.isoformat()}
