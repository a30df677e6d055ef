"""Input and output of the grader; picklable, because they are sent between processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from toolkit.domain.attempt import Outcome

__all__ = ["CellScore", "GradedNotebook", "GradingJob", "GradingResult"]


@dataclass(frozen=True)
class GradingJob:
    """One submission to grade.

    Parameters
    ----------
    student_id, student_name : str
        As in the store; nbgrader uses the same id.
    exercise : str
        Name of the exercise.
    data : bytes
        Notebook file as received.
    received_at : datetime
        Time of receipt; aware, UTC.
    attempt_id : int, optional
        The caller's own id for the job; not used by the grader.
    language : {"en", "fr"}
        Language of the messages in the result, which the student reads.
    notebook : str
        Name of the exercise's notebook that was submitted (`IdentifiedSubmission.notebook`); detected if
        empty.
    stderr_fails : bool
        True if a test that writes on stderr fails, as with nbgrader.
    """

    student_id: str
    student_name: str
    exercise: str
    data: bytes
    received_at: datetime
    attempt_id: int | None = None
    language: str = "en"
    notebook: str = ""
    stderr_fails: bool = True


@dataclass(frozen=True)
class CellScore:
    """nbgrader's score of one cell.

    Parameters
    ----------
    grade_id : str
        nbgrader's name of the cell.
    points : float or None
        Points of the tests; None if a person must grade the cell.
    max_points : float
        Maximum points.
    comment : str or None
        nbgrader's automatic comment ("No response.").
    """

    grade_id: str
    points: float | None
    max_points: float
    comment: str | None = None


@dataclass(frozen=True)
class GradedNotebook:
    """One notebook of a graded submission.

    Parameters
    ----------
    name : str
        File name without the suffix.
    submitted : bytes
        File for nbgrader's ``submitted`` folder: as received, or normalized if corrections were needed.
    autograded : bytes
        File for nbgrader's ``autograded`` folder: executed, with outputs and hidden tests. Not for students.
    scores : tuple of CellScore
        Scores of the cells with points.
    comments : tuple of (str, str or None)
        ``grade_id`` and nbgrader's automatic comment of answers without points.
    """

    name: str
    submitted: bytes
    autograded: bytes
    scores: tuple[CellScore, ...]
    comments: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class GradingResult:
    """Result of grading one submission.

    Parameters
    ----------
    outcome : Outcome
        Verdict and results for the store.
    notebooks : tuple of GradedNotebook
        Graded notebooks for nbgrader, one for each submitted notebook; empty if nothing could be run.
    notes : tuple of str
        A sentence for each kind of correction made to the submission.
    guarded : tuple of str
        Names of the test cells in which the kernel decided something.
    """

    outcome: Outcome
    notebooks: tuple[GradedNotebook, ...] = ()
    notes: tuple[str, ...] = ()
    guarded: tuple[str, ...] = ()

    @property
    def notebook(self) -> bytes | None:
        """The autograded notebook, if there is exactly one."""
        return self.notebooks[0].autograded if len(self.notebooks) == 1 else None
