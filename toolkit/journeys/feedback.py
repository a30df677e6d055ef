"""Feedback: a page in the student's workspace for the last attempt of each exercise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from toolkit import exercises
from toolkit.domain.feedback import Feedback, FeedbackState
from toolkit.durable import write_durably
from toolkit.i18n import use_language
from toolkit.journeys.catalogue import Catalogue
from toolkit.journeys.grade import last_of_each
from toolkit.journeys.manual import with_manual_scores
from toolkit.journeys.step import Step, silent
from toolkit.practice import Practice

__all__ = ["WrittenFeedback", "write"]


@dataclass(frozen=True)
class WrittenFeedback:
    """The feedback on one attempt, and where it lies."""

    student_id: str
    exercise_id: str
    page: Path


def write(
    practice: Practice,
    *,
    student: str | None = None,
    exercise: str | None = None,
    again: bool = False,
    step: Step = silent,
) -> list[WrittenFeedback]:
    """Write the feedback on what was graded, once for each attempt, and anew where a person graded since.

    A page is named after its attempt, so an earlier one stays as the student has read it.

    Parameters
    ----------
    again : bool
        Write every page anew.
    """
    catalogue = Catalogue(practice)
    written = []
    with practice.writing("mentor feedback"):
        with practice.store.read() as tx:
            owner = tx.students.get(student).id if student else None
            wanted = catalogue.course.card(exercise).id if exercise else None
            students = {s.id: s for s in tx.students.all()}
            had = tx.feedback.all()
            last = last_of_each(tx.attempts.all())
        chosen = [
            attempt
            for attempt in last
            if attempt.outcome
            and owner in {None, attempt.student_id}
            and wanted in {None, attempt.exercise_id}
        ]
        with exercises.Workers(1) as workers:
            for done, attempt in enumerate(chosen):
                step(f"{attempt.student_id} {attempt.exercise_id}", done, len(chosen))
                outcome = with_manual_scores(catalogue, attempt, workers)
                if outcome:
                    with practice.store.begin() as tx:
                        tx.attempts.set_outcome(attempt.id or 0, outcome)
                elif attempt.id in had and not again:
                    continue
                reader = students[attempt.student_id]
                name = f"{attempt.exercise_id}-{attempt.id}.html"
                page = practice.workspace(attempt.student_id) / "feedback" / name
                with use_language(reader.language):
                    html = exercises.feedback_html(
                        catalogue.course,
                        reader,
                        attempt.exercise_id,
                        outcome or attempt.outcome,
                        executor=workers,
                    )
                write_durably(page, html.encode())
                with practice.store.begin() as tx:
                    before = had.get(attempt.id or 0, Feedback(attempt.id or 0))
                    if before.state is FeedbackState.DRAFT:
                        before = before.act("send")
                    tx.feedback.save(Feedback(before.attempt_id, before.state, datetime.now(UTC)))
                written.append(WrittenFeedback(attempt.student_id, attempt.exercise_id, page))
            step("", len(chosen), len(chosen))
    return written
