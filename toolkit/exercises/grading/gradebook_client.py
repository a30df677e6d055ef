"""Writes results to nbgrader's folders and gradebook, and reads the current grades back."""

from __future__ import annotations

from concurrent.futures import Executor
from datetime import datetime

from toolkit.exercises.course.course import Course
from toolkit.exercises.grading.gradebook_scores import CurrentGrade, RecordStatus
from toolkit.exercises.grading.grading_types import GradingJob, GradingResult
from toolkit.exercises.worker_pool import run_in_worker

__all__ = ["CurrentGrade", "RecordStatus", "current_grades", "record_question_result", "record_result"]


def record_result(
    course: Course, job: GradingJob, graded: GradingResult, *, executor: Executor | None = None
) -> RecordStatus:
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
    graded : GradingResult
        Its result from `grade`.
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Returns
    -------
    RecordStatus
        Written, superseded by a newer submission, or nothing to write.

    Raises
    ------
    StateError
        Work is already graded, and the exercise's cells have changed.
    PracticeBusyError, SchemaError, StorageError
        The gradebook is locked, has another schema, or cannot be read or written.
    """
    course.folder(job.exercise)
    result: RecordStatus = run_in_worker(
        executor,
        "gradebook_writer:record_result",
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
    grades: dict[str, CurrentGrade] | None = run_in_worker(
        executor, "gradebook_writer:current_grades", course.root, student_id, exercise, received_at
    )
    return grades


def record_question_result(
    course: Course, job: GradingJob, graded: GradingResult, question: str, *, executor: Executor | None = None
) -> RecordStatus:
    """Write the regrade of one question; other cells, and points given by a person, stay unchanged.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    job : GradingJob
        The submission.
    graded : GradingResult
        Its new result from `grade`.
    question : str
        Cell name as in `Outcome.results`.
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Returns
    -------
    RecordStatus
        Written, or superseded if the gradebook holds another submission.

    Raises
    ------
    StateError
        The exercise's questions or their points have changed: the submission must be graded as a whole.
    PracticeBusyError, SchemaError, StorageError
        The gradebook is locked, has another schema, or cannot be read or written.
    """
    course.folder(job.exercise)
    result: RecordStatus = run_in_worker(
        executor,
        "question_writer:record_question_result",
        course.root,
        job.student_id,
        job.exercise,
        graded,
        job.received_at,
        question,
    )
    return result
