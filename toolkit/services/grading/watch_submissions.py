"""Watching: what students hand in is graded and answered at once, and the hints they ask for are given.

The loop has one thread. Code runs in workers and no lock is held meanwhile; the practice is held only while
a result or a page is written, so two watchers and a `mentor grade` take turns.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from toolkit import exercises
from toolkit.domain.attempt import Attempt, Outcome
from toolkit.domain.people import Student
from toolkit.errors import MentoringError, PracticeBusyError
from toolkit.exercises import Graded, GradingJob, Underway, worked_solution
from toolkit.exercises.course.solutions import answered
from toolkit.kernels import Limits
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.exercises.hint_delivery import Asked
from toolkit.services.grading import feedback_writer
from toolkit.services.grading.collect_submissions import Receipt
from toolkit.services.grading.manual_scores import with_manual_scores
from toolkit.services.grading.submission_inbox import take_in, tell
from toolkit.workspace.submission_outbox import Outbox

__all__ = ["News", "watch"]

_POLL = 0.03
"""Seconds between two looks: one `stat` a student."""

_FRESH = 2 * 10**9
"""Nanoseconds that a folder is looked into again after it changed: clocks of file systems tick slowly."""

_AGAIN = 5.0
"""Seconds after which what could not be taken in is tried again."""

_BUSY = 0.2
"""Seconds until the practice is asked for again, after somebody else had it."""

_AT_ONCE = 20
"""Submissions of one student that are taken in a round, so that nobody waits for somebody's thousand."""

_BREATH = 1.0
"""Seconds between two looks at what one student asks for, so that nobody waits for somebody's thousand."""

_NOBODY = "toolkit-warm-up"


@dataclass(frozen=True)
class News:
    """Something that happened: a submission came, was graded, or could not be; a hint was asked for.

    Parameters
    ----------
    receipt : Receipt, optional
        Set when one came.
    attempt : Attempt, optional
        Set when one was graded, with its outcome; without one when it could not be, and `problem` says why.
    seconds : float
        From the receipt to the result in the student's workspace.
    asked : Asked, optional
        Set when a hint was asked for.
    """

    receipt: Receipt | None = None
    attempt: Attempt | None = None
    problem: MentoringError | None = None
    seconds: float = 0.0
    asked: Asked | None = None


def watch(
    practice: Practice,
    told: Callable[[News], None],
    *,
    ready: Callable[[], None] = lambda: None,
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """Grade and answer what students hand in, and give hints, until `goes_on` says no or Ctrl-C is pressed.

    Stopped at any moment it has lost nothing: what was not finished waits, for the next `watch` or
    `mentor grade`. What waited before is graded first.

    Parameters
    ----------
    told : callable
        Told each thing as it happens.
    ready : callable
        Called once the workers are warm.
    goes_on : callable
        Asked some thirty times a second.
    """
    catalogue = Catalogue(practice)
    config = practice.config.grading
    with ExitStack() as stack:
        # One worker writes; it never waits behind a submission that loops.
        desk = stack.enter_context(exercises.Workers(1))
        graders = stack.enter_context(exercises.Workers(config.workers))
        underway = Underway(catalogue.course, graders, Limits(cell_seconds=config.timeout_seconds))
        watcher = _Watcher(practice, catalogue, desk, underway, told)
        watcher.look()
        _warm_up(catalogue, desk, graders, config.workers)
        ready()
        while goes_on():
            watcher.look()
            watcher.step()


def _warm_up(catalogue: Catalogue, desk: Executor, graders: Executor, count: int) -> None:
    """Have every worker grade a worked solution, which is written nowhere: imports, fork servers, caches."""
    exercises.warm(desk)
    course = catalogue.course
    name = next((name for name in course.names() if course.is_released(name)), None)
    if name is None:
        exercises.warm(graders)
        return
    data = answered(exercises.student_copy(course, name, "en", _NOBODY), worked_solution(course, name))
    job = GradingJob(_NOBODY, "", name, data, datetime.now(UTC))
    for _job, _result in exercises.grade(course, [job] * count, executor=graders, ahead=count):
        pass  # an exercise that is broken says so when somebody hands it in


@dataclass
class _Watcher:
    practice: Practice
    catalogue: Catalogue
    desk: Executor
    underway: Underway
    told: Callable[[News], None]
    moments: dict[str, int] = field(default_factory=dict)
    tried: set[int] = field(default_factory=set)
    came: dict[int, float] = field(default_factory=dict)
    waiting: deque[Attempt] = field(default_factory=deque)
    graded: deque[tuple[GradingJob, Graded]] = field(default_factory=deque)
    pages: dict[tuple[str, str], None] = field(default_factory=dict)
    attempts: dict[int, Attempt] = field(default_factory=dict)
    students: dict[str, Student] = field(default_factory=dict)
    said: set[tuple[str, str]] = field(default_factory=set)
    asked: set[Asked] = field(default_factory=set)
    heard: dict[str, float] = field(default_factory=dict)
    looked: float = 0.0
    not_before: float = 0.0
    began: bool = False

    def look(self) -> None:
        """Take in what is new in the outboxes; the first time, also what was taken in and never graded."""
        changed = list(self._changed())
        receipts = []
        if changed:
            receipts = take_in(self.practice, changed, at_once=_AT_ONCE, asked=self._asked)
        for receipt in receipts:
            # One whose answer cannot be written comes again and again; it is told once.
            if (receipt.source, receipt.message) not in self.said:
                self.said.add((receipt.source, receipt.message))
                self.told(News(receipt))
        if receipts or not self.began:
            self.began = True
            self._queue(time.monotonic())

    def _asked(self, one: Asked) -> None:
        # One that waits for the mentor is seen again and again; it is told once.
        if one not in self.asked:
            self.asked.add(one)
            self.told(News(asked=one))

    def _asks(self, student: str, outbox: Outbox) -> bool:
        now = time.monotonic()
        if now - self.heard.get(student, -_BREATH) < _BREATH:
            return False
        told = {(a.exercise_id, a.step) for a in self.asked if a.student_id == student and not a.given}
        if all((request.exercise, request.step) in told for request in outbox.requests()):
            return False
        self.heard[student] = now
        return True

    def _changed(self) -> Iterator[str]:
        tables = self.practice.root / "students"
        if not tables.is_dir():
            return
        now = time.time_ns()
        again = time.monotonic() - self.looked > _AGAIN
        if again:
            self.looked = time.monotonic()
        for folder in tables.iterdir():
            moment = Outbox(folder).moment()
            changed = moment != self.moments.get(folder.name) or now - moment < _FRESH
            if moment and (changed or again):
                self.moments[folder.name] = moment
                outbox = Outbox(folder)
                waits = outbox.waiting() or self._asks(folder.name, outbox)
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
            # Once each: what the machine or the exercise kept from its grade waits for `mentor grade`.
            if number not in self.tried:
                self.tried.add(number)
                self.came[number] = now
                self.attempts[number] = attempt
                self.waiting.append(attempt)

    def step(self) -> None:
        """Do the next thing: begin, write a result, write a page, or wait a moment."""
        self._begin_some()
        patience = _POLL if time.monotonic() < self.not_before or not (self.graded or self.pages) else 0.0
        if len(self.underway):
            for job, result in self.underway.wait(patience):
                if isinstance(result, MentoringError):
                    self._failed(job.attempt_id or 0, result)
                else:
                    self.graded.append((job, result))
        elif patience:
            time.sleep(patience)
        if time.monotonic() < self.not_before:
            return
        try:
            if self.graded:
                self._write(*self.graded[0])
                self.graded.popleft()
            elif self.pages:
                self._page(*next(iter(self.pages)))
        except PracticeBusyError:
            self.not_before = time.monotonic() + _BUSY

    def _begin_some(self) -> None:
        for attempt in list(self.waiting):
            if len(self.underway) >= 2 * self.practice.config.grading.workers:
                return
            unwritten = [*self.underway.jobs, *(job for job, _result in self.graded)]
            course = self.catalogue.course
            if not exercises.follows(course, attempt.student_id, attempt.exercise_id, unwritten):
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
            )
        )

    def _write(self, job: GradingJob, result: Graded) -> None:
        number = job.attempt_id or 0
        attempt = self.attempts[number]
        outcome = result.outcome
        try:
            with self.practice.writing("mentor watch"):
                if self._outcome(attempt) is None:
                    # The gradebook first: killed in between, the attempt still waits, and is graded again.
                    written = exercises.record(self.catalogue.course, job, result, executor=self.desk)
                    if written is exercises.Recorded.WRITTEN:
                        now = replace(attempt, outcome=outcome)
                        outcome = with_manual_scores(self.catalogue, now, self.desk) or outcome
                    with self.practice.store.begin() as tx:
                        tx.attempts.set_outcome(number, outcome)
                else:
                    # Somebody else was faster: theirs counts.
                    outcome = self._outcome(attempt) or outcome
                tell(self.practice, attempt, outcome, self.students[attempt.student_id])
        except PracticeBusyError:
            raise
        except MentoringError as problem:
            self._failed(number, problem)
            return
        self.attempts.pop(number)
        self.pages[attempt.student_id, attempt.exercise_id] = None
        seconds = time.monotonic() - self.came.pop(number)
        self.told(News(attempt=replace(attempt, outcome=outcome), seconds=seconds))

    def _outcome(self, attempt: Attempt) -> Outcome | None:
        with self.practice.store.read() as tx:
            return next((kept.outcome for kept in tx.attempts.with_ids([attempt.id or 0])), None)

    def _page(self, student: str, exercise: str) -> None:
        written = feedback_writer.write(self.practice, student=student, exercise=exercise, executor=self.desk)
        self.pages.pop((student, exercise))
        for one in written:
            if one.problem:
                self.told(News(problem=one.problem))

    def _failed(self, number: int, problem: MentoringError) -> None:
        self.came.pop(number, None)
        self.told(News(attempt=self.attempts.pop(number), problem=problem))
