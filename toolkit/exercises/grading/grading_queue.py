"""Grades a batch of submissions: spread over processes, none stopping the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait

from toolkit.domain.attempt import Outcome, Verdict
from toolkit.errors import ExecutionError, MentoringError
from toolkit.exercises.course.course import Course
from toolkit.exercises.grading.grading_types import Graded, GradingJob
from toolkit.exercises.worker_pool import Workers, on_bench, some_executor
from toolkit.i18n import _, current_language, use_language
from toolkit.kernels.limits import Limits

__all__ = ["Underway", "follows", "grade"]

# Enough to keep a few workers busy; few enough that what else the executor is asked to do (writing a
# result down) does not wait for the whole batch.
_AHEAD = 4


def grade(
    course: Course,
    jobs: Iterable[GradingJob],
    *,
    executor: Executor | None = None,
    limits: Limits | None = None,
    ahead: int = _AHEAD,
) -> Iterator[tuple[GradingJob, Graded | MentoringError]]:
    """Yield every job with what grading made of it, as they are done.

    Nothing is written: `record` does that, before the next one is asked for. A submission never stops the
    batch, whatever is in it; it gets a verdict with a reason. Where the *exercise* or the machine is broken
    (a source that nbgrader cannot process, a kernel that does not start) the job comes back with that error,
    ungraded.

    Parameters
    ----------
    executor : Executor, optional
        Where the work is done: `Workers` kept by the caller, or any other whose workers see the course's
        folder. Two processes for this once, if none is given.
    limits : Limits, optional
        Of each run; the time for a cell is nbgrader's ``Execute.timeout`` for the course if none is given.
    ahead : int
        How many jobs are handed to the executor at a time.
    """
    with some_executor(executor, count=0) as workers:
        waiting = _Waiting(course, iter(jobs), ahead)
        running: dict[Future[Graded], GradingJob] = {}
        again: list[GradingJob] = []
        while True:
            while len(running) < ahead and (job := waiting.next(running.values())) is not None:
                error = _unknown(course, job)
                if error is not None:
                    yield job, error
                elif _follows(course, job, again):
                    again.append(job)
                else:
                    running[_submit(workers, course, job, limits)] = job
            if not running:
                break
            done, _pending = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                job = running.pop(future)
                result = _result(future)
                if result is None:
                    # A worker was killed, and everything that was under way went with it.
                    again.append(job)
                else:
                    yield job, result
    if again:
        # One at a time, so that the one that kills its grader is found out.
        with Workers(1) as own:
            for job in again:
                yield job, _alone(own, course, job, limits)


def follows(course: Course, student_id: str, exercise: str, others: Iterable[GradingJob]) -> bool:
    """Whether a student's submission is to wait until one of ``others`` is written down.

    An exercise of several notebooks is graded as a whole, with the notebooks that were recorded before: two
    at once would each take the other for missing.
    """
    same = any((other.student_id, other.exercise) == (student_id, exercise) for other in others)
    return same and len(course.notebooks(exercise)) > 1


class _Waiting:
    """Jobs that come in their order, but for those that follow one that is not written down yet."""

    def __init__(self, course: Course, jobs: Iterator[GradingJob], most: int) -> None:
        self._course = course
        self._jobs = jobs
        self._held: list[GradingJob] = []
        self._most = most

    def next(self, running: Iterable[GradingJob]) -> GradingJob | None:
        """Return the next job that may begin; None where there is none now."""
        for held in self._held:
            if not _follows(self._course, held, running):
                self._held.remove(held)
                return held
        while len(self._held) < self._most and (job := next(self._jobs, None)) is not None:
            if not _follows(self._course, job, running):
                return job
            self._held.append(job)
        return None


class Underway:
    """Submissions that are being graded while the caller does something else.

    As `grade`, one at a time: nothing is written, and none stops another.

    Parameters
    ----------
    course : Course
        Whose exercises they answer.
    workers : Executor
        Where the work is done.
    limits : Limits, optional
        Of each run.
    """

    def __init__(self, course: Course, workers: Executor, limits: Limits | None = None) -> None:
        self._course = course
        self._workers = workers
        self._limits = limits
        self._running: dict[Future[Graded], GradingJob] = {}

    def __len__(self) -> int:
        return len(self._running)

    @property
    def jobs(self) -> tuple[GradingJob, ...]:
        """Those that are being graded."""
        return tuple(self._running.values())

    def begin(self, job: GradingJob) -> None:
        """Have one graded."""
        error = _unknown(self._course, job)
        if error is None:
            future = _submit(self._workers, self._course, job, self._limits)
        else:
            future = Future()
            future.set_exception(error)
        self._running[future] = job

    def wait(self, seconds: float) -> list[tuple[GradingJob, Graded | MentoringError]]:
        """Return those that are done, as soon as one is; none after so many seconds."""
        done, _pending = wait(self._running, seconds, return_when=FIRST_COMPLETED)
        found: list[tuple[GradingJob, Graded | MentoringError]] = []
        for future in done:
            job = self._running.pop(future)
            result = _result(future)
            if result is None:
                with Workers(1) as own:
                    result = _alone(own, self._course, job, self._limits)
            found.append((job, result))
        return found


def _follows(course: Course, job: GradingJob, others: Iterable[GradingJob]) -> bool:
    return follows(course, job.student_id, job.exercise, others)


def _submit(workers: Executor, course: Course, job: GradingJob, limits: Limits | None) -> Future[Graded]:
    try:
        return workers.submit(on_bench, "autograde:grade_one", current_language(), course.root, job, limits)
    except BrokenExecutor as error:
        failed: Future[Graded] = Future()
        failed.set_exception(error)
        return failed


def _result(future: Future[Graded]) -> Graded | MentoringError | None:
    try:
        return future.result()
    except MentoringError as error:
        return error
    except BrokenExecutor:
        return None
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are still to be graded
        return ExecutionError(
            _("Grading failed: {why}").format(why=f"{type(error).__name__}: {error}"),
            _("The submission is kept as it was received; it can be graded again."),
        )


def _unknown(course: Course, job: GradingJob) -> MentoringError | None:
    try:
        course.folder(job.exercise)
    except MentoringError as error:
        return error
    return None


def _alone(own: Workers, course: Course, job: GradingJob, limits: Limits | None) -> Graded | MentoringError:
    result = _result(_submit(own, course, job, limits))
    if result is None:
        with use_language(job.language):
            reason = _("The process that graded it was killed, twice, while this submission ran.")
        return Graded(Outcome(Verdict.TAMPERED, reason=reason))
    return result
