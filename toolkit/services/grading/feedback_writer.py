"""Feedback: a page in the student's workspace for the last attempt of each exercise."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from toolkit import exercises
from toolkit._internal.atomic_io import atomic_write
from toolkit.domain.attempt import Attempt
from toolkit.domain.feedback import Feedback, FeedbackState
from toolkit.domain.people import Student
from toolkit.errors import MentoringError
from toolkit.exercises.worker_pool import executor_or_own
from toolkit.i18n import use_language
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.feedback_paths import feedback_page_path
from toolkit.services.grading.manual_scores import (
    latest_attempts,
    latest_readable_attempts,
    with_manual_scores,
)
from toolkit.services.grading.submission_inbox import write_result
from toolkit.services.progress_callback import ProgressCallback, ignore_progress

__all__ = ["WrittenFeedback", "write_feedback"]


@dataclass(frozen=True)
class WrittenFeedback:
    """The feedback on one attempt, or the reason why it could not be written.

    Parameters
    ----------
    student_id : str
        Id of the student.
    exercise_id : str
        Id of the exercise.
    page : Path
        Path of the page; if `problem` is set, the earlier page is there, if any.
    problem : MentoringError, optional
        Reason of a failure.
    """

    student_id: str
    exercise_id: str
    page: Path
    problem: MentoringError | None = None


def write_feedback(
    practice: Practice,
    *,
    student: str | None = None,
    exercise: str | None = None,
    again: bool = False,
    step: ProgressCallback = ignore_progress,
    executor: Executor | None = None,
    now: datetime | None = None,
) -> list[WrittenFeedback]:
    """Write the feedback page of the last graded attempts: once, and again if a person graded since.

    A page is named after its attempt, so the pages of earlier attempts stay as the student has read them.
    A page that fails stops no other.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student : str, optional
        Id or name of a student; all students if left out.
    exercise : str, optional
        Name of an exercise; all exercises if left out.
    again : bool
        Whether to rewrite every page.
    step : ProgressCallback, optional
        Called with the progress; by default nothing is reported.
    executor : Executor, optional
        Warm worker processes; one process is started for this call if left out.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Returns
    -------
    list of WrittenFeedback
        The pages that were written or failed.

    Raises
    ------
    NotFoundError
        There is no such student or exercise.
    """
    catalogue = Catalogue(practice)
    written = []
    with practice.writing("mentor feedback"):
        with practice.store.read() as tx:
            owner = tx.students.get(student).id if student else None
            wanted = catalogue.course.card(exercise).id if exercise else None
            students = {s.id: s for s in tx.students.all()}
            existing = tx.feedback.all()
            attempts = tx.attempts.all(owner, wanted)
        # The last attempt, and the last one in the gradebook if another: a person may have graded it there.
        last = {a.id for a in [*latest_readable_attempts(attempts), *latest_attempts(attempts)]}
        chosen = [attempt for attempt in attempts if attempt.id in last and attempt.outcome]
        if not chosen:
            return []
        with executor_or_own(executor) as workers:
            writer = _Writer(practice, catalogue, workers, now or datetime.now(UTC))
            for done, attempt in enumerate(chosen):
                step(f"{attempt.student_id} {attempt.exercise_id}", done, len(chosen))
                page = feedback_page_path(practice, attempt)
                one = WrittenFeedback(attempt.student_id, attempt.exercise_id, page)
                try:
                    before = existing.get(attempt.id or 0)
                    if writer.write(attempt, students[attempt.student_id], before, page, again=again):
                        written.append(one)
                except MentoringError as problem:
                    written.append(replace(one, problem=problem))
            step("", len(chosen), len(chosen))
    return written


@dataclass(frozen=True)
class _Writer:
    practice: Practice
    catalogue: Catalogue
    workers: Executor
    now: datetime

    def write(
        self, attempt: Attempt, reader: Student, before: Feedback | None, page: Path, *, again: bool
    ) -> bool:
        """Write the page of an attempt if its content changed; return whether it was written."""
        changed = with_manual_scores(self.catalogue, attempt, self.workers)
        current = before is not None and before.state is not FeedbackState.DRAFT
        if current and not changed and not again:
            return False
        outcome = changed or attempt.outcome
        with use_language(reader.language):
            html = exercises.render_feedback(
                self.catalogue.course, reader, attempt.exercise_id, outcome, executor=self.workers
            )
        # The page first: if killed in between, the store has the old state, and the page is written again.
        atomic_write(page, html.encode(), within=self.practice.workspace(attempt.student_id))
        sent = before or Feedback(attempt.id or 0)
        if sent.state is FeedbackState.DRAFT:
            sent = sent.act("send")
        with self.practice.store.begin() as tx:
            if changed:
                tx.attempts.set_outcome(attempt.id or 0, changed)
            tx.feedback.save(replace(sent, sent_at=self.now))
        if outcome:
            write_result(self.practice, attempt, outcome, reader)
        return True
