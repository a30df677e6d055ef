"""Split tests: the grader interprets a test, and the kernel computes the values that need student code.

Of ``assert got == 7, message`` the kernel evaluates ``got``; the comparison, the 7 and the message stay in
the grader's process, where student code can neither read nor change them.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from toolkit.exercises.course.cell_identification import parse_code
from toolkit.exercises.grading.assertion_interpreter import TestInterpreter
from toolkit.exercises.grading.kernel_dialogue import Steps
from toolkit.exercises.grading.parsed_test import ParsedTest
from toolkit.exercises.grading.syntax_queries import assigned_names, compares, imported_modules, last_name
from toolkit.kernels.kernel_steps import KernelError, KernelSteps, StepResult
from toolkit.kernels.value_decoder import ComparedValue, DecodedValue

__all__ = [
    "KernelTestRun",
    "SplitTestRun",
    "bound_names",
    "is_proof",
    "judging_names",
]

_CLOSENESS = {"allclose", "approx", "array_equal", "equals", "isclose"}
# Tests replace them on purpose, such as `input` by answers.
_REPLACEABLE = {"input", "print", "open"}


class SplitTestRun:
    """One run of a test cell.

    Parameters
    ----------
    program : ParsedTest
        The test.
    own : frozenset of int
        Numbers of the statements whose values may be of classes of the student's own.
    bound : frozenset of str
        Names that the author's cells and the worked solution bind.
    learning : bool
        True for the worked solution: go on after a check that fails.
    """

    __test__ = False  # not for pytest

    def __init__(
        self,
        program: ParsedTest,
        own: frozenset[int] = frozenset(),
        bound: frozenset[str] = frozenset(),
        *,
        learning: bool = False,
    ) -> None:
        self._interpreter = TestInterpreter(program, own, _restored(program.body, bound), learning=learning)
        self._run: Steps[None] = self._interpreter.run()
        self._expected: KernelSteps | None = None
        self._strange = False
        #: Whether the kernel decides part of the test, so that its result cannot be trusted.
        self.guarded = program.decides_in_kernel or bool(own)
        last = program.body[-1] if program.body else None
        #: Whether the kernel displays the value of the test's last expression.
        self.shown = isinstance(last, ast.Expr)

    def first(self) -> KernelSteps:
        """Return the first steps for the kernel."""
        self._expected = next(self._run)
        return self._expected

    def answer(self, result: StepResult) -> KernelSteps:
        """Take the result of the last steps and return the next ones.

        Parameters
        ----------
        result : StepResult
            What the kernel has sent.
        """
        expected = self._expected
        if self._strange or expected is None or expected.end or not _is_answer(result, expected):
            self._strange = True
            self._run.close()
            return KernelSteps(end="failed")
        self._expected = self._run.send(result)
        return self._expected

    @property
    def opaque(self) -> frozenset[int]:
        """Numbers of the statements for which a value came that is no plain data."""
        return frozenset(self._interpreter.opaque)

    @property
    def failure(self) -> tuple[str, str]:
        """Name and message of the error that ended the test in the grader's process; empty if none did."""
        return self._interpreter.failure

    @property
    def score(self) -> str | None:
        """The text of the test's last value, which nbgrader reads as points; None if the grader has none."""
        return self._interpreter.score

    @property
    def complete(self) -> bool:
        """Whether the test came to its end."""
        return self._expected is not None and self._expected.end == "passed" and not self._strange


class KernelTestRun:
    """One run of a test cell that only the kernel can run.

    Such a test has magics or awaits something, or the grader, where it interprets it, finds that the worked
    solution fails.

    Parameters
    ----------
    source : str
        Source of the cell.
    bound : frozenset of str
        Names that the author's cells and the worked solution bind.
    """

    guarded = True
    shown = True
    failure = ("", "")
    score = None
    complete = True
    opaque: frozenset[int] = frozenset()

    def __init__(self, source: str, bound: frozenset[str] = frozenset()) -> None:
        self._steps = _whole(source, bound)

    def first(self) -> KernelSteps | None:
        """Return the whole test as one step; None if it is not Python alone: the cell runs as it stands."""
        return self._steps

    def answer(self, result: StepResult) -> KernelSteps:
        """End the test; there are no steps to take.

        Parameters
        ----------
        result : StepResult
            Not used.
        """
        del result
        return KernelSteps(end="failed")


def _is_answer(result: StepResult, steps: KernelSteps) -> bool:
    if steps.compared is not None:
        return isinstance(result, ComparedValue) and len(result.results) == len(steps.compared.compared)
    if isinstance(result, KernelError):
        return bool(steps.expression or steps.statements)
    return isinstance(result, DecodedValue) if steps.expression else result is None


def _restored(body: Iterable[ast.stmt], bound: frozenset[str]) -> tuple[str, ...]:
    names = {
        node.id if isinstance(node, ast.Name) else node.attr
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name | ast.Attribute)
    }
    return tuple(sorted(names - bound - _REPLACEABLE))


def _whole(source: str, bound: frozenset[str]) -> KernelSteps | None:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    if any(
        isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith) for one in body for node in ast.walk(one)
    ):
        return None
    statements, expression, line = source, "", 1
    last = body[-1] if body else None
    if isinstance(last, ast.Expr) and last.col_offset == 0:
        statements = "\n".join(source.split("\n")[: last.lineno - 1])
        expression, line = ast.get_source_segment(source, last) or "", last.lineno
    return KernelSteps(
        ((statements, 1, None),),
        expression,
        line,
        bool(expression),
        restored=_restored(body, bound),
        end="passed",
    )


def is_proof(
    source: str, answered: frozenset[str] = frozenset(), helpers: frozenset[str] = frozenset()
) -> bool:
    """Return whether student code can change nothing of what a test decides.

    Parameters
    ----------
    source : str
        Source of the test cell.
    answered : frozenset of str
        Names that the worked solution assigns or defines.
    helpers : frozenset of str
        Functions and classes of other cells of the author's that may judge.
    """
    try:
        return not ParsedTest(source, answered=answered, helpers=helpers).decides_in_kernel
    except (SyntaxError, ValueError, RecursionError):
        return False


def bound_names(sources: Iterable[str]) -> frozenset[str]:
    """Return the names that code cells assign, define or import."""
    found: set[str] = set()
    for tree in map(parse_code, sources):
        found |= assigned_names(tree) | {name for name, _module in imported_modules(tree)}
    return frozenset(found)


def judging_names(sources: Iterable[str]) -> frozenset[str]:
    """Return the functions and classes of code cells that compare, assert or raise something."""
    return frozenset(
        node.name
        for tree in map(parse_code, sources)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (compares(node) or _asks_closeness(node))
    )


def _asks_closeness(function: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Call) and last_name(node.func) in _CLOSENESS for node in ast.walk(function)
    )
