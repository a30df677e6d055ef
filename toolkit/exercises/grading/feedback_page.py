"""The page that a student gets back."""

from __future__ import annotations

from concurrent.futures import Executor

from toolkit.domain.attempt import Outcome
from toolkit.domain.people import Student
from toolkit.exercises.course.course import Course
from toolkit.exercises.worker_pool import call
from toolkit.i18n import use_language

__all__ = ["feedback_html"]


def feedback_html(
    course: Course,
    student: Student,
    exercise: str,
    outcome: Outcome | None = None,
    *,
    executor: Executor | None = None,
) -> str:
    """Return the feedback on what the gradebook has of a student's exercise, as a page that opens offline.

    Points come from the gradebook, so a mentor's own are in them, and so are a mentor's comments. Hidden
    tests are not in the page, only what they said. Nothing in it can run. nbgrader's own page is written to
    ``feedback/`` beside it, so the caller holds the practice's lock.

    Parameters
    ----------
    student : Student
        Whose; the page is in this student's language.
    outcome : Outcome, optional
        Of the attempt that is meant: its verdict and reason are told, and where nothing could be graded
        (unreadable, tampered) they are all there is.

    Raises
    ------
    StateError
        Nothing is graded yet.
    ExecutionError, PracticeBusyError, SchemaError, StorageError
        nbgrader, its gradebook or the disk said no.
    """
    course.folder(exercise)
    with use_language(student.language):
        html: str = call(
            executor, "feedback_renderer:page", course.root, student.id, student.name, exercise, outcome
        )
    return html
