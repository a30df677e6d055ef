"""HTML feedback page for a student."""

from __future__ import annotations

from concurrent.futures import Executor

from toolkit.domain.attempt import Outcome
from toolkit.domain.people import Student
from toolkit.exercises.course.course import Course
from toolkit.exercises.worker_pool import run_in_worker
from toolkit.i18n import use_language

__all__ = ["render_feedback"]


def render_feedback(
    course: Course,
    student: Student,
    exercise: str,
    outcome: Outcome | None = None,
    *,
    executor: Executor | None = None,
) -> str:
    """Return the feedback on a student's graded submission as a self-contained HTML page.

    Points and comments come from the gradebook, so they include those a mentor gave. Hidden tests are not
    in the page, only their messages. The page contains no active content. nbgrader's own page is also
    written to ``feedback/``, so the caller holds the practice's lock.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    student : Student
        Author of the submission; the page is in this student's language.
    exercise : str
        Name of the exercise.
    outcome : Outcome, optional
        Outcome of the attempt; the page shows its verdict and reason, and nothing else if the attempt
        could not be graded (unreadable, tampered).
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Raises
    ------
    StateError
        Nothing is graded yet.
    ExecutionError
        nbgrader fails.
    PracticeBusyError, SchemaError, StorageError
        The gradebook is locked, has another schema, or cannot be read or written.
    """
    course.folder(exercise)
    with use_language(student.language):
        html: str = run_in_worker(
            executor,
            "feedback_renderer:render_feedback",
            course.root,
            student.id,
            student.name,
            exercise,
            outcome,
        )
    return html
