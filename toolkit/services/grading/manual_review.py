"""Manual grading: the queue of attempts, and saving of points and comments to the gradebook and the store."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from toolkit import exercises
from toolkit.domain.attempt import Attempt
from toolkit.domain.feedback import FeedbackState
from toolkit.domain.people import Student
from toolkit.errors import MentoringError
from toolkit.exercises import ManualGrade, ReviewSheet
from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.grading.manual_scores import latest_readable_attempts, with_manual_scores
from toolkit.services.sessions.desk_notebooks import DeskNotebook, write_notebook
from toolkit.store import Remark

__all__ = [
    "PendingReview",
    "load_review_sheet",
    "pending_reviews",
    "save_manual_grade",
    "write_review_notebook",
]


@dataclass(frozen=True)
class PendingReview:
    """One attempt to review.

    Parameters
    ----------
    attempt : Attempt
        The attempt.
    student : Student
        Its student.
    title : str
        Title of its exercise.
    earlier : Attempt, optional
        The previous attempt at the same exercise.
    waits : bool
        Whether a part of it is not graded yet.
    """

    attempt: Attempt
    student: Student
    title: str
    earlier: Attempt | None = None
    waits: bool = True


def pending_reviews(
    practice: Practice,
    student: str | None = None,
    exercise: str | None = None,
    *,
    executor: Executor | None = None,
) -> list[PendingReview]:
    """Return the attempts that wait for manual grading, earliest first.

    If a student and an exercise are given, their last attempt is included even if no part of it waits.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student : str, optional
        Id or name of a student; all students if left out.
    exercise : str, optional
        Name of an exercise; all exercises if left out.
    executor : Executor, optional
        Worker process that reads the gradebook; one is started for this call if left out.

    Raises
    ------
    NotFoundError
        There is no such student or exercise.
    PracticeBusyError, SchemaError, StorageError
        The gradebook cannot be read.
    """
    catalogue = Catalogue(practice)
    with practice.store.read() as tx:
        owner = tx.students.get(student).id if student else None
        wanted = catalogue.course.card(exercise).id if exercise else None
        students = {s.id: s for s in tx.students.all()}
        attempts = tx.attempts.all(owner, wanted)
    waiting = exercises.pending_manual_grades(catalogue.course, executor=executor)
    found = []
    for attempt in latest_readable_attempts(attempts):
        waits = (attempt.student_id, attempt.exercise_id, attempt.received_at) in waiting
        if waits or (owner and wanted):
            found.append(
                PendingReview(
                    attempt,
                    students[attempt.student_id],
                    catalogue.title(attempt.exercise_id),
                    _earlier(attempts, attempt),
                    waits,
                )
            )
    return sorted(found, key=lambda one: one.attempt.received_at)


def load_review_sheet(
    practice: Practice, one: PendingReview, *, executor: Executor | None = None
) -> ReviewSheet:
    """Return the review sheet of an attempt; see `toolkit.exercises.read_review_sheet`.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    one : PendingReview
        An attempt of the queue.
    executor : Executor, optional
        Worker process that reads the gradebook; one is started for this call if left out.
    """
    attempt = one.attempt
    earlier = None
    if one.earlier is not None:
        try:
            earlier = practice.kept(one.earlier.sha256)
        except MentoringError:
            earlier = None  # its stored bytes are damaged; the attempt itself can be graded all the same
    return exercises.read_review_sheet(
        Catalogue(practice).course,
        attempt.student_id,
        attempt.exercise_id,
        attempt.received_at,
        earlier,
        executor=executor,
    )


def save_manual_grade(
    practice: Practice,
    one: PendingReview,
    given: ManualGrade,
    *,
    executor: Executor,
    now: datetime | None = None,
) -> None:
    """Save the mentor's points and comments durably in nbgrader's gradebook and in the store.

    Sent feedback becomes a draft again, so that the next `mentor feedback` rewrites the page.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    one : PendingReview
        An attempt of the queue.
    given : ManualGrade
        Points and comments of the mentor.
    executor : Executor
        Worker process that writes the gradebook.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    InputError, StateError
        See `toolkit.exercises.write_manual_grade`; nothing is changed.
    PracticeBusyError, SchemaError, StorageError
        The gradebook or the database cannot be written.
    """
    catalogue = Catalogue(practice)
    attempt, now = one.attempt, now or datetime.now(UTC)
    with practice.writing("mentor review"):
        # The gradebook first: if killed in between, `mentor feedback` copies the points to the store.
        exercises.write_manual_grade(
            catalogue.course,
            attempt.student_id,
            attempt.exercise_id,
            attempt.received_at,
            given,
            executor=executor,
        )
        with practice.store.read() as tx:
            (kept,) = tx.attempts.with_ids([attempt.id or 0])
        changed = with_manual_scores(catalogue, kept, executor)
        with practice.store.begin() as tx:
            if changed is not None:
                tx.attempts.set_outcome(attempt.id or 0, changed)
            for cell, (_before, text) in given.comments.items():
                tx.remarks.save(Remark(attempt.id or 0, cell, attempt.exercise_id, text, now))
            sent = tx.feedback.all().get(attempt.id or 0)
            if sent is not None and (given.points or given.comments):
                tx.feedback.save(replace(sent, state=FeedbackState.DRAFT))


def write_review_notebook(
    practice: Practice, student: str | None = None, exercise: str | None = None
) -> DeskNotebook:
    """Write the review notebook on the mentor's desk; an existing one stays as it is.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student : str, optional
        Id of a student; the notebook shows only their attempts.
    exercise : str, optional
        Id of an exercise; the notebook shows only attempts at it.
    """
    first = "review-all" if exercise and not student else "review"
    name = ".".join([first, *(part for part in (student, exercise) if part)])
    arguments = [f"{key}={value!r}" for key, value in (("student", student), ("exercise", exercise)) if value]
    intro = _(
        "# To grade by hand\n\n"
        "Run the cell below. Points and comments go into nbgrader's gradebook when you save: the formgrader "
        "shows the same. This notebook lies on your desk; no student sees it."
    )
    source = f"from toolkit.desk import Review\n\nReview({', '.join(arguments)})"
    return write_notebook(practice, name, intro, source, kind="review")


def _earlier(attempts: list[Attempt], attempt: Attempt) -> Attempt | None:
    before = [
        other
        for other in attempts
        if (other.student_id, other.exercise_id) == (attempt.student_id, attempt.exercise_id)
        and other.received_at < attempt.received_at
    ]
    return before[-1] if before else None
