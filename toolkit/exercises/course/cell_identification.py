"""Identification of an exercise's cells without nbgrader's metadata, by id, text and names in the code."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterator

from toolkit.exercises.course.answer_stubs import is_stub
from toolkit.exercises.course.notebook import Cell

__all__ = [
    "MIN_TEXT_CHARS",
    "cell_evidence",
    "defined_names",
    "is_made_up_id",
    "parse_code",
    "read_globals",
    "used_names",
]

_MAX_CODE_CHARS = 100_000
#: Shorter texts say nothing about an exercise, characters.
MIN_TEXT_CHARS = 12


def cell_evidence(cell: Cell) -> Iterator[str]:
    """Yield what identifies a cell, each item with its kind in front.

    Parameters
    ----------
    cell : dict
        Cell of an exercise or of a submission.
    """
    if cell.get("id") and not is_made_up_id(cell["id"]):
        yield f"id {cell['id']}"
    text = " ".join(cell["source"].split())
    if cell["cell_type"] == "code":
        yield from (f"name {name}" for name in defined_names(cell["source"]))
    elif len(text) >= MIN_TEXT_CHARS and not is_stub(text):
        yield f"text {text}"


def is_made_up_id(name: str) -> bool:
    """Return whether a program that reads notebooks made up a cell's id."""
    return re.fullmatch(r"cell-\d+x*", name) is not None


def defined_names(source: str) -> frozenset[str]:
    """Return the names that a cell's code defines at its top level; none if it is no Python.

    Parameters
    ----------
    source : str
        Source of a code cell.
    """
    return frozenset(_defined(parse_code(source)))


def used_names(source: str) -> frozenset[str]:
    """Return the names that a cell's code reads; none if it is no Python.

    Parameters
    ----------
    source : str
        Source of a code cell.
    """
    tree = parse_code(source)
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def read_globals(source: str) -> frozenset[str]:
    """Return the global names that a cell reads, or its functions read or change; none if it is no Python.

    Parameters
    ----------
    source : str
        Source of a code cell.
    """
    try:
        scopes = [symtable.symtable(ast.unparse(parse_code(source)), "<cell>", "exec")]
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    found: set[str] = set()
    while scopes:
        scope = scopes.pop()
        is_module = scope.get_type() == "module"
        found |= {
            one.get_name()
            for one in scope.get_symbols()
            if (one.is_referenced() if is_module else one.is_global())
        }
        scopes += scope.get_children()
    return frozenset(found)


def parse_code(source: str) -> ast.Module:
    """Return the syntax tree of a code cell without its magics; an empty one if it is no Python."""
    if len(source) > _MAX_CODE_CHARS:
        return ast.Module(body=[], type_ignores=[])
    code = "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in source.split("\n"))
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
