"""What goes to a grader and what comes back; both travel between processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from toolkit.domain.attempt import Outcome

__all__ = ["CellScore", "Graded", "GradedNotebook", "GradingJob"]


@dataclass(frozen=True)
class GradingJob:
    """One submission to grade.

    Parameters
    ----------
    student_id, student_name : str
        As in the store; the id is the student's id in nbgrader too.
    exercise : str
        Name of the exercise.
    data : bytes
        As received.
    received_at : datetime
        Aware, UTC.
    attempt_id : int, optional
        The caller's own number, handed back untouched.
    language : {"en", "fr"}
        Of our own sentences in the result, which the student reads.
    notebook : str
        Which notebook of the exercise it is (`Recognition.notebook`); found out where it is empty.
    """

    student_id: str
    student_name: str
    exercise: str
    data: bytes
    received_at: datetime
    attempt_id: int | None = None
    language: str = "en"
    notebook: str = ""


@dataclass(frozen=True)
class CellScore:
    """What nbgrader gave one cell.

    Parameters
    ----------
    points : float or None
        None where a person is to grade it.
    comment : str or None
        nbgrader's own remark ("No response.").
    """

    grade_id: str
    points: float | None
    max_points: float
    comment: str | None = None


@dataclass(frozen=True)
class GradedNotebook:
    """One notebook of the submission.

    Parameters
    ----------
    submitted : bytes
        For nbgrader's ``submitted`` folder: as received, or settled where something had to be put right.
    autograded : bytes
        For nbgrader's ``autograded`` folder: run, with outputs and hidden tests. For the mentor alone.
    comments : tuple of (str, str or None)
        nbgrader's remarks on answers that bear no points themselves.
    """

    name: str
    submitted: bytes
    autograded: bytes
    scores: tuple[CellScore, ...]
    comments: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class Graded:
    """What grading made of one submission.

    Parameters
    ----------
    outcome : Outcome
        For the store.
    notebooks : tuple of GradedNotebook
        For nbgrader; empty where nothing could be run. One for each notebook that is handed in.
    notes : tuple of str
        What had to be put right in the submission, a sentence each.
    """

    outcome: Outcome
    notebooks: tuple[GradedNotebook, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def notebook(self) -> bytes | None:
        """The autograded notebook, where there is one and only one."""
        return self.notebooks[0].autograded if len(self.notebooks) == 1 else None
