"""Grading by hand: what waits for a person, what is to be seen of it, and what the person gives."""

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
    """Return the student, the exercise and the time of each submission with a part that a person grades.

    nbgrader's formgrader lists the same.

    Raises
    ------
    PracticeBusyError, SchemaError, StorageError
        The gradebook said no.
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
    """Return what a mentor sees of a submission, points and comments as the gradebook has them now.

    Hidden tests are in it: it is for the mentor alone. What people wrote is cleaned, nothing in it can run.

    Parameters
    ----------
    received_at : datetime
        Which submission is meant; aware.
    earlier : bytes, optional
        The attempt before it, as received, to compare with; one that cannot be read is left out.

    Raises
    ------
    StateError
        The gradebook holds another submission, or none.
    PracticeBusyError, SchemaError, StorageError
        The gradebook or the disk said no.
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
    """Write a person's points and comments into nbgrader's gradebook, all of them or none.

    They are on the disk when this returns. The caller holds the practice's lock.

    Raises
    ------
    InputError
        Points below nothing or above what there are, a cell that is not there, text that cannot be kept.
    StateError
        The gradebook holds another submission, or somebody has written another value since it was read.
    PracticeBusyError, SchemaError, StorageError
        The gradebook said no.
    """
    course.folder(exercise)
    call(executor, "manual_grade_writer:give", course.root, student_id, exercise, received_at, given)
