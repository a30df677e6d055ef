"""Split tests: the grader keeps the expected values, and the kernel only returns actual values.

For ``assert got == 7, message`` the kernel runs ``__value__(0, got)``; the comparison, the 7 and the message
stay in the grader's process, where student code can neither read nor change them. Statements that cannot be
split run in the kernel unchanged, and then the test is not `SplitTest.whole`.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from toolkit.exercises.course.leaks import HIDDEN_TESTS_DELIMITERS
from toolkit.exercises.grading.comparison import MIRRORED_OPERATORS, Comparison
from toolkit.kernels.value_decoder import ComparedValue, DecodedValue, OpaqueValue, ValueComparisons

__all__ = ["ASKS", "SplitTest", "SplitTestRun", "split_test"]

ASKS = "__value__"
"""Name of the function in the kernel that sends a value to the grader."""

_SINGLETONS = (None, True, False)


@dataclass(frozen=True)
class SplitTest:
    """A split test.

    Parameters
    ----------
    source : str
        Code for the kernel, with the line numbers of the original.
    checks : tuple of Comparison
        Comparisons; their index is the number that ``source`` sends with the value.
    whole : bool
        True if the kernel itself decides nothing.
    """

    source: str
    checks: tuple[Comparison, ...]
    whole: bool


@dataclass
class SplitTestRun:
    """Run of a split test: receives the values in order and holds the result.

    Parameters
    ----------
    plan : SplitTest
        The split test.
    heard : int
        Number of values received.
    failure : str
        Message of the first failing check; empty if none.
    strange : bool
        True if a value came out of order: student code called the function itself.
    own : frozenset of int
        Numbers of the checks whose values may be of classes of the student's own.
    opaque : set of int
        Numbers of the checks whose values are no plain data.
    """

    __test__ = False  # not for pytest

    plan: SplitTest
    heard: int = 0
    failure: str = ""
    strange: bool = False
    own: frozenset[int] = frozenset()
    opaque: set[int] = field(default_factory=set)
    asks: str = field(default=ASKS, init=False)
    _pending: tuple[DecodedValue, ValueComparisons] | None = field(default=None, init=False)

    @property
    def source(self) -> str:
        """The code for the kernel."""
        return self.plan.source

    @property
    def guarded(self) -> bool:
        """Whether the kernel decides part of the test, so that its result cannot be trusted."""
        return not self.plan.whole

    def answer(self, number: int, value: DecodedValue | ComparedValue) -> bool | ValueComparisons:
        """Compare a value from the kernel.

        Parameters
        ----------
        number : int
            Index of the check.
        value : DecodedValue or ComparedValue
            The value received, or the results of the comparisons that were returned for it.

        Returns
        -------
        bool or ValueComparisons
            True if the test may continue, or comparisons that the kernel has to make.
        """
        is_answer = isinstance(value, ComparedValue)
        in_order = number == self.heard < len(self.plan.checks) and is_answer is (self._pending is not None)
        if self.failure or not in_order:
            self.strange = True
            return False
        check = self.plan.checks[number]
        if isinstance(value, ComparedValue):
            self.failure = self._compared_failure(check, value)
        else:
            if isinstance(value.plain, OpaqueValue):
                self.opaque.add(number)
                asked = check.comparisons() if number in self.own else None
                if asked is not None:
                    self._pending = (value, asked)
                    return asked
            self.failure = "" if check.is_satisfied(value) else check.sentence(value)
        self.heard += 1
        return not self.failure

    def _compared_failure(self, check: Comparison, compared: ComparedValue) -> str:
        assert self._pending is not None  # noqa: S101 - see `answer`
        value, asked = self._pending
        self._pending = None
        if len(compared.results) != len(asked.compared):
            self.strange = True
            return check.sentence(value)
        return check.compared_sentence(value, asked, compared.results)

    @property
    def complete(self) -> bool:
        """Whether every value was received in order, which shows that the code ran to its end."""
        return self.heard == len(self.plan.checks) and not self.strange


def split_test(source: str) -> SplitTest:
    """Split the assertions of a test that compare an expression with a literal.

    Assertions in loops and functions, assertions without a comparison, and a final expression (which nbgrader
    reads as partial points) stay in the kernel.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return SplitTest(source, (), whole=False)  # magics, or another language
    lines = source.split("\n")
    hidden = _hidden_lines(lines)
    checks: list[Comparison] = []
    whole = not (body and isinstance(body[-1], ast.Expr))
    for statement in reversed(body):
        if not isinstance(statement, ast.Assert):
            whole = whole and not any(
                isinstance(node, ast.Assert | ast.Raise) for node in ast.walk(statement)
            )
            continue
        found = [_check(part, statement, hidden) for part in _conjuncts(statement.test)]
        if None in found or not _has_own_lines(statement, lines):
            whole = False
            continue
        # Last to first, so that the line numbers above stay valid.
        checks[:0] = [check for check in found if check is not None]
        _replace(lines, statement, [check.asked for check in found if check is not None])
    text = "\n".join(lines)
    for number in range(len(checks)):
        text = text.replace(_NUMBER_PLACEHOLDER, str(number), 1)
    return SplitTest(text, tuple(checks), whole)


# Placeholder for the index of a check, until all checks are known.
_NUMBER_PLACEHOLDER = "\0"


def _replace(lines: list[str], statement: ast.Assert, asked: list[str]) -> None:
    first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
    calls = "; ".join(f"{ASKS}({_NUMBER_PLACEHOLDER}, {expression})" for expression in asked)
    lines[first : last + 1] = [calls, *[""] * (last - first)]


def _has_own_lines(statement: ast.Assert, lines: list[str]) -> bool:
    """Whether an assertion's lines contain no other statement."""
    before = lines[statement.lineno - 1].encode()[: statement.col_offset]
    after = lines[(statement.end_lineno or 0) - 1].encode()[statement.end_col_offset or 0 :].strip()
    return not before.strip() and (not after or after.startswith(b"#"))


def _conjuncts(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from _conjuncts(part)
    else:
        yield test


def _check(test: ast.expr, statement: ast.Assert, hidden: set[int]) -> Comparison | None:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    compared, left, right = type(test.ops[0]), test.left, test.comparators[0]
    if not _is_literal(right) and compared in MIRRORED_OPERATORS:
        compared, left, right = MIRRORED_OPERATORS[compared], right, left
    if not _is_literal(right) or _is_literal(left):
        return None
    expected = ast.literal_eval(right)
    if compared in {ast.Is, ast.IsNot} and not any(expected is single for single in _SINGLETONS):
        return None
    return Comparison(ast.unparse(left), compared, expected, statement.msg, statement.lineno in hidden)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _hidden_lines(lines: list[str]) -> set[int]:
    found: set[int] = set()
    inside = False
    for number, line in enumerate(lines, start=1):
        if HIDDEN_TESTS_DELIMITERS[0] in line or HIDDEN_TESTS_DELIMITERS[1] in line:
            inside = HIDDEN_TESTS_DELIMITERS[0] in line
        elif inside:
            found.add(number)
    return found
