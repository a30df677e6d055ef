"""Pool of worker processes for nbgrader.

nbgrader changes the working directory and the environment of its process, and takes two seconds to import.
So it runs in long-lived worker processes, and the caller's process never imports it.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.context
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, ParamSpec, TypeVar

from toolkit._internal.disk_faults import disk_fault
from toolkit.errors import ExecutionError, MentoringError
from toolkit.i18n import _, current_language, use_language

__all__ = ["WorkerPool", "call_in_worker", "executor_or_own", "preload_worker", "run_in_worker"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_WORKER_PACKAGE = "toolkit.exercises.nbgrader_worker"
_PRELOADED_MODULE = f"{_WORKER_PACKAGE}.preload_worker"


class WorkerPool(Executor):
    """Process pool that survives the death of a worker: the next call starts a new pool.

    Processes start at the first call. Use the pool in a ``with`` statement and pass it to every function that
    takes an ``executor``.

    Parameters
    ----------
    count : int, optional
        Number of processes; two, or one on a single processor, if None or 0.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or min(2, os.cpu_count() or 1)
        # One folder for all temporary files, removed with the pool even if a worker was killed.
        self._scratch = tempfile.TemporaryDirectory(prefix="mentoring-")
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        _start_resource_tracker()
        return ProcessPoolExecutor(
            self.count, _context(), _init_worker, (self._scratch.name, dict(os.environ))
        )

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Schedule a call; if the pool is broken, in a new pool.

        Parameters
        ----------
        fn : callable
            Function at module level, so that it can be pickled.
        *args, **kwargs
            Its arguments; picklable.
        """
        with _signals_deferred():
            try:
                return self._submit(fn, *args, **kwargs)
            except BrokenExecutor:
                self._pool.shutdown(wait=False)
                self._pool = self._new_pool()
                return self._submit(fn, *args, **kwargs)

    def _submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        try:
            _start_fork_server()
            return self._pool.submit(fn, *args, **kwargs)
        except (EOFError, ConnectionError) as error:
            # The fork server was killed while it started a worker.
            raise BrokenExecutor(str(error)) from error

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """End the processes after their current call; remove the temporary files.

        Parameters
        ----------
        wait : bool
            Wait for the end of the processes; temporary files are removed only then.
        cancel_futures : bool
            Cancel the calls that have not started.
        """
        _start_resource_tracker()
        self._pool.shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            with suppress(OSError):
                self._scratch.cleanup()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            # After Ctrl-C or an error nobody reads the results, so the workers are stopped at once.
            # `ProcessPoolExecutor.terminate_workers` exists only from Python 3.14 on.
            for process in list((getattr(self._pool, "_processes", None) or {}).values()):
                process.terminate()
        self.shutdown(cancel_futures=error is not None)


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Handle SIGINT and SIGTERM after the block, if this is the main thread.

    A process whose start is interrupted is unknown to the pool: nobody stops it, and it prints a traceback
    when its parent is gone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _frame: received.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for received_number in dict.fromkeys(received):
            signal.raise_signal(received_number)


@cache
def _context() -> multiprocessing.context.ForkServerContext:
    """Return the context that forks workers from a server process with nbgrader preloaded.

    A fork of the caller itself would copy its threads, locks and open database.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_PRELOADED_MODULE])
    return context


def _start_fork_server() -> None:
    """Start the fork server of the workers, if it is not running, so that nothing of it reaches the terminal.

    Ctrl-C reaches every process of the terminal: a blocked signal is inherited, and the workers unblock it.
    Python's own processes print tracebacks when another one is killed; what matters comes back as a result.
    """
    _context()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _stderr_nowhere():
            forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_resource_tracker() -> None:
    """Start Python's resource tracker, if it is not running; a killed one has lost count, and says so."""
    with _stderr_nowhere(), warnings.catch_warnings(action="ignore"):
        resource_tracker.ensure_running()


@contextmanager
def _stderr_nowhere() -> Iterator[None]:
    """Discard what this process, and those that it starts, write to standard error during the block."""
    try:
        before = os.dup(2)
    except OSError:
        yield  # it is closed already
        return
    try:
        _discard_stderr()
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def _discard_stderr() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _init_worker(scratch: str, variables: dict[str, str]) -> None:
    """Initialise a worker process: temporary folder, environment, signals, end with the parent."""
    tempfile.tempdir = scratch
    # The fork server has the environment of its own start; the worker gets the caller's current one.
    os.environ.clear()
    os.environ.update(variables)
    # nbgrader starts `alembic`, which is installed beside this Python; its folder may not be on the PATH.
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])  # noqa: PTH120
    # Ctrl-C reaches every process of the terminal; only the parent handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, _exit_on_sigterm)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_with_parent, args=(parent,), daemon=True).start()


def _exit_on_sigterm(_signum: int, _frame: FrameType | None) -> None:
    # Python prints an exception that a finalizer drops; nobody reads what a stopped worker prints.
    _discard_stderr()
    # An exception lets `finally` blocks end kernels and remove folders. The timer ends the process after
    # that, because the executor would catch the exception as a result and go on.
    timer = threading.Timer(3.0, os._exit, [1])
    timer.daemon = True
    timer.start()
    raise SystemExit(1)


def _exit_with_parent(parent: multiprocessing.process.BaseProcess) -> None:
    # An idle worker would otherwise wait forever after its parent was killed.
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def executor_or_own(executor: Executor | None, count: int = 1) -> Iterator[Executor]:
    """Yield the given executor, or a temporary `WorkerPool` if None.

    Parameters
    ----------
    executor : Executor, optional
        Executor of the caller; stays open.
    count : int
        Number of processes of the temporary pool; 0 for the default of `WorkerPool`.
    """
    if executor is not None:
        yield executor
        return
    with WorkerPool(count) as own:
        yield own


def call_in_worker(where: str, language: str, *args: Any) -> Any:  # noqa: ANN401 - the called function's type
    """Call a function of `toolkit.exercises.nbgrader_worker`; runs in the worker process.

    Parameters
    ----------
    where : str
        ``module:function``, relative to that package.
    language : {"en", "fr"}
        Language of the messages.
    *args
        Arguments of the function.

    Raises
    ------
    StorageError
        The disk is full or cannot be written.
    """
    module, _colon, function = where.partition(":")
    with use_language(language), _disk_faults():
        return getattr(import_module(f"{_WORKER_PACKAGE}.{module}"), function)(*args)


@contextmanager
def _disk_faults() -> Iterator[None]:
    """Raise the disk's error in the place of the library's error that it led to."""
    try:
        yield
    except Exception as error:
        # nbgrader keeps most of its files in the temporary folder.
        if isinstance(error, MentoringError) and not isinstance(error, ExecutionError):
            raise
        fault = disk_fault(error, Path(tempfile.gettempdir()))
        if fault is None:
            raise
        raise fault from error


def run_in_worker(executor: Executor | None, where: str, *args: Any) -> Any:  # noqa: ANN401 - see `call_in_worker`
    """Call a function of `toolkit.exercises.nbgrader_worker` in a worker and return its result.

    If the worker is killed, the call is repeated once in another worker: the writes of these functions are
    atomic and idempotent.

    Parameters
    ----------
    executor : Executor, optional
        Worker processes; one is started for this call if None.
    where : str
        ``module:function``, relative to that package.
    *args
        Arguments of the function; picklable.

    Raises
    ------
    ExecutionError
        The second worker was killed as well.
    """
    with executor_or_own(executor) as workers:
        try:
            return workers.submit(call_in_worker, where, current_language(), *args).result()
        except BrokenExecutor:
            pass
        try:
            return workers.submit(call_in_worker, where, current_language(), *args).result()
        except BrokenExecutor as error:
            raise worker_killed_error() from error


def preload_worker(executor: Executor) -> None:
    """Import the modules for grading and feedback in a worker; returns when they are imported."""
    run_in_worker(executor, "preload_worker:preload_modules")


def worker_killed_error() -> ExecutionError:
    """Return the error for a worker that was killed."""
    return ExecutionError(
        _("The process that works for nbgrader was killed."),
        _("Usually the machine is short of memory; close something and try again."),
    )
