"""Batch grading: code runs in worker processes, one process writes, and no database is locked meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from toolkit import exercises
from toolkit.domain.attempt import Attempt, Outcome
from toolkit.domain.feedback import FeedbackState
from toolkit.errors import MentoringError, StateError
from toolkit.exercises import Course, GradingJob
from toolkit.i18n import _
from toolkit.kernels import Limits
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.exercises.hint_delivery import HintAnswer
from toolkit.services.exercises.solution_check import SolutionProblem, check_solutions
from toolkit.services.grading.manual_scores import (
    READABLE_VERDICTS,
    keep_earlier_judgement,
    latest_attempts,
    latest_readable_attempts,
    with_manual_scores,
)
from toolkit.services.grading.regrade_question import attempts_with_question, merge_question_result
from toolkit.services.grading.submission_inbox import ingest_outbox, write_result
from toolkit.services.progress_callback import ProgressCallback, ignore_progress

__all__ = ["GradedAttempt", "grade_attempts", "outdated_attempts"]

_WRITTEN = exercises.RecordStatus.WRITTEN


@dataclass(frozen=True)
class GradedAttempt:
    """An attempt and its outcome, or the failure of the machine or the exercise that prevented one.

    Parameters
    ----------
    attempt : Attempt
        The attempt.
    outcome : Outcome or None
        Its outcome; None after a failure.
    problem : MentoringError, optional
        The failure, which is never the student's fault.
    """

    attempt: Attempt
    outcome: Outcome | None
    problem: MentoringError | None = None


def grade_attempts(
    practice: Practice,
    *,
    student: str | None = None,
    exercise: str | None = None,
    changed: bool = False,
    again: bool = False,
    question: str | None = None,
    step: ProgressCallback = ignore_progress,
    asked: Callable[[HintAnswer], None] = lambda _one: None,
    told: Callable[[SolutionProblem], None] = lambda _problem: None,
) -> list[GradedAttempt]:
    """Grade the waiting attempts, and write the gradebook.

    Submissions in the students' workspaces are collected first, and their hint requests are answered. Each
    outcome is stored before the next is awaited, so an interrupted run loses nothing.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student : str, optional
        Id or name of a student; only their attempts are graded.
    exercise : str, optional
        Name of an exercise; only attempts at it are graded.
    changed : bool
        Whether to grade the attempts that are `outdated_attempts` as well.
    again : bool
        Whether to grade again, for each student and exercise, the last attempt and the last readable one.
    question : str, optional
        Name of a test cell; only this question of graded attempts is graded again, and no waiting attempt.
    step : ProgressCallback, optional
        Called with the progress; by default nothing is reported.
    asked : callable
        Called with each requested hint.
    told : callable
        Called with each test that an exercise's own solution fails.

    Returns
    -------
    list of GradedAttempt
        The attempts of this run, including failed ones.

    Raises
    ------
    NotFoundError
        There is no such student, exercise or question.
    InputError
        Several exercises have the question.
    """
    catalogue = Catalogue(practice)
    config = practice.config.grading
    ingest_outbox(practice, asked=asked)
    with practice.writing("mentor grade"):
        with practice.store.read() as tx:
            students = {s.id: s for s in tx.students.all()}
        chosen = _select(
            practice, catalogue, student, exercise, changed=changed, again=again, question=question
        )
        if not chosen:
            return []
        by_id = {attempt.id: attempt for attempt in chosen}
        # Take the fingerprints before grading: an exercise edited meanwhile makes its grades out of date.
        fingerprints = _Fingerprints(catalogue.course)
        for attempt in chosen:
            fingerprints.of(attempt.exercise_id)
        found: list[GradedAttempt] = []

        def jobs() -> Iterator[GradingJob]:
            # Read the submissions one by one: a batch may be larger than the memory.
            for attempt in chosen:
                try:
                    data = practice.kept(attempt.sha256)
                except MentoringError as problem:
                    found.append(GradedAttempt(attempt, None, problem))
                    continue
                yield GradingJob(
                    student_id=attempt.student_id,
                    student_name=students[attempt.student_id].name,
                    exercise=attempt.exercise_id,
                    data=data,
                    received_at=attempt.received_at,
                    attempt_id=attempt.id,
                    language=students[attempt.student_id].language,
                    stderr_fails=config.stderr_fails,
                )

        limits = Limits(cell_seconds=config.timeout_seconds)
        with exercises.WorkerPool(min(config.workers, len(chosen))) as workers:
            for problem in check_solutions(practice, sorted({one.exercise_id for one in chosen}), workers):
                told(problem)
            graded = exercises.grade_jobs(catalogue.course, jobs(), executor=workers, limits=limits)
            for done, (job, result) in enumerate(graded):
                attempt = by_id[job.attempt_id]
                step(f"{attempt.student_id} {attempt.exercise_id}", done, len(chosen))
                try:
                    if isinstance(result, MentoringError):
                        raise result
                    outcome = replace(result.outcome, made_with=fingerprints.of(attempt.exercise_id))
                    if question:
                        outcome = merge_question_result(attempt.outcome or outcome, outcome, question)
                    keep_earlier_judgement(practice, catalogue, attempt, workers)
                    # The gradebook first: if killed in between, the attempt still waits and is graded again.
                    # It keeps the last readable attempt, which is known only while grading goes on.
                    if _record(catalogue, job, result, workers, question) is _WRITTEN:
                        now = replace(attempt, outcome=outcome)
                        outcome = with_manual_scores(catalogue, now, workers) or outcome
                except MentoringError as problem:
                    found.append(GradedAttempt(attempt, None, problem))
                    continue
                with practice.store.begin() as tx:
                    tx.attempts.set_outcome(job.attempt_id or 0, outcome)
                    if attempt.outcome and replace(attempt.outcome, made_with=outcome.made_with) != outcome:
                        # The sent feedback is outdated: the next `mentor feedback` rewrites it.
                        sent = tx.feedback.all().get(job.attempt_id or 0)
                        if sent is not None:
                            tx.feedback.save(replace(sent, state=FeedbackState.DRAFT))
                write_result(practice, attempt, outcome, students[attempt.student_id])
                found.append(GradedAttempt(attempt, outcome))
            step("", len(chosen), len(chosen))
    return found


def _select(
    practice: Practice,
    catalogue: Catalogue,
    student: str | None,
    exercise: str | None,
    *,
    changed: bool,
    again: bool,
    question: str | None,
) -> list[Attempt]:
    with practice.store.read() as tx:
        owner = tx.students.get(student).id if student else None
        wanted = catalogue.course.card(exercise).id if exercise else None
        everything = again or changed or question
        attempts = (tx.attempts.all if everything else tx.attempts.waiting)(owner, wanted)
    if question:
        return attempts_with_question(attempts, question)
    more: set[int | None] = set()
    if again:
        more = {a.id for a in [*latest_readable_attempts(attempts), *latest_attempts(attempts)]}
    elif changed:
        more = set(outdated_attempts(practice, student=student, exercise=exercise))
    return [attempt for attempt in attempts if attempt.outcome is None or attempt.id in more]


def outdated_attempts(
    practice: Practice, *, student: str | None = None, exercise: str | None = None
) -> list[int]:
    """Return the ids of the attempts whose exercise or environment has changed since they were graded.

    For each student and exercise, the last attempt and the last readable one are compared. An attempt
    without a stored fingerprint, from an older version of the toolkit, is left out.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student : str, optional
        Id of a student; all students if left out.
    exercise : str, optional
        Id of an exercise; all exercises if left out.
    """
    with practice.store.read() as tx:
        graded = tx.attempts.graded()
    last = {(row.student_id, row.exercise_id, row.verdict in READABLE_VERDICTS): row for row in graded}
    fingerprints = _Fingerprints(Course(practice.root))
    return sorted(
        row.id
        for row in last.values()
        if student in {None, row.student_id} and exercise in {None, row.exercise_id}
        if row.made_with and row.made_with != (fingerprints.of(row.exercise_id) or row.made_with)
    )


class _Fingerprints:
    """Current fingerprints of exercises and environment, computed once for each exercise."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._known: dict[str, str] = {}

    def of(self, exercise: str) -> str:
        """Return an exercise's fingerprint; empty if the exercise is missing or cannot be read."""
        if exercise not in self._known:
            try:
                self._known[exercise] = exercises.compute_grading_fingerprint(self._course, exercise)
            except MentoringError:
                self._known[exercise] = ""
        return self._known[exercise]


def _record(
    catalogue: Catalogue,
    job: GradingJob,
    graded: exercises.GradingResult,
    workers: exercises.WorkerPool,
    question: str | None,
) -> exercises.RecordStatus:
    if question:
        recorded = exercises.record_question_result(catalogue.course, job, graded, question, executor=workers)
        if recorded is not _WRITTEN:
            raise StateError(
                _("The gradebook has another submission of '{exercise}' by {student} now, or none.").format(
                    exercise=job.exercise, student=job.student_id
                ),
                _("Grade all of it anew: mentor grade --again"),
            )
        return recorded
    return exercises.record_result(catalogue.course, job, graded, executor=workers)
