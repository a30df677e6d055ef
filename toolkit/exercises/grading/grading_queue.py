"""Grades submissions in worker processes; a failure of one does not affect the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait

from toolkit.domain.attempt import Outcome, Verdict
from toolkit.errors import ExecutionError, MentoringError
from toolkit.exercises.course.course import Course
from toolkit.exercises.grading.grading_types import GradingJob, GradingResult
from toolkit.exercises.worker_pool import WorkerPool, call_in_worker, executor_or_own
from toolkit.i18n import _, current_language, use_language
from toolkit.kernels.containment import check_out_of_reach
from toolkit.kernels.limits import Limits

__all__ = ["GradingQueue", "grade_jobs", "must_wait_for"]

# Enough to keep the workers busy; few enough that other calls to the same executor (recording a result)
# do not wait for the whole batch.
_MAX_RUNNING_JOBS = 4


def grade_jobs(
    course: Course,
    jobs: Iterable[GradingJob],
    *,
    executor: Executor | None = None,
    limits: Limits | None = None,
    ahead: int = _MAX_RUNNING_JOBS,
) -> Iterator[tuple[GradingJob, GradingResult | MentoringError]]:
    """Yield every job with its result, in order of completion.

    Writes nothing: the caller passes each result to `record` before it asks for the next. No submission
    stops the batch; each gets a verdict with a reason. If the *exercise* or the machine is broken (nbgrader
    cannot process the source, the kernel does not start), the job is yielded with the error, ungraded.

    Parameters
    ----------
    course : Course
        Course of the exercises.
    jobs : iterable of GradingJob
        Submissions; read lazily.
    executor : Executor, optional
        Worker processes that can read the course's folder; a temporary `WorkerPool` if None.
    limits : Limits, optional
        Limits of each run. If None the cell timeout is the course's ``Execute.timeout``, and the others are
        the defaults of `Limits`.
    ahead : int
        Maximum number of jobs submitted to the executor at a time.

    Yields
    ------
    tuple of (GradingJob, Graded or MentoringError)
        The job, and its result or the error that prevented grading.

    Raises
    ------
    InputError
        Student code could read the course's folder.
    """
    check_out_of_reach(course.root)
    with executor_or_own(executor, count=0) as workers:
        waiting = _Waiting(course, iter(jobs), ahead)
        running: dict[Future[GradingResult], GradingJob] = {}
        requeued: list[GradingJob] = []
        while True:
            while len(running) < ahead and (job := waiting.next(running.values())) is not None:
                error = _unknown(course, job)
                if error is not None:
                    yield job, error
                elif _follows(course, job, requeued):
                    requeued.append(job)
                else:
                    running[_submit(workers, course, job, limits)] = job
            if not running:
                break
            done, _pending = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                job = running.pop(future)
                result = _result(future)
                if result is None:
                    # A worker was killed, which breaks the pool and loses every running job.
                    requeued.append(job)
                else:
                    yield job, result
    if requeued:
        # One at a time, to identify the submission that kills its worker.
        with WorkerPool(1) as own:
            for job in requeued:
                yield job, _grade_alone(own, course, job, limits)


def must_wait_for(course: Course, student_id: str, exercise: str, others: Iterable[GradingJob]) -> bool:
    """Whether a submission must wait until one of ``others`` is recorded.

    An exercise with several notebooks is graded as a whole, together with the notebooks recorded before. Two
    submissions graded at once would each treat the other's notebook as missing.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    student_id : str
        Author of the submission.
    exercise : str
        Name of the exercise.
    others : iterable of GradingJob
        Jobs that are running or not recorded yet.
    """
    same = any((other.student_id, other.exercise) == (student_id, exercise) for other in others)
    return same and len(course.notebooks(exercise)) > 1


class _Waiting:
    """Job queue in order of arrival, except that a job waits for an unrecorded one it depends on."""

    def __init__(self, course: Course, jobs: Iterator[GradingJob], max_held: int) -> None:
        self._course = course
        self._jobs = jobs
        self._held: list[GradingJob] = []
        self._max_held = max_held

    def next(self, running: Iterable[GradingJob]) -> GradingJob | None:
        """Return the next job that may start; None if there is none now."""
        for held in self._held:
            if not _follows(self._course, held, running):
                self._held.remove(held)
                return held
        while len(self._held) < self._max_held and (job := next(self._jobs, None)) is not None:
            if not _follows(self._course, job, running):
                return job
            self._held.append(job)
        return None


class GradingQueue:
    """Asynchronous variant of `grade_jobs`: the caller submits single jobs and polls for results.

    As in `grade_jobs`, nothing is written, and a failure of one job does not affect the others.

    Parameters
    ----------
    course : Course
        Course of the exercises.
    workers : Executor
        Worker processes.
    limits : Limits, optional
        Limits of each run; as in `grade_jobs` if None.

    Raises
    ------
    InputError
        Student code could read the course's folder.
    """

    def __init__(self, course: Course, workers: Executor, limits: Limits | None = None) -> None:
        check_out_of_reach(course.root)
        self._course = course
        self._workers = workers
        self._limits = limits
        self._running: dict[Future[GradingResult], GradingJob] = {}

    def __len__(self) -> int:
        return len(self._running)

    @property
    def jobs(self) -> tuple[GradingJob, ...]:
        """The running jobs."""
        return tuple(self._running.values())

    def begin(self, job: GradingJob) -> None:
        """Start grading one submission."""
        error = _unknown(self._course, job)
        if error is None:
            future = _submit(self._workers, self._course, job, self._limits)
        else:
            future = Future()
            future.set_exception(error)
        self._running[future] = job

    def wait(self, seconds: float) -> list[tuple[GradingJob, GradingResult | MentoringError]]:
        """Return the finished jobs with their results, as soon as there is one; empty after ``seconds``."""
        done, _pending = wait(self._running, seconds, return_when=FIRST_COMPLETED)
        found: list[tuple[GradingJob, GradingResult | MentoringError]] = []
        for future in done:
            job = self._running.pop(future)
            result = _result(future)
            if result is None:
                with WorkerPool(1) as own:
                    result = _grade_alone(own, self._course, job, self._limits)
            found.append((job, result))
        return found


def _follows(course: Course, job: GradingJob, others: Iterable[GradingJob]) -> bool:
    return must_wait_for(course, job.student_id, job.exercise, others)


def _submit(
    workers: Executor, course: Course, job: GradingJob, limits: Limits | None
) -> Future[GradingResult]:
    try:
        return workers.submit(
            call_in_worker, "autograde:grade_job", current_language(), course.root, job, limits
        )
    except BrokenExecutor as error:
        failed: Future[GradingResult] = Future()
        failed.set_exception(error)
        return failed


def _result(future: Future[GradingResult]) -> GradingResult | MentoringError | None:
    try:
        return future.result()
    except MentoringError as error:
        return error
    except BrokenExecutor:
        return None
    except Exception as error:  # noqa: BLE001 - the other submissions must still be graded
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


def _grade_alone(
    own: WorkerPool, course: Course, job: GradingJob, limits: Limits | None
) -> GradingResult | MentoringError:
    result = _result(_submit(own, course, job, limits))
    if result is None:
        with use_language(job.language):
            reason = _("The process that graded it was killed, twice, while this submission ran.")
        return GradingResult(Outcome(Verdict.TAMPERED, reason=reason))
    return result
