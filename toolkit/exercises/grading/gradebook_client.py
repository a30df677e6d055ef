"""Writes results to nbgrader's folders and gradebook, and reads the current grades back."""

from __future__ import annotations

from concurrent.futures import Executor
from datetime import datetime

from toolkit.exercises.course.course import Course
from toolkit.exercises.grading.gradebook_scores import CurrentGrade, Recorded
from toolkit.exercises.grading.grading_types import Graded, GradingJob
from toolkit.exercises.worker_pool import call

__all__ = ["CurrentGrade", "Recorded", "current_grades", "record", "record_question"]


def record(course: Course, job: GradingJob, graded: Graded, *, executor: Executor | None = None) -> Recorded:
    """Write a result so that nbgrader's own commands and its formgrader find it. Idempotent.

    The caller holds the practice's lock, and has stored the received bytes: an older submission in
    ``submitted/`` is replaced. A result for a submission older than the recorded one is not written.
    Points and comments that a person gave in the formgrader stay; after a new submission they are marked for
    another review, as in nbgrader.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    job : GradingJob
        The submission; the later ``received_at`` of two submissions wins.
    graded : Graded
        Its result from `grade`.
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Returns
    -------
    Recorded
        Written, superseded by a newer submission, or nothing to write.

    Raises
    ------
    StateError
        Work is already graded, and the exercise's cells have changed.
    PracticeBusyError, SchemaError, StorageError
        The gradebook is locked, has another schema, or cannot be read or written.
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
    """Return the gradebook's points for each cell of a submission, including those given by a person.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    student_id : str
        Student's id in the store.
    exercise : str
        Name of the exercise.
    received_at : datetime
        Time of receipt, which identifies the submission; aware.
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Returns
    -------
    dict of str to CurrentGrade, or None
        By cell name as in `Outcome.results`; None if the gradebook holds another submission, or none.

    Raises
    ------
    PracticeBusyError, SchemaError, StorageError
        The gradebook is locked, has another schema, or cannot be read.
    """
    grades: dict[str, CurrentGrade] | None = call(
        executor, "gradebook_writer:current_grades", course.root, student_id, exercise, received_at
    )
    return grades


def record_question(
    course: Course, job: GradingJob, graded: Graded, question: str, *, executor: Executor | None = None
) -> Recorded:
    """Write the regrade of one question; other cells, and points given by a person, stay unchanged.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    job : GradingJob
        The submission.
    graded : Graded
        Its new result from `grade`.
    question : str
        Cell name as in `Outcome.results`.
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Returns
    -------
    Recorded
        Written, or superseded if the gradebook holds another submission.

    Raises
    ------
    StateError
        The exercise's questions or their points have changed: the submission must be graded as a whole.
    PracticeBusyError, SchemaError, StorageError
        The gradebook is locked, has another schema, or cannot be read or written.
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
