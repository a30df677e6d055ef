"""Takes the steps of a test in the kernel: the parts that need the student's code.

The grader interprets the test and sends one step after the other; see `toolkit.kernels.kernel_steps`.
"""

from __future__ import annotations

import builtins
import linecache
import sys
from collections.abc import Callable
from itertools import tee
from types import ModuleType, TracebackType
from typing import Any

from toolkit.kernels.forkserver.value_comparison import compare_value
from toolkit.kernels.forkserver.value_encoder import ITERATORS, encode_value
from toolkit.kernels.value_decoder import DecodedValue

__all__ = ["StepRunner", "remember_libraries", "text_of"]

_LIBRARIES = ("builtins", "math", "numpy", "numpy.testing", "pandas", "pandas.testing", "time", "random")
# Taken by the fork server, before any student code runs.
_REMEMBERED: dict[str, tuple[ModuleType, dict[str, Any]]] = {}


def remember_libraries() -> None:
    """Remember the contents of the libraries that are loaded, to restore them for a test."""
    for name in _LIBRARIES:
        module = sys.modules.get(name)
        if module is not None:
            _REMEMBERED[name] = module, dict(vars(module))


def _restore(names: list[str], namespace: dict[str, Any]) -> None:
    """Restore the functions with these names, and remove what hides those of Python."""
    for module, content in _REMEMBERED.values():
        sys.modules[module.__name__] = module
        for name in names:
            if name in content:
                setattr(module, name, content[name])
    for name in names:
        if hasattr(builtins, name):
            namespace.pop(name, None)


class StepRunner:
    """A test's cell in the kernel: calling it takes the steps until the grader ends the test.

    Parameters
    ----------
    exchange : callable
        Sends a result to the grader and returns the next steps.
    names : dict
        The student's namespace.
    steps : dict
        The first steps, as of `toolkit.kernels.kernel_steps.KernelSteps.encoded`.
    filename : str
        Name of the test in tracebacks.
    """

    def __init__(
        self,
        exchange: Callable[[dict[str, Any]], dict[str, Any]],
        names: dict[str, Any],
        steps: dict[str, Any],
        filename: str,
    ) -> None:
        self._exchange = exchange
        self._names = names
        self._steps = steps
        self._filename = filename
        self._value: Any = None
        self._raised: BaseException | None = None
        #: The error that ended the test.
        self.error: BaseException | None = None

    def __call__(self) -> Any:  # noqa: ANN401
        """Take the steps and return the value to display.

        Raises
        ------
        AssertionError
            The grader found that the test fails.
        """
        steps, shown = self._steps, None
        while True:
            result = self._take(steps)
            if "error" not in result and steps["shown"]:
                shown = self._value
            if steps["end"] == "failed":
                raise AssertionError
            if steps["end"] == "error" or (steps["end"] and "error" in result):
                self.error = self._raised
                return None
            if steps["end"]:
                return shown
            steps = self._exchange(result)

    def _take(self, steps: dict[str, Any]) -> dict[str, Any]:
        if steps["compare"] is not None:
            return {"compared": compare_value(self._value, steps["compare"])}
        if steps["restored"] is not None:
            _restore(steps["restored"], self._names)
        try:
            for source, line, value in steps["statements"]:
                if value is not None:
                    self._names[source] = DecodedValue.decoded(value).plain
                    continue
                exec(self._compiled(source, line, "exec"), self._names)  # noqa: S102 - the student's namespace
            if not steps["expression"]:
                return {}
            self._value = eval(self._compiled(steps["expression"], steps["line"], "eval"), self._names)  # noqa: S307
            if type(self._value) in ITERATORS and steps["expression"].isidentifier():
                # To send it reads it; a later check may read it, too.
                self._names[steps["expression"]], self._value = tee(self._value)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - student code raises any error
            self._raised = error
            return {"error": [[_name_of(base) for base in type(error).__mro__], text_of(error)]}
        return {"value": encode_value(self._value)}

    def _compiled(self, source: str, line: int, mode: str) -> Any:  # noqa: ANN401
        # Its own lines alone, so that a traceback quotes nothing else of the test.
        lines = [*["\n"] * (line - 1), *(f"{text}\n" for text in source.split("\n"))]
        linecache.cache[self._filename] = (0, None, lines, self._filename)
        return compile("\n" * (line - 1) + source, self._filename, mode)

    def trace(self) -> TracebackType | None:
        """Return the traceback of the error, from the test's own line on."""
        trace = self.error.__traceback__ if self.error is not None else None
        while trace is not None and trace.tb_frame.f_code.co_filename != self._filename:
            trace = trace.tb_next
        return trace


def _name_of(kind: type) -> str:
    # A class of the student's may have the name, and say that it has the module, of one of Python's.
    is_pythons = getattr(builtins, kind.__name__, None) is kind
    return f"builtins.{kind.__name__}" if is_pythons else f"answer.{kind.__name__}"


def text_of(error: BaseException) -> str:
    """Return the message of an error; empty if its class cannot tell."""
    try:
        return str.__str__(str(error))[:2000]
    except Exception:  # noqa: BLE001 - a student's own class may fail in turn
        return ""
