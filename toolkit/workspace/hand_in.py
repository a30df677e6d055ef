"""Handing an exercise in from its card, and following what comes of it.

The kernel cannot know the notebook: `In` holds what was run, not what is written, and neither text cells nor
the names of cells. So the page has JupyterLab save the notebook first (through the document that its widget
manager belongs to, where there is one), and what is handed in is the file, byte by byte. A student who writes
another file there only hands in another file: it is graded on the mentor's side, from what it holds.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from toolkit.domain.record_entries import ExerciseEntry
from toolkit.domain.submission_status import Answer
from toolkit.errors import InputError
from toolkit.i18n import _, format_number
from toolkit.workspace.session_record import Record
from toolkit.workspace.submission_outbox import Outbox, name_of

__all__ = ["HandIn"]

USUAL = "session.ipynb"


_PATIENCE = 1.5
"""Seconds without a receipt after which nobody seems to be there to take it."""


class HandIn:
    """The way of one exercise from the student's table to the mentor's and back.

    Parameters
    ----------
    record : Record
        Where the exercise lives; its folder holds the notebook.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.outbox = Outbox.of_record(record.path)

    def put(self, entry: ExerciseEntry, notebook: str) -> ExerciseEntry:
        """Hand the notebook in, and return the entry that says so.

        Parameters
        ----------
        notebook : str
            Its file name, as the page says; the session's own where it says nothing.

        Raises
        ------
        InputError
            If it is no notebook, or too large.
        StorageError
            If the disk refuses.
        """
        name = notebook or USUAL
        if PurePosixPath(name).name != name or not name.endswith(".ipynb"):
            raise InputError(_("{name} is no notebook.").format(name=name))
        return _handed_in(entry, self.outbox.put(entry.id, self.record.path.parent / name))

    def put_bytes(self, entry: ExerciseEntry, data: bytes) -> ExerciseEntry:
        """Hand in a notebook that is given as bytes; as `put`."""
        return _handed_in(entry, self.outbox.put_bytes(entry.id, data))

    def state(self, entry: ExerciseEntry) -> dict[str, Any]:
        """Return what the view shows of the last submission."""
        if not entry.handed_in or entry.handed_in_at is None:
            return {"state": ""}
        answer = self.outbox.answer(name_of(entry.id, entry.handed_in))
        shown = {"at": entry.handed_in_at.isoformat(), "sha": entry.handed_in[:12]}
        if answer is None:
            alone = (datetime.now(UTC) - entry.handed_in_at).total_seconds() > _PATIENCE
            return {**shown, "state": "alone" if alone else "handed in"}
        return {**shown, **_answered(answer, self._way_to(answer.page))}

    def _way_to(self, page: str) -> str:
        """Return the path from the notebook's folder to a file of the workspace."""
        if not page:
            return ""
        folder = self.record.path.parent
        depth = len(folder.relative_to(self.outbox.workspace).parts)
        return "../" * depth + Path(page).as_posix()


def _handed_in(entry: ExerciseEntry, digest: str) -> ExerciseEntry:
    return entry.model_copy(update={"handed_in": digest, "handed_in_at": datetime.now(UTC)})


def _answered(answer: Answer, page: str) -> dict[str, Any]:
    return {
        "state": answer.state,
        "received": answer.received_at.isoformat(),
        "verdict": answer.verdict,
        "points": _("{points} of {most} points").format(
            points=format_number(answer.points), most=format_number(answer.max_points)
        )
        if answer.max_points
        else "",
        "tests": [test.model_dump() for test in answer.tests],
        "message": answer.message,
        "page": page,
    }
