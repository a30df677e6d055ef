"""Writes results into nbgrader's folders and gradebook, and reads back what people gave there."""

from __future__ import annotations

from concurrent.futures import Executor
from datetime import datetime

from toolkit.exercises.course.course import Course
from toolkit.exercises.grading.gradebook_scores import CurrentGrade, Recorded
from toolkit.exercises.grading.grading_types import Graded, GradingJob
from toolkit.exercises.worker_pool import call

__all__ = ["CurrentGrade", "Recorded", "current_grades", "record", "record_question"]


def record(course: Course, job: GradingJob, graded: Graded, *, executor: Executor | None = None) -> Recorded:
    """Write a result so that nbgrader's own commands and its formgrader find it.

    The caller holds the practice's lock, and has kept the bytes as received: an older submission in
    ``submitted/`` is replaced. A result for an older submission than the one that is there is not written.
    Points and comments that a person gave in the formgrader stay; after a new submission they wait to be
    looked at again, as in nbgrader. Writing the same again changes nothing.

    Parameters
    ----------
    job, graded
        As `grade` yielded them; ``job.received_at`` decides which of two submissions is the newer.

    Raises
    ------
    StateError
        Work was graded already, and the exercise has other cells now.
    PracticeBusyError, SchemaError, StorageError
        The gradebook or the disk said no.
    """
    course.folder(job.exercise)
    result: Recorded = call(
        executor,
        "gradebook_writer:record",
        course.root,
        job.student_id,
        job.student_name,
        job.exercise,
        graded,
        job.received_at,
    )
    return result


def current_grades(
    course: Course, student_id: str, exercise: str, received_at: datetime, *, executor: Executor | None = None
) -> dict[str, CurrentGrade] | None:
    """Return what the gradebook counts for each cell of a submission, people's own points included.

    Parameters
    ----------
    received_at : datetime
        Which submission is meant; aware.

    Returns
    -------
    dict of str to CurrentGrade, or None
        By the names that `Outcome.results` has; None where the gradebook holds another submission, or none.

    Raises
    ------
    PracticeBusyError, SchemaError, StorageError
        The gradebook said no.
    """
    grades: dict[str, CurrentGrade] | None = call(
        executor, "gradebook_writer:current_grades", course.root, student_id, exercise, received_at
    )
    return grades


def record_question(
    course: Course, job: GradingJob, graded: Graded, question: str, *, executor: Executor | None = None
) -> Recorded:
    """Write what a regrade gave one question; every other cell, and what people gave, stays as it is.

    Parameters
    ----------
    question : str
        As `Outcome.results` names it.

    Raises
    ------
    StateError
        The exercise has other questions now, or other points for them: it is to be graded as a whole.
    PracticeBusyError, SchemaError, StorageError
        The gradebook or the disk said no.
    """
    course.folder(job.exercise)
    result: Recorded = call(
        executor,
        "question_writer:record",
        course.root,
        job.student_id,
        job.exercise,
        graded,
        job.received_at,
        question,
    )
    return result
