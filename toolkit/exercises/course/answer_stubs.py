"""Stubs, which stand in the students' version in place of a solution, and delimiters of secret regions."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CONVENTIONAL_STUBS", "Conventions", "conventions_from_config", "is_stub", "read_conventions"]

CONVENTIONAL_STUBS = (
    "YOUR ANSWER HERE",
    "# YOUR CODE HERE\nraise NotImplementedError()",
    "# YOUR CODE HERE\nraise NotImplementedError",
    "# YOUR CODE HERE",
    "# Your code here / Le code vient ici\nraise NotImplementedError()",
    "*Your answer here / La réponse vient ici*",
    "raise NotImplementedError()",
    "raise NotImplementedError",
    "# TODO",
    "# BEGIN YOUR CODE\n# END YOUR CODE",
    "# VOTRE CODE ICI",
    "# Votre code ici\nraise NotImplementedError()",
    "VOTRE RÉPONSE ICI",
    "Votre réponse ici",
    "Write your answer here",
    "Type your answer here",
    "Double click to edit",
    "pass",
    "...",
)


@dataclass(frozen=True)
class Conventions:
    """The stubs and the delimiters of a course, as nbgrader's configuration gives them.

    Parameters
    ----------
    stubs : tuple of str
        Texts that replace a solution.
    solution, hidden_tests, mark_scheme : tuple of (str, str)
        Begin and end delimiter of each kind of region.
    """

    stubs: tuple[str, ...] = ()
    solution: tuple[str, str] = ("BEGIN SOLUTION", "END SOLUTION")
    hidden_tests: tuple[str, str] = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
    mark_scheme: tuple[str, str] = ("BEGIN MARK SCHEME", "END MARK SCHEME")

    @property
    def regions(self) -> tuple[tuple[str, str], ...]:
        """All delimiters."""
        return (self.hidden_tests, self.solution, self.mark_scheme)


def conventions_from_config(config: Mapping[str, Mapping[str, Any]]) -> Conventions:
    """Return the conventions that a configuration of nbgrader sets; its own where it sets none.

    Parameters
    ----------
    config : mapping of str to mapping
        Settings by class and name, as in `traitlets`.
    """
    usual = Conventions()
    clear = config.get("ClearSolutions", {})
    code, text = clear.get("code_stub", {}), clear.get("text_stub", "")
    stubs = [*(code.values() if isinstance(code, Mapping) else [code]), text]
    return Conventions(
        stubs=tuple(stub for stub in stubs if isinstance(stub, str) and stub),
        # nbgrader spells these names so.
        solution=_pair(clear, "begin_solution_delimeter", "end_solution_delimeter", usual.solution),
        hidden_tests=_pair(
            config.get("ClearHiddenTests", {}),
            "begin_test_delimeter",
            "end_test_delimeter",
            usual.hidden_tests,
        ),
        mark_scheme=_pair(
            config.get("ClearMarkScheme", {}),
            "begin_mark_scheme_delimeter",
            "end_mark_scheme_delimeter",
            usual.mark_scheme,
        ),
    )


def read_conventions(root: Path) -> Conventions:
    """Return the conventions that a course's configuration files set with plain values; nothing is executed.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    """
    config: dict[str, dict[str, Any]] = {}
    with suppress(OSError, ValueError):
        found = json.loads((root / "nbgrader_config.json").read_text(encoding="utf-8"))
        config = {name: values for name, values in found.items() if isinstance(values, dict)}
    with suppress(OSError, ValueError, SyntaxError):
        for node in ast.walk(ast.parse((root / "nbgrader_config.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                target = node.targets[0]
                if isinstance(target.value, ast.Attribute):
                    with suppress(ValueError):
                        value = ast.literal_eval(node.value)
                        config.setdefault(target.value.attr, {})[target.attr] = value
    return conventions_from_config(config)


def _pair(settings: Mapping[str, Any], begin: str, end: str, usual: tuple[str, str]) -> tuple[str, str]:
    first, last = settings.get(begin), settings.get(end)
    return (first if isinstance(first, str) else usual[0], last if isinstance(last, str) else usual[1])


def is_stub(source: str, stubs: tuple[str, ...] = ()) -> bool:
    """Return whether a source is a stub: it only marks the place for an answer.

    Parameters
    ----------
    source : str
        Source of a cell.
    stubs : tuple of str
        Further stubs, of the course's own.
    """
    if len(source) > max(_MAX_STUB_CHARS, *map(len, stubs), 0):
        return False
    plain = _plain(source)
    return not plain or plain in _PLAIN_STUBS or any(plain == _plain(stub) for stub in stubs)


def _plain(text: str) -> str:
    """Return a text without differences that do not matter: spaces, case, emphasis, the mark of a comment."""
    return re.sub(r"[\s*_#().:/-]+", " ", text.casefold()).strip()


_PLAIN_STUBS = frozenset(map(_plain, CONVENTIONAL_STUBS))
_MAX_STUB_CHARS = 500
