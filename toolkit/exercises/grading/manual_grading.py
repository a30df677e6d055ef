"""Manual grading: list the submissions that need it, show one, record points and comments."""

from __future__ import annotations

from concurrent.futures import Executor
from datetime import datetime

from toolkit.exercises.course.course import Course
from toolkit.exercises.grading.review_types import Given, Sheet, SheetCell
from toolkit.exercises.worker_pool import call

__all__ = ["Given", "Sheet", "SheetCell", "give", "review_sheet", "waiting_for_a_person"]


def waiting_for_a_person(
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
    found: set[tuple[str, str, datetime]] = call(executor, "manual_grade_writer:waiting", course.root)
    return found


def review_sheet(
    course: Course,
    student_id: str,
    exercise: str,
    received_at: datetime,
    earlier: bytes | None = None,
    *,
    executor: Executor | None = None,
) -> Sheet:
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
    sheet: Sheet = call(
        executor, "manual_grade_writer:sheet", course.root, student_id, exercise, received_at, earlier
    )
    return sheet


def give(
    course: Course,
    student_id: str,
    exercise: str,
    received_at: datetime,
    given: Given,
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
    given : Given
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
    call(executor, "manual_grade_writer:give", course.root, student_id, exercise, received_at, given)
