"""The watch loop: grade submissions and answer hint requests as soon as students make them.

The loop has one thread. Submitted code runs in worker processes, without a lock. The practice is locked only
while a result or a page is written, so two watchers and a `mentor grade` take turns.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from toolkit import exercises
from toolkit.domain.attempt import Attempt, Outcome
from toolkit.domain.people import Student
from toolkit.errors import MentoringError, PracticeBusyError
from toolkit.exercises import GradingJob, GradingQueue, GradingResult, worked_solution
from toolkit.exercises.course.solutions import insert_answers
from toolkit.kernels import Limits
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.exercises.hint_delivery import HintAnswer
from toolkit.services.exercises.solution_check import SolutionProblem, check_solutions
from toolkit.services.grading import feedback_writer
from toolkit.services.grading.manual_scores import keep_earlier_judgement, with_manual_scores
from toolkit.services.grading.receipts import Receipt
from toolkit.services.grading.submission_inbox import ingest_outbox, write_result
from toolkit.workspace.submission_outbox import Outbox

__all__ = ["WatchEvent", "watch_submissions"]

_POLL_INTERVAL_S = 0.03
"""Seconds between two polls of the outboxes; a poll costs one `stat` for each student."""

_MTIME_RESOLUTION_NS = 2 * 10**9
"""Nanoseconds for which a changed folder is read again: a file system's timestamps can be this coarse."""

_RETRY_INTERVAL_S = 5.0
"""Seconds between two reads of unchanged folders: a submission that could not be collected is tried again."""

_BUSY_DELAY_S = 0.2
"""Seconds between two attempts to lock the practice while another process holds it."""

_MAX_SUBMISSIONS_PER_ROUND = 20
"""Maximum number of one student's submissions collected at once, so that no flood delays other students."""

_REQUEST_INTERVAL_S = 1.0
"""Seconds between two checks of one student's hint requests, so that no flood delays other students."""

_WARM_UP_ID = "toolkit-warm-up"
"""Student id of the submissions that warm up the workers; they are written nowhere."""


@dataclass(frozen=True)
class WatchEvent:
    """An event of the watch loop: a submission was received or graded, grading failed, a hint was requested.

    Parameters
    ----------
    receipt : Receipt, optional
        Set for a received submission.
    attempt : Attempt, optional
        Set for a graded submission, with its outcome; without an outcome if grading failed.
    problem : MentoringError, optional
        Reason of a failure.
    seconds : float
        Time from the receipt to the result in the student's workspace, s.
    asked : HintAnswer, optional
        Set for a requested hint.
    solution : SolutionProblem, optional
        Set for a test that an exercise's own solution fails.
    """

    receipt: Receipt | None = None
    attempt: Attempt | None = None
    problem: MentoringError | None = None
    seconds: float = 0.0
    asked: HintAnswer | None = None
    solution: SolutionProblem | None = None


def watch_submissions(
    practice: Practice,
    told: Callable[[WatchEvent], None],
    *,
    ready: Callable[[], None] = lambda: None,
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """Grade submissions and answer hint requests until `goes_on` returns False or Ctrl-C is pressed.

    The loop can be stopped at any moment without loss: unfinished submissions wait for the next
    `watch_submissions` or `mentor grade`. Submissions that waited before are graded first.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    told : callable
        Called with each event.
    ready : callable
        Called once the workers are warm.
    goes_on : callable
        Returns whether to continue; called about thirty times a second.
    """
    catalogue = Catalogue(practice)
    config = practice.config.grading
    with ExitStack() as stack:
        # One worker writes the gradebook and pages, so that they never wait behind an endless submission.
        writer = stack.enter_context(exercises.WorkerPool(1))
        graders = stack.enter_context(exercises.WorkerPool(config.workers))
        underway = GradingQueue(catalogue.course, graders, Limits(cell_seconds=config.timeout_seconds))
        watcher = _Watcher(practice, catalogue, writer, underway, told)
        watcher.look()
        _warm_up(catalogue, writer, graders, config.workers)
        _check_solutions(practice, catalogue, graders, told)
        ready()
        while goes_on():
            watcher.look()
            watcher.step()


def _warm_up(catalogue: Catalogue, writer: Executor, graders: Executor, count: int) -> None:
    """Grade a worked solution in every worker, to load imports, fork servers and caches; store nothing."""
    exercises.preload_worker(writer)
    course = catalogue.course
    name = next((name for name in course.names() if course.is_released(name)), None)
    if name is None:
        exercises.preload_worker(graders)
        return
    data = insert_answers(
        exercises.student_copy(course, name, "en", _WARM_UP_ID), worked_solution(course, name)
    )
    job = GradingJob(_WARM_UP_ID, "", name, data, datetime.now(UTC))
    for _job, _result in exercises.grade_jobs(course, [job] * count, executor=graders, ahead=count):
        pass  # a broken exercise is reported when a student submits to it


def _check_solutions(
    practice: Practice, catalogue: Catalogue, graders: Executor, told: Callable[[WatchEvent], None]
) -> None:
    course = catalogue.course
    # Not only those released as they are now: students may have an earlier version of a changed exercise.
    released = [name for name in course.names() if course.release_folder(name).is_dir()]
    # Somebody else who writes now, `mentor grade` for example, tells the mentor instead.
    with suppress(PracticeBusyError), practice.writing("mentor watch"):
        for problem in check_solutions(practice, released, graders):
            told(WatchEvent(solution=problem))


@dataclass
class _Watcher:
    practice: Practice
    catalogue: Catalogue
    writer: Executor
    underway: GradingQueue
    told: Callable[[WatchEvent], None]
    outbox_times: dict[str, int] = field(default_factory=dict)
    queued: set[int] = field(default_factory=set)
    queued_at: dict[int, float] = field(default_factory=dict)
    waiting: deque[Attempt] = field(default_factory=deque)
    graded: deque[tuple[GradingJob, GradingResult]] = field(default_factory=deque)
    pages: dict[tuple[str, str], None] = field(default_factory=dict)
    attempts: dict[int, Attempt] = field(default_factory=dict)
    students: dict[str, Student] = field(default_factory=dict)
    reported: set[tuple[str, str]] = field(default_factory=set)
    reported_hints: set[HintAnswer] = field(default_factory=set)
    requests_checked_at: dict[str, float] = field(default_factory=dict)
    retried_at: float = 0.0
    not_before: float = 0.0
    started: bool = False

    def look(self) -> None:
        """Collect the new submissions in the outboxes; on the first call, also queue those never graded."""
        changed = list(self._changed())
        receipts = []
        if changed:
            receipts = ingest_outbox(
                self.practice, changed, at_once=_MAX_SUBMISSIONS_PER_ROUND, asked=self._report_hint
            )
        for receipt in receipts:
            # A submission whose answer cannot be written is collected repeatedly, but reported once.
            if (receipt.source, receipt.message) not in self.reported:
                self.reported.add((receipt.source, receipt.message))
                self.told(WatchEvent(receipt))
        if receipts or not self.started:
            self.started = True
            self._queue(time.monotonic())

    def _report_hint(self, one: HintAnswer) -> None:
        # A request that waits for the mentor is read repeatedly, but reported once.
        if one not in self.reported_hints:
            self.reported_hints.add(one)
            self.told(WatchEvent(asked=one))

    def _has_new_requests(self, student: str, outbox: Outbox) -> bool:
        now = time.monotonic()
        if now - self.requests_checked_at.get(student, -_REQUEST_INTERVAL_S) < _REQUEST_INTERVAL_S:
            return False
        reported = {
            (hint.exercise_id, hint.step)
            for hint in self.reported_hints
            if hint.student_id == student and not hint.given
        }
        if all((request.exercise, request.step) in reported for request in outbox.requests()):
            return False
        self.requests_checked_at[student] = now
        return True

    def _changed(self) -> Iterator[str]:
        workspaces = self.practice.root / "students"
        if not workspaces.is_dir():
            return
        now = time.time_ns()
        again = time.monotonic() - self.retried_at > _RETRY_INTERVAL_S
        if again:
            self.retried_at = time.monotonic()
        for folder in workspaces.iterdir():
            changed_at = Outbox(folder).moment()
            changed = (
                changed_at != self.outbox_times.get(folder.name) or now - changed_at < _MTIME_RESOLUTION_NS
            )
            if changed_at and (changed or again):
                self.outbox_times[folder.name] = changed_at
                outbox = Outbox(folder)
                waits = outbox.waiting() or self._has_new_requests(folder.name, outbox)
                if waits and folder.name in self._known():
                    yield folder.name

    def _known(self) -> dict[str, Student]:
        with self.practice.store.read() as tx:
            self.students = {s.id: s for s in tx.students.all()}
        return self.students

    def _queue(self, now: float) -> None:
        self._known()
        with self.practice.store.read() as tx:
            waits = tx.attempts.waiting()
        for attempt in waits:
            number = attempt.id or 0
            # Each attempt is tried once: after a failure of machine or exercise it waits for `mentor grade`.
            if number not in self.queued:
                self.queued.add(number)
                self.queued_at[number] = now
                self.attempts[number] = attempt
                self.waiting.append(attempt)

    def step(self) -> None:
        """Do one unit of work: start jobs, write a result, write a page, or wait for the next poll."""
        self._begin_some()
        idle = time.monotonic() < self.not_before or not (self.graded or self.pages)
        timeout = _POLL_INTERVAL_S if idle else 0.0
        if len(self.underway):
            for job, result in self.underway.wait(timeout):
                if isinstance(result, MentoringError):
                    self._failed(job.attempt_id or 0, result)
                else:
                    self.graded.append((job, result))
        elif timeout:
            time.sleep(timeout)
        if time.monotonic() < self.not_before:
            return
        try:
            if self.graded:
                self._write(*self.graded[0])
                self.graded.popleft()
            elif self.pages:
                self._page(*next(iter(self.pages)))
        except PracticeBusyError:
            self.not_before = time.monotonic() + _BUSY_DELAY_S

    def _begin_some(self) -> None:
        for attempt in list(self.waiting):
            if len(self.underway) >= 2 * self.practice.config.grading.workers:
                return
            unwritten = [*self.underway.jobs, *(job for job, _result in self.graded)]
            course = self.catalogue.course
            if not exercises.must_wait_for(course, attempt.student_id, attempt.exercise_id, unwritten):
                self.waiting.remove(attempt)
                self._begin(attempt)

    def _begin(self, attempt: Attempt) -> None:
        reader = self.students[attempt.student_id]
        try:
            data = self.practice.kept(attempt.sha256)
        except MentoringError as problem:
            self._failed(attempt.id or 0, problem)
            return
        self.underway.begin(
            GradingJob(
                student_id=reader.id,
                student_name=reader.name,
                exercise=attempt.exercise_id,
                data=data,
                received_at=attempt.received_at,
                attempt_id=attempt.id,
                language=reader.language,
                stderr_fails=self.practice.config.grading.stderr_fails,
            )
        )

    def _write(self, job: GradingJob, result: GradingResult) -> None:
        number = job.attempt_id or 0
        attempt = self.attempts[number]
        outcome = result.outcome
        try:
            with self.practice.writing("mentor watch"):
                if self._outcome(attempt) is None:
                    keep_earlier_judgement(self.practice, self.catalogue, attempt, self.writer)
                    # The gradebook first: if killed in between, the attempt still waits and is graded again.
                    written = exercises.record_result(
                        self.catalogue.course, job, result, executor=self.writer
                    )
                    if written is exercises.RecordStatus.WRITTEN:
                        now = replace(attempt, outcome=outcome)
                        outcome = with_manual_scores(self.catalogue, now, self.writer) or outcome
                    with self.practice.store.begin() as tx:
                        tx.attempts.set_outcome(number, outcome)
                else:
                    # Another process has graded it in the meantime: its outcome counts.
                    outcome = self._outcome(attempt) or outcome
                write_result(self.practice, attempt, outcome, self.students[attempt.student_id])
        except PracticeBusyError:
            raise
        except MentoringError as problem:
            self._failed(number, problem)
            return
        self.attempts.pop(number)
        self.pages[attempt.student_id, attempt.exercise_id] = None
        seconds = time.monotonic() - self.queued_at.pop(number)
        self.told(WatchEvent(attempt=replace(attempt, outcome=outcome), seconds=seconds))

    def _outcome(self, attempt: Attempt) -> Outcome | None:
        with self.practice.store.read() as tx:
            return next((kept.outcome for kept in tx.attempts.with_ids([attempt.id or 0])), None)

    def _page(self, student: str, exercise: str) -> None:
        written = feedback_writer.write_feedback(
            self.practice, student=student, exercise=exercise, executor=self.writer
        )
        self.pages.pop((student, exercise))
        for one in written:
            if one.problem:
                self.told(WatchEvent(problem=one.problem))

    def _failed(self, number: int, problem: MentoringError) -> None:
        self.queued_at.pop(number, None)
        self.told(WatchEvent(attempt=self.attempts.pop(number), problem=problem))
