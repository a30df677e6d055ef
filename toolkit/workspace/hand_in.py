"""Submission of an exercise from its card, and the state of the result.

The kernel does not know the notebook: `In` has the executed code, but neither unexecuted edits nor text
cells nor cell names. So the page first has JupyterLab save the notebook (the document that its widget
manager belongs to, if there is one), and the file is submitted byte by byte. A student who writes another
file there only submits another file: its content is graded on the mentor's side.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from toolkit.domain.record_entries import ExerciseEntry
from toolkit.domain.submission_status import SubmissionStatus
from toolkit.errors import InputError
from toolkit.i18n import _, format_number
from toolkit.workspace.session_record import Record
from toolkit.workspace.submission_outbox import Outbox, submission_file_name

__all__ = ["ExerciseSubmission"]

USUAL_NOTEBOOK = "session.ipynb"


_RECEIPT_TIMEOUT_S = 1.5
"""Time without a receipt after which the page shows that no mentor's process is running."""


class ExerciseSubmission:
    """The submission of one session's exercises.

    Parameters
    ----------
    record : Record
        The record that has the exercise; the notebook lies in its folder.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.outbox = Outbox.of_record(record.path)

    def put(self, entry: ExerciseEntry, notebook: str) -> ExerciseEntry:
        """Submit a notebook's file; return the entry with the submission.

        Parameters
        ----------
        entry : ExerciseEntry
            The exercise.
        notebook : str
            The notebook's file name, as the page knows it; empty for the session's own notebook.

        Raises
        ------
        InputError
            If it is not a notebook, or too large.
        NotFoundError
            If the file is missing.
        StorageError
            If the disk refuses.
        """
        name = notebook or USUAL_NOTEBOOK
        if PurePosixPath(name).name != name or not name.endswith(".ipynb"):
            raise InputError(_("{name} is no notebook.").format(name=name))
        return _submitted_entry(entry, self.outbox.put(entry.id, self.record.path.parent / name))

    def put_bytes(self, entry: ExerciseEntry, data: bytes) -> ExerciseEntry:
        """Submit a notebook's content; return the entry with the submission.

        Parameters
        ----------
        entry : ExerciseEntry
            The exercise.
        data : bytes
            The notebook.

        Raises
        ------
        InputError
            If it is too large.
        StorageError
            If the disk refuses.
        """
        return _submitted_entry(entry, self.outbox.put_bytes(entry.id, data))

    def state(self, entry: ExerciseEntry) -> dict[str, Any]:
        """Return the state of the last submission, as the view shows it."""
        if not entry.handed_in or entry.handed_in_at is None:
            return {"state": ""}
        answer = self.outbox.answer(submission_file_name(entry.id, entry.handed_in))
        shown = {"at": entry.handed_in_at.isoformat(), "sha": entry.handed_in[:12]}
        if answer is None:
            is_unattended = (datetime.now(UTC) - entry.handed_in_at).total_seconds() > _RECEIPT_TIMEOUT_S
            return {**shown, "state": "alone" if is_unattended else "handed in"}
        return {**shown, **_shown_answer(answer, self._relative_path(answer.page))}

    def _relative_path(self, page: str) -> str:
        """Return the path from the notebook's folder to a file of the workspace."""
        if not page:
            return ""
        folder = self.record.path.parent
        depth = len(folder.relative_to(self.outbox.workspace).parts)
        return "../" * depth + Path(page).as_posix()


def _submitted_entry(entry: ExerciseEntry, digest: str) -> ExerciseEntry:
    return entry.model_copy(update={"handed_in": digest, "handed_in_at": datetime.now(UTC)})


def _shown_answer(answer: SubmissionStatus, page: str) -> dict[str, Any]:
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
