"""The processes that nbgrader runs in.

nbgrader changes the directory and the environment of its process, and takes two seconds to import. So it
lives in worker processes that are kept, and nothing in the caller's process ever imports it.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.context
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, ParamSpec, TypeVar

from toolkit._internal.atomic_io import disk_errors
from toolkit.errors import ExecutionError
from toolkit.i18n import _, current_language, use_language

__all__ = ["Workers", "call", "on_bench", "some_executor", "warm"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_BENCH = "toolkit.exercises.nbgrader_worker"


class Workers(Executor):
    """An executor of processes that wait for more work, and are replaced when one of them is killed.

    They start when they are first needed: the first in two seconds, any other that this process ever has in
    next to no time. Use it in a ``with`` statement and hand it to every call that takes an ``executor``.

    Parameters
    ----------
    count : int, optional
        How many processes; at most two, and not more than there are processors, unless told otherwise.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or min(2, os.cpu_count() or 1)
        # One place for everything temporary, removed with us even when a worker was killed.
        self._scratch = tempfile.TemporaryDirectory(prefix="mentoring-")
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.count, _context(), _settle_in, (self._scratch.name, dict(os.environ)))

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Schedule a call."""
        try:
            return self._pool.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self._pool.shutdown(wait=False)
            self._pool = self._new_pool()
            return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """End the processes, after what they are at; what is temporary goes with them."""
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
            # Somebody pressed Ctrl-C, or something went wrong: nobody waits for the result any more.
            # `terminate_workers` is there from Python 3.14 on.
            for process in list((getattr(self._pool, "_processes", None) or {}).values()):
                process.terminate()
        self.shutdown(cancel_futures=error is not None)


@cache
def _context() -> multiprocessing.context.ForkServerContext:
    """Return what makes forks of a process that has imported nbgrader and done nothing else.

    A fork of the caller would copy its threads, locks and open database.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([f"{_BENCH}.warm"])
    return context


def _settle_in(scratch: str, variables: dict[str, str]) -> None:
    """Prepare a worker process."""
    tempfile.tempdir = scratch
    # Those of now, not of when the first worker was made.
    os.environ.clear()
    os.environ.update(variables)
    # nbgrader starts `alembic`, which stands beside our Python whether or not that is on the PATH.
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])  # noqa: PTH120
    # Ctrl-C reaches every process of the terminal; who holds us decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave(_signum: int, _frame: FrameType | None) -> None:
    # An exception, so that kernels are ended and folders removed on the way out; the timer, because the
    # executor takes every exception for a result.
    timer = threading.Timer(3.0, os._exit, [1])
    timer.daemon = True
    timer.start()
    raise SystemExit(1)


def _leave_with(parent: multiprocessing.process.BaseProcess) -> None:
    # An idle worker whose parent was killed would otherwise wait for ever.
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def some_executor(executor: Executor | None, count: int = 1) -> Iterator[Executor]:
    """Hold the executor that was handed in, or else one of our own for this once."""
    if executor is not None:
        yield executor
        return
    with Workers(count) as own:
        yield own


def on_bench(where: str, language: str, *args: Any) -> Any:  # noqa: ANN401 - what the function returns
    """Call ``module:function`` of `toolkit.exercises.nbgrader_worker`; this is what runs in a worker."""
    module, _colon, function = where.partition(":")
    with use_language(language), disk_errors(Path(tempfile.gettempdir())):
        return getattr(import_module(f"{_BENCH}.{module}"), function)(*args)


def call(executor: Executor | None, where: str, *args: Any) -> Any:  # noqa: ANN401 - see `on_bench`
    """Call ``module:function`` of `nbgrader_worker` in a worker, and return what it returns.

    Where the worker is killed it is called once more, in another: what these functions write is written whole
    or not at all, and the same again changes nothing.

    Raises
    ------
    ExecutionError
        That one was killed as well.
    """
    with some_executor(executor) as workers:
        try:
            return workers.submit(on_bench, where, current_language(), *args).result()
        except BrokenExecutor:
            pass
        try:
            return workers.submit(on_bench, where, current_language(), *args).result()
        except BrokenExecutor as error:
            raise killed() from error


def warm(executor: Executor) -> None:
    """Have a worker import what grading and feedback need, and return once it has."""
    call(executor, "preload_worker:warm")


def killed() -> ExecutionError:
    """Return the error for a worker that is gone."""
    return ExecutionError(
        _("The process that works for nbgrader was killed."),
        _("Usually the machine is short of memory; close something and try again."),
    )
