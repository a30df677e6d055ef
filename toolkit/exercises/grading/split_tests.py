"""Split tests: the grader keeps the expected values, and the kernel only returns actual values.

For ``assert got == 7, message`` the kernel runs ``__value__(0, got)``; the comparison, the 7 and the message
stay in the grader's process, where student code can neither read nor change them. Statements that cannot be
split run in the kernel unchanged, and then the test is not `SplitTest.whole`.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
import operator
import random
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.exercises.course.leaks import HIDDEN_TESTS_DELIMITERS
from toolkit.exercises.grading.changed_literals import changed_literals
from toolkit.i18n import _
from toolkit.kernels.value_decoder import ComparedValue, DecodedValue, OpaqueValue, ValueComparisons

__all__ = ["ASKS", "Comparison", "SplitTest", "SplitTestRun", "split_test"]

ASKS = "__value__"
"""Name of the function in the kernel that sends a value to the grader."""

_MAX_TEXT_CHARS = 300
# Of large literals fewer are sent, each being as large.
_CHANGED_LITERALS = 31
_LARGE_LITERAL_CHARS = 2000
_CHANGED_LARGE_LITERALS = 7
_SINGLETONS = (None, True, False)
_OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
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
_NAMES: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}


@dataclass(frozen=True)
class Comparison:
    """One comparison made in the grader's process.

    Parameters
    ----------
    asked : str
        Expression whose value the kernel sends.
    compared : type of ast.cmpop
        Comparison operator; the value is its left operand.
    expected : object
        Right operand, the value of a literal.
    message : ast.expr or None
        The author's message for a failure.
    hidden : bool
        True if it is part of the hidden tests.
    """

    asked: str
    compared: type[ast.cmpop]
    expected: Any
    message: ast.expr | None
    hidden: bool

    def is_satisfied(self, value: DecodedValue) -> bool:
        """Whether the comparison holds for a value."""
        if self.compared in {ast.Is, ast.IsNot}:
            same = value.exact and value.plain is self.expected
            return same is (self.compared is ast.Is)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy's, about what it cannot compare
            try:
                return bool(_OPERATORS[self.compared](value.plain, self.expected))
            except (TypeError, ValueError, ArithmeticError):
                return False  # not comparable; the assertion would fail in the kernel too

    def comparisons(self) -> ValueComparisons | None:
        """Return the comparisons to make with a value of a student's own class; None if there are none.

        The expected value is hidden among others. An honest value is equal to none of those, or is less than
        or greater than each, not both.
        """
        name = _NAMES.get(self.compared)
        if name is None:
            return None
        count = (
            _CHANGED_LITERALS if len(repr(self.expected)) < _LARGE_LITERAL_CHARS else _CHANGED_LARGE_LITERALS
        )
        compared = [(name, self.expected)]
        if self.compared is ast.Eq:
            compared += [("==", literal) for literal in changed_literals(self.expected, count)]
        elif self.compared is ast.In and not isinstance(self.expected, str | bytes):
            items = list(self.expected)[:count]
            changed = (one for item in items for one in changed_literals(item, 1 + count // len(items)))
            compared += [("==", literal) for literal in changed if literal not in items]
        elif name[0] in "<>":
            sides = (*changed_literals(self.expected, count), self.expected)
            compared += [(side, literal) for literal in sides for side in "<>"]
        random.SystemRandom().shuffle(compared)
        return ValueComparisons(tuple(compared))

    def compared_sentence(
        self, value: DecodedValue, asked: ValueComparisons, results: Sequence[bool | None]
    ) -> str:
        """Return the message for the results of `comparisons`; empty if the check holds.

        Parameters
        ----------
        value : DecodedValue
            The value.
        asked : ValueComparisons
            The comparisons.
        results : sequence of bool or None
            Their results; None for an error.
        """
        made = [
            (name, literal) for (name, literal), result in zip(asked.compared, results, strict=True) if result
        ]
        if (_NAMES[self.compared], id(self.expected)) not in {(name, id(literal)) for name, literal in made}:
            return self.sentence(value)
        if self.compared in {ast.Eq, ast.In}:
            lies = any(literal is not self.expected for _name, literal in made)
        else:
            less, greater = ({id(literal) for name, literal in made if name == side} for side in "<>")
            lies = not less.isdisjoint(greater)
        if not lies:
            return ""
        if self.hidden:
            return _("A hidden check did not hold.")
        return _("`{call}` → got `{got}`, which compares as right with other values as well").format(
            call=self.asked, got=_text(value.plain)
        )

    def sentence(self, value: DecodedValue) -> str:
        """Return the message for a value that fails the check, encodable as UTF-8."""
        return self._sentence(value).encode(errors="backslashreplace").decode()

    def _sentence(self, value: DecodedValue) -> str:
        got = _text(value.plain)
        told = _author_message(self.message, self.asked, value, got)
        if told is not None:
            return told
        if self.hidden:
            return _("A hidden check did not hold.")
        if self.compared is ast.Eq:
            place, expected, found = _difference(self.expected, value.plain)
            texts = _text(expected), _text(found)
            if texts[0] == texts[1]:
                texts = f"{texts[0]} ({type(expected).__name__})", f"{texts[1]} ({type(found).__name__})"
            sentence = _("`{call}` → expected `{expected}`, got `{got}`")
            if place:
                sentence = _("`{call}{place}` → expected `{expected}`, got `{got}`")
            return sentence.format(call=self.asked, place=place, expected=texts[0], got=texts[1])
        return _("`{call}` → got `{got}`, which is not what was expected").format(call=self.asked, got=got)


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
    if not _is_literal(right) and compared in _MIRRORED:
        compared, left, right = _MIRRORED[compared], right, left
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


def _author_message(message: ast.expr | None, asked: str, value: DecodedValue, got: str) -> str | None:
    """Return the author's message; None if missing, or if it depends on more than the value."""
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
            parts.append(value.plain[:_MAX_TEXT_CHARS] if is_text else got)
        else:
            return None
    return "".join(parts)


def _difference(expected: Any, got: Any) -> tuple[str, Any, Any]:  # noqa: ANN401
    """Return where two values differ, as subscripts, and what is there; short values as they are.

    In short texts the difference is seen; of long ones only the beginning is shown.
    """
    place = ""
    while len(_text(expected)) == _MAX_TEXT_CHARS or len(_text(got)) == _MAX_TEXT_CHARS:
        if type(expected) is not type(got) or not isinstance(expected, list | tuple | dict):
            break
        if isinstance(expected, dict):
            keys: Iterable[Any] = [key for key in expected if key in got]
            if len(expected) != len(got):
                break
        elif len(expected) == len(got):
            keys = range(len(expected))
        else:
            break
        key = next((key for key in keys if expected[key] != got[key]), None)
        if key is None:
            break
        place, expected, got = f"{place}[{_text(key)}]", expected[key], got[key]
    return place, expected, got


def _text(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # an int with more digits than Python's limit for str
        return "…"
    return text if len(text) <= _MAX_TEXT_CHARS else text[: _MAX_TEXT_CHARS - 1] + "…"
