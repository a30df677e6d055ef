"""Keeps what hidden tests are made of out of what students are shown of their own code's doing.

The code under test sees its arguments, and can find the cell that calls it: it may print both later on, or
raise them. So what was put out is compared with the hidden tests. Code that is bent on it can disguise
what it has seen; this holds against what happens by itself and against the obvious.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import dedent

from toolkit.exercises.course.leaks import HIDDEN
from toolkit.exercises.course.notebook import Cell, is_test, open_and_secret

__all__ = ["Veil", "veil"]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# Shorter lines (`pass`) and values (`[3]`, `13`) stand in anybody's output.
_LINE = 10
_VALUE = 4


@dataclass(frozen=True)
class Veil:
    """What students are not to read.

    Parameters
    ----------
    lines : frozenset of str
        Of hidden tests.
    values : frozenset of str
        Which hidden tests hand to the code, or expect of it.
    """

    lines: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()

    def quoted_in(self, text: str) -> bool:
        """Whether a hidden test's source stands in ``text``."""
        plain = _plain(text)
        return any(line in plain for line in self.lines)

    def seen_in(self, text: str) -> bool:
        """Whether a hidden test's source, or one of its values, stands in ``text``."""
        plain = _plain(text)
        return self.quoted_in(text) or any(value in plain for value in self.values)


def veil(cells: Iterable[Cell]) -> Veil:
    """Return what the hidden tests in some autograded cells are made of."""
    shown: list[str] = []
    secret: list[str] = []
    for cell in cells:
        opened, hidden = open_and_secret(cell["source"], HIDDEN) if is_test(cell) else ([], [])
        shown += opened
        secret += hidden
    known = _plain("\n".join([*shown, *_told(dedent("\n".join(secret)))]))
    lines = {_plain(line) for line in secret}
    values = {_plain(value) for value in _values(dedent("\n".join(secret)))}
    return Veil(
        frozenset(line for line in lines if len(line) >= _LINE and line not in known),
        frozenset(value for value in values if len(value) >= _VALUE and value not in known),
    )


def _plain(text: str) -> str:
    """Return text as it is compared: spaces, quotes and colours are no difference."""
    return re.sub(r"[\s\\]+", "", _ANSI.sub("", text)).replace('"', "'")


def _told(source: str) -> Iterator[str]:
    """Yield what the author lets a failing test say."""
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
        return  # the lines are enough to go by


def _literals(node: ast.AST) -> Iterator[str]:
    try:
        # A whole value; its parts alone give nothing away.
        yield repr(ast.literal_eval(node))
    except (ValueError, TypeError):
        # But for what an assert says: that is meant to be read.
        children = [node.test] if isinstance(node, ast.Assert) else ast.iter_child_nodes(node)
        for child in children:
            yield from _literals(child)
