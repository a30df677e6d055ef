"""Redacts the source and values of hidden tests from output that students see.

The code under test sees its arguments, and can find the source of the cell that calls it: it may print or
raise both. So outputs are compared with the hidden tests before students see them. Code that encodes the
values can still evade this; the comparison catches accidental and simple leaks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import dedent

from toolkit.exercises.course.leaks import HIDDEN_TESTS_DELIMITERS
from toolkit.exercises.course.notebook import Cell, is_test, split_delimited_lines

__all__ = ["HiddenTestRedactor", "build_redactor"]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# Shorter lines (`pass`) and values (`[3]`, `13`) occur in ordinary output.
_MIN_LINE_CHARS = 10
_MIN_VALUE_CHARS = 4


@dataclass(frozen=True)
class HiddenTestRedactor:
    """Detects the content of hidden tests in a text.

    Parameters
    ----------
    lines : frozenset of str
        Normalized source lines of hidden tests.
    values : frozenset of str
        Normalized literals of hidden tests: arguments and expected values.
    """

    lines: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()

    def quotes_hidden_lines(self, text: str) -> bool:
        """Whether ``text`` contains a source line of a hidden test."""
        plain = _normalized(text)
        return any(line in plain for line in self.lines)

    def shows_hidden_values(self, text: str) -> bool:
        """Whether ``text`` contains a source line or a value of a hidden test."""
        plain = _normalized(text)
        return self.quotes_hidden_lines(text) or any(value in plain for value in self.values)


def build_redactor(cells: Iterable[Cell]) -> HiddenTestRedactor:
    """Return the detector for the hidden tests of some autograded cells."""
    shown: list[str] = []
    secret: list[str] = []
    for cell in cells:
        visible, hidden = (
            split_delimited_lines(cell["source"], HIDDEN_TESTS_DELIMITERS) if is_test(cell) else ([], [])
        )
        shown += visible
        secret += hidden
    known = _normalized("\n".join([*shown, *_assert_messages(dedent("\n".join(secret)))]))
    lines = {_normalized(line) for line in secret}
    values = {_normalized(value) for value in _values(dedent("\n".join(secret)))}
    return HiddenTestRedactor(
        frozenset(line for line in lines if len(line) >= _MIN_LINE_CHARS and line not in known),
        frozenset(value for value in values if len(value) >= _MIN_VALUE_CHARS and value not in known),
    )


def _normalized(text: str) -> str:
    """Normalize text for the comparison: no white space, backslashes or colours, one kind of quotes."""
    return re.sub(r"[\s\\]+", "", _ANSI.sub("", text)).replace('"', "'")


def _assert_messages(source: str) -> Iterator[str]:
    """Yield the texts in assertion messages, which are meant for students."""
    try:
        asserts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert) and node.msg]
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in asserts:
        for part in ast.walk(node.msg or node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def _values(source: str) -> Iterator[str]:
    try:
        yield from _literals(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError):
        return  # not Python: only the lines are compared


def _literals(node: ast.AST) -> Iterator[str]:
    try:
        # Whole literals only; their parts reveal nothing.
        yield repr(ast.literal_eval(node))
    except (ValueError, TypeError):
        # Assertion messages are excluded: they are meant for students.
        children = [node.test] if isinstance(node, ast.Assert) else ast.iter_child_nodes(node)
        for child in children:
            yield from _literals(child)
