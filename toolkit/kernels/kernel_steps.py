"""Steps of a test that a kernel takes for the grader, and their results.

The grader interprets a test; the kernel runs only the parts that need the student's code, one at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from toolkit.kernels.value_decoder import ComparedValue, DecodedValue, ValueComparisons

__all__ = ["AnswerCallback", "KernelError", "KernelStatement", "KernelSteps", "StepResult", "decode_result"]

_MAX_TEXT_CHARS = 2000
_MAX_CLASSES = 50


KernelStatement = tuple[str, int, list[Any] | None]
"""A statement, its line in the test and None; or a name, 0 and its encoded value."""


@dataclass(frozen=True)
class KernelSteps:
    """Steps for the kernel.

    Parameters
    ----------
    statements : tuple of KernelStatement
        Statements to run first, and values to give to names.
    expression : str
        Expression to evaluate then; none if empty.
    line : int
        Line of the expression in the test.
    shown : bool
        True if the value of the expression is displayed, as that of a cell's last expression.
    compared : ValueComparisons or None
        Comparisons to make with the value of the last expression, instead of statements and expression.
    restored : tuple of str or None
        If not None: restore the functions of Python and of libraries with these names first, where student
        code has replaced or hidden them.
    end : {"", "passed", "failed", "error"}
        The end of the test, after the statements: "error" if the last step's error was not expected.
    """

    statements: tuple[KernelStatement, ...] = ()
    expression: str = ""
    line: int = 1
    shown: bool = False
    compared: ValueComparisons | None = None
    restored: tuple[str, ...] | None = None
    end: Literal["", "passed", "failed", "error"] = ""

    def encoded(self) -> dict[str, Any]:
        """Return the steps for `toolkit.kernels.forkserver.step_runner.StepRunner`."""
        return {
            "statements": self.statements,
            "expression": self.expression,
            "line": self.line,
            "shown": self.shown,
            "compare": None if self.compared is None else self.compared.encoded(),
            "restored": self.restored,
            "end": self.end,
        }


@dataclass(frozen=True)
class KernelError:
    """An error raised by a step.

    Parameters
    ----------
    classes : tuple of str
        Names of its class and of that class's bases, those of Python with "builtins." before them.
    text : str
        Its message.
    """

    classes: tuple[str, ...]
    text: str


StepResult = DecodedValue | ComparedValue | KernelError | None
"""The result of steps; None if they were statements only."""

AnswerCallback = Callable[[StepResult], KernelSteps]
"""Called with the result of steps; returns the next ones."""


def decode_result(data: dict[str, Any]) -> StepResult:
    """Return the result that a kernel has sent.

    Raises
    ------
    ValueError, TypeError, KeyError, IndexError, ArithmeticError
        The data are malformed.
    """
    if "error" in data:
        classes, text = data["error"]
        return KernelError(
            tuple(str(name)[:_MAX_TEXT_CHARS] for name in classes[:_MAX_CLASSES]), str(text)[:_MAX_TEXT_CHARS]
        )
    if "compared" in data:
        return ComparedValue.decoded(data["compared"])
    return DecodedValue.decoded(data["value"]) if "value" in data else None
