"""One comparison of a test, made outside of the student's process wherever that can be.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
import operator
import random
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.exercises.grading.changed_literals import changed_literals, is_literal
from toolkit.i18n import _
from toolkit.kernels.value_decoder import DecodedValue, ValueComparisons

__all__ = ["MIRRORED_OPERATORS", "OPERATORS", "Comparison", "shortened"]

_MAX_TEXT_CHARS = 300
# Of large literals fewer are sent, each being as large.
_CHANGED_LITERALS = 31
_LARGE_LITERAL_CHARS = 2000
_CHANGED_LARGE_LITERALS = 7
OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
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
"""The comparisons by their operators; the value of the student is the left operand."""
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
MIRRORED_OPERATORS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}
"""The operator that says the same with its operands exchanged."""


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
        Right operand.
    hidden : bool
        True if it is part of the hidden tests.
    """

    asked: str
    compared: type[ast.cmpop]
    expected: Any
    hidden: bool

    def is_satisfied(self, value: DecodedValue) -> bool:
        """Return whether the comparison holds for a value."""
        if self.compared in {ast.Is, ast.IsNot}:
            same = value.exact and value.plain is self.expected
            return same is (self.compared is ast.Is)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy's, about what it cannot compare
            try:
                return bool(OPERATORS[self.compared](value.plain, self.expected))
            except Exception:  # noqa: BLE001 - libraries raise errors of many types
                return False  # not comparable; the assertion would fail in the kernel too

    def comparisons(self) -> ValueComparisons | None:
        """Return the comparisons to make with a value of a student's own class; None if there are none.

        The expected value is hidden among others. An honest value is equal to none of those, or is less than
        or greater than each, not both.
        """
        name = _NAMES.get(self.compared)
        if name is None or not is_literal(self.expected):
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
            call=self.asked, got=shortened(value.plain)
        )

    def sentence(self, value: DecodedValue) -> str:
        """Return the message for a value that fails the check, encodable as UTF-8."""
        return self._sentence(value).encode(errors="backslashreplace").decode()

    def _sentence(self, value: DecodedValue) -> str:
        got = shortened(value.plain)
        if self.hidden:
            return _("A hidden check did not hold.")
        if self.compared is ast.Eq:
            place, expected, found = _difference(self.expected, value.plain)
            texts = shortened(expected), shortened(found)
            if texts[0] == texts[1]:
                texts = f"{texts[0]} ({type(expected).__name__})", f"{texts[1]} ({type(found).__name__})"
            sentence = _("`{call}` → expected `{expected}`, got `{got}`")
            if place:
                sentence = _("`{call}{place}` → expected `{expected}`, got `{got}`")
            return sentence.format(call=self.asked, place=place, expected=texts[0], got=texts[1])
        return _("`{call}` → got `{got}`, which is not what was expected").format(call=self.asked, got=got)


def _difference(expected: Any, got: Any) -> tuple[str, Any, Any]:  # noqa: ANN401
    """Return where two values differ, as subscripts, and what is there; short values as they are.

    In short texts the difference is seen; of long ones only the beginning is shown.
    """
    place = ""
    while len(shortened(expected)) == _MAX_TEXT_CHARS or len(shortened(got)) == _MAX_TEXT_CHARS:
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
        try:
            key = next((key for key in keys if expected[key] != got[key]), None)
        except ValueError:  # an array in it, which is neither equal nor different as a whole
            break
        if key is None:
            break
        place, expected, got = f"{place}[{shortened(key)}]", expected[key], got[key]
    return place, expected, got


def shortened(value: object, *, is_text: bool = False) -> str:
    """Return a short text of a value.

    Parameters
    ----------
    value : object
        The value.
    is_text : bool
        True for ``str(value)``, False for ``repr(value)``.
    """
    try:
        text = str(value) if is_text else repr(value)
    except ValueError:  # an int with more digits than Python's limit for str
        return "…"
    return text if len(text) <= _MAX_TEXT_CHARS else text[: _MAX_TEXT_CHARS - 1] + "…"
