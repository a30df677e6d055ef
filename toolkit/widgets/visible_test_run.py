"""Execution of an exercise's visible tests in the notebook's namespace."""

from __future__ import annotations

import ast
import builtins
import linecache
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import TextIOBase
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from IPython.utils.capture import capture_output

from toolkit.domain.record_entries import TestEntry
from toolkit.i18n import _, format_number

__all__ = ["TIME_LIMIT_SECONDS", "run_tests"]

TIME_LIMIT_SECONDS = 5.0
"""Time limit for one test, seconds."""

_MAX_MESSAGE_CHARS = 2000


class _TimedOut(BaseException):
    """Raised at the time limit; no `Exception`, so that a loop's ``except Exception`` does not catch it."""


class _Sink(TextIOBase):
    """Discards printed text, so that a loop that prints does not fill the memory."""

    def write(self, text: str, /) -> int:
        return len(text)


def run_tests(
    tests: Sequence[TestEntry],
    namespace: Mapping[str, Any],
    *,
    seconds: float = TIME_LIMIT_SECONDS,
    told: Callable[[int], None] = lambda _done: None,
) -> list[TestEntry]:
    """Run tests in order in one copy of ``namespace`` and return them with their outcomes.

    Parameters
    ----------
    tests : sequence of TestEntry
        The tests.
    namespace : mapping
        The names that the tests can use, usually the notebook's; names that the tests bind do not reach it.
    seconds : float
        Time limit for each test, seconds. It works in the main thread only, and not for C code that never
        returns.
    told : callable, optional
        Called after each test with the number of tests done.
    """
    names = {**namespace, "__name__": "__main__"}
    results = []
    with _isolated_output():
        for number, test in enumerate(tests, 1):
            try:
                results.append(_run(test, names, seconds, f"<test {number}>"))
            except KeyboardInterrupt:
                break
            told(number)
    rest = tests[len(results) :]
    return results + [test.model_copy(update={"outcome": "not run", "message": ""}) for test in rest]


def _run(test: TestEntry, names: dict[str, Any], seconds: float, filename: str) -> TestEntry:
    # linecache gets the source, so that a failing line can be quoted.
    linecache.cache[filename] = (len(test.source), None, test.source.splitlines(keepends=True), filename)
    try:
        with _limited(seconds):
            outcome, message = _judge(test, names, filename)
    except _TimedOut:
        outcome, message = "timed out", _("This takes too long: is there a loop that never ends?")
    finally:
        linecache.cache.pop(filename, None)
    return test.model_copy(update={"outcome": outcome, "message": _printable(message)})


def _judge(test: TestEntry, names: dict[str, Any], filename: str) -> tuple[str, str]:
    """Return the outcome and the message of one test."""
    points: object = None
    try:
        tree = ast.parse(test.source, filename)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, filename, "exec"), names)  # noqa: S102 - the tests are ours
        if isinstance(last, ast.Expr):
            points = eval(compile(ast.Expression(last.value), filename, "eval"), names)  # noqa: S307
    except (_TimedOut, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - student code raises what it likes
        return "failed", _explain(error, filename)
    # As nbgrader reads a number at the end of a test.
    if isinstance(points, int | float) and not isinstance(points, bool) and points < test.points:
        return "failed", _("{points} of {most} points.").format(
            points=format_number(points), most=format_number(test.points)
        )
    return "passed", ""


def _explain(error: BaseException, filename: str) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    said = _said(error)
    if isinstance(error, AssertionError):
        if said:
            return said
        line = next((frame.line for frame in reversed(frames) if frame.filename == filename), "")
        return _("Not true yet: `{line}`").format(line=line)
    if isinstance(error, NotImplementedError):
        return _("Not yet written.")
    message = f"{type(error).__name__}: {said}" if said else type(error).__name__
    student_frames = [
        frame for frame in frames if frame.filename != filename and _is_student_code(frame.filename)
    ]
    if student_frames and student_frames[-1].line:
        message = _("`{message}` in the line `{line}`").format(message=message, line=student_frames[-1].line)
    elif isinstance(error, NameError):
        message = _("`{message}`. Has the cell with the code been run?").format(message=message)
    else:
        message = f"`{message}`"
    return message


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a student's own exception class may fail in turn
        return ""


def _is_student_code(filename: str) -> bool:
    """Return True for a notebook's cell (in linecache, but no file) or a file beside it."""
    path = Path(filename)
    return (filename in linecache.cache and not path.exists()) or path.parent == Path.cwd()


def _printable(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _MAX_MESSAGE_CHARS else text[: _MAX_MESSAGE_CHARS - 1] + "…"


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, frame: FrameType | None) -> None:
        # Only in the test: raised in the code that stops the timer, it would never be stopped.
        while frame is not None:
            if frame.f_code is _judge.__code__:
                raise _TimedOut
            frame = frame.f_back

    began = time.monotonic()
    old_handler = signal.signal(signal.SIGALRM, stop)
    # The signal repeats every 0.01 s: a bare ``except`` inside a loop may catch the first one.
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.01)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old_handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - began)), interval)


@contextmanager
def _isolated_output() -> Iterator[None]:
    """Discard prints and displays of the tested code, and let `input` fail."""

    def no_input(_prompt: object = "") -> NoReturn:
        raise EOFError(_("a check cannot answer input()"))

    old_input = builtins.input
    sink = _Sink()
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(sink))
        stack.enter_context(redirect_stderr(sink))
        stack.enter_context(capture_output(stdout=False, stderr=False, display=True))
        builtins.input = no_input
        try:
            yield
        finally:
            builtins.input = old_input
