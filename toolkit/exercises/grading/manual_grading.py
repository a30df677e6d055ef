"""Manual grading: list the submissions that need it, show one, record points and comments."""

from __future__ import annotations

from concurrent.futures import Executor
from datetime import datetime

from toolkit.exercises.course.course import Course
from toolkit.exercises.grading.review_types import ManualGrade, ReviewCell, ReviewSheet
from toolkit.exercises.worker_pool import run_in_worker

__all__ = [
    "ManualGrade",
    "ReviewCell",
    "ReviewSheet",
    "pending_manual_grades",
    "read_review_sheet",
    "write_manual_grade",
]


def pending_manual_grades(
    course: Course, *, executor: Executor | None = None
) -> set[tuple[str, str, datetime]]:
    """Return the submissions that need manual grading, as nbgrader's formgrader lists them.

    Parameters
    ----------
    course : Course
        Course to search.
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Returns
    -------
    set of (str, str, datetime)
        Student id, exercise and time of receipt (UTC).

    Raises
    ------
    PracticeBusyError, SchemaError, StorageError
        The gradebook is locked, has another schema, or cannot be read.
    """
    found: set[tuple[str, str, datetime]] = run_in_worker(
        executor, "manual_grade_writer:pending_manual_grades", course.root
    )
    return found


def read_review_sheet(
    course: Course,
    student_id: str,
    exercise: str,
    received_at: datetime,
    earlier: bytes | None = None,
    *,
    executor: Executor | None = None,
) -> ReviewSheet:
    """Return a submission for manual grading, with the current points and comments of the gradebook.

    It contains hidden tests, so it is for the mentor only. The HTML is sanitized.

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
    earlier : bytes, optional
        Notebook file of the previous attempt, to compare with; ignored if it cannot be read.
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Raises
    ------
    StateError
        The gradebook holds another submission, or none.
    PracticeBusyError, SchemaError, StorageError
        The gradebook is locked, has another schema, or cannot be read.
    """
    course.folder(exercise)
    sheet: ReviewSheet = run_in_worker(
        executor,
        "manual_grade_writer:read_review_sheet",
        course.root,
        student_id,
        exercise,
        received_at,
        earlier,
    )
    return sheet


def write_manual_grade(
    course: Course,
    student_id: str,
    exercise: str,
    received_at: datetime,
    given: ManualGrade,
    *,
    executor: Executor | None = None,
) -> None:
    """Write a person's points and comments into nbgrader's gradebook, in one transaction.

    The caller holds the practice's lock.

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
    given : ManualGrade
        Points and comments, each with the value that the person saw before.
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Raises
    ------
    InputError
        Points are negative or above the maximum, a cell does not exist, or a comment is too long or not
        encodable.
    StateError
        The gradebook holds another submission, or a value has changed since it was read.
    PracticeBusyError, SchemaError, StorageError
        The gradebook is locked, has another schema, or cannot be written.
    """
    course.folder(exercise)
    run_in_worker(
        executor,
        "manual_grade_writer:write_manual_grade",
        course.root,
        student_id,
        exercise,
        received_at,
        given,
    )
