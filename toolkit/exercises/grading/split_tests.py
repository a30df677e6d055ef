"""Split tests: what a test expects stays with the grader, and the kernel is asked for values alone.

Of ``assert got == 7, message`` the kernel is given ``__value__(0, got)``; the comparison, the 7 and the
message stay here, where student code can neither read nor change them. What cannot be taken apart runs in
the kernel as it is, and the test is not `Plan.whole`.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from toolkit.exercises.course.leaks import HIDDEN
from toolkit.i18n import _
from toolkit.kernels.value_decoder import Value

__all__ = ["ASKS", "Check", "Plan", "Test", "plan"]

ASKS = "__value__"
"""The name by which a test hands over a value."""

_LONGEST_TEXT = 300
_SINGLES = (None, True, False)
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, expected: value in expected,
    ast.NotIn: lambda value, expected: value not in expected,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}


@dataclass(frozen=True)
class Check:
    """One comparison that is made here.

    Parameters
    ----------
    asked : str
        The expression whose value the kernel is asked for.
    compared : type of ast.cmpop
        How: the value on the left.
    expected : object
        With what: plain data.
    message : ast.expr or None
        What the author says where it does not hold.
    hidden : bool
        Whether it stands among the hidden tests.
    """

    asked: str
    compared: type[ast.cmpop]
    expected: Any
    message: ast.expr | None
    hidden: bool

    def holds(self, value: Value) -> bool:
        """Whether a value is what is expected."""
        if self.compared in {ast.Is, ast.IsNot}:
            same = value.exact and value.plain is self.expected
            return same is (self.compared is ast.Is)
        try:
            return bool(_COMPARED[self.compared](value.plain, self.expected))
        except TypeError:
            return False  # as in the kernel: it cannot be compared

    def sentence(self, value: Value) -> str:
        """Return what is told where it does not hold, as text that can be written down."""
        return self._sentence(value).encode(errors="backslashreplace").decode()

    def _sentence(self, value: Value) -> str:
        got = _text(value.plain)
        told = _told(self.message, self.asked, value, got)
        if told is not None:
            return told
        if self.hidden:
            return _("A hidden check did not hold.")
        if self.compared is ast.Eq:
            return _("`{call}` → expected `{expected}`, got `{got}`").format(
                call=self.asked, expected=_text(self.expected), got=got
            )
        return _("`{call}` → got `{got}`, which is not what was expected").format(call=self.asked, got=got)


@dataclass(frozen=True)
class Plan:
    """A test, taken apart.

    Parameters
    ----------
    source : str
        What runs in the kernel; on the same lines.
    checks : tuple of Check
        By the number that ``source`` asks for their values with.
    whole : bool
        Whether nothing is left that the kernel itself decides.
    """

    source: str
    checks: tuple[Check, ...]
    whole: bool


@dataclass
class Test:
    """A plan that is carried out: hears the values, in order, and says what came of it."""

    __test__ = False  # not for pytest

    plan: Plan
    heard: int = 0
    failure: str = ""
    strange: bool = False
    asks: str = field(default=ASKS, init=False)

    @property
    def source(self) -> str:
        """What runs in the kernel."""
        return self.plan.source

    @property
    def guarded(self) -> bool:
        """Whether what the kernel says of it is to be doubted."""
        return not self.plan.whole

    def answer(self, number: int, value: Value) -> bool:
        """Compare a value; return whether the test may go on."""
        if self.failure or number != self.heard or number >= len(self.plan.checks):
            self.strange = True
            return False
        self.heard += 1
        check = self.plan.checks[number]
        if check.holds(value):
            return True
        self.failure = check.sentence(value)
        return False

    @property
    def complete(self) -> bool:
        """Whether every value was asked for, as it is when the code has run to its end."""
        return self.heard == len(self.plan.checks) and not self.strange


def plan(source: str) -> Plan:
    """Take a test apart, as far as it goes: its assertions that compare something with a literal.

    Assertions within loops and functions, those that compare nothing, and a value at the end (which nbgrader
    takes for part of the points) stay in the kernel.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return Plan(source, (), whole=False)  # magics, or another language
    lines = source.split("\n")
    hidden = _hidden_lines(lines)
    checks: list[Check] = []
    whole = not (body and isinstance(body[-1], ast.Expr))
    for statement in reversed(body):
        if not isinstance(statement, ast.Assert):
            whole = whole and not any(
                isinstance(node, ast.Assert | ast.Raise) for node in ast.walk(statement)
            )
            continue
        found = [_check(part, statement, hidden) for part in _conjuncts(statement.test)]
        if None in found or not _alone(statement, lines):
            whole = False
            continue
        # From the last to the first, so that the lines above keep their places.
        checks[:0] = [check for check in found if check is not None]
        _replace(lines, statement, [check.asked for check in found if check is not None])
    text = "\n".join(lines)
    for number in range(len(checks)):
        text = text.replace(_BLANK, str(number), 1)
    return Plan(text, tuple(checks), whole)


# Stands for the number of a check until all are known.
_BLANK = "\0"


def _replace(lines: list[str], statement: ast.Assert, asked: list[str]) -> None:
    first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
    calls = "; ".join(f"{ASKS}({_BLANK}, {expression})" for expression in asked)
    lines[first : last + 1] = [calls, *[""] * (last - first)]


def _alone(statement: ast.Assert, lines: list[str]) -> bool:
    """Whether nothing else stands on an assertion's lines."""
    before = lines[statement.lineno - 1].encode()[: statement.col_offset]
    after = lines[(statement.end_lineno or 0) - 1].encode()[statement.end_col_offset or 0 :].strip()
    return not before.strip() and (not after or after.startswith(b"#"))


def _conjuncts(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from _conjuncts(part)
    else:
        yield test


def _check(test: ast.expr, statement: ast.Assert, hidden: set[int]) -> Check | None:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    compared, left, right = type(test.ops[0]), test.left, test.comparators[0]
    if not _is_literal(right) and compared in _TURNED:
        compared, left, right = _TURNED[compared], right, left
    if not _is_literal(right) or _is_literal(left):
        return None
    expected = ast.literal_eval(right)
    if compared in {ast.Is, ast.IsNot} and not any(expected is single for single in _SINGLES):
        return None
    return Check(ast.unparse(left), compared, expected, statement.msg, statement.lineno in hidden)


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
        if HIDDEN[0] in line or HIDDEN[1] in line:
            inside = HIDDEN[0] in line
        elif inside:
            found.add(number)
    return found


def _told(message: ast.expr | None, asked: str, value: Value, got: str) -> str | None:
    """Return the author's message; None where there is none, or it needs more than the value."""
    if isinstance(message, ast.Constant):
        return str(message.value)
    if not isinstance(message, ast.JoinedStr):
        return None
    parts: list[str] = []
    for part in message.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        elif (
            isinstance(part, ast.FormattedValue)
            and part.format_spec is None
            and ast.unparse(part.value) == asked
        ):
            is_text = part.conversion in {-1, ord("s")} and isinstance(value.plain, str)
            parts.append(value.plain[:_LONGEST_TEXT] if is_text else got)
        else:
            return None
    return "".join(parts)


def _text(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # a number of more digits than Python writes
        return "…"
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
