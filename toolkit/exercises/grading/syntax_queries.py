"""Questions about the syntax of tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from toolkit.exercises.course.leaks import HIDDEN_TESTS_DELIMITERS

__all__ = [
    "assigned_names",
    "class_names",
    "compares",
    "given_arguments",
    "hidden_lines",
    "imported_modules",
    "is_exit",
    "is_raising_pattern",
    "is_simple_target",
    "last_name",
    "raised_names",
    "root_name",
]

# Functions that hold if an error is raised.
_RAISES = frozenset({"raises", "assertRaises", "assert_raises", "assertRaisesRegex", "assert_raises_regex"})

_EXITS = frozenset({"exit", "quit", "_exit", "abort"})


def assigned_names(tree: ast.AST) -> set[str]:
    """Return the names that statements assign or define."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
    return found


def imported_modules(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that imports bind, each with the first part of its module's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                yield alias.asname or root, root
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, (node.module or ".").partition(".")[0] or "."


def raised_names(node: ast.expr) -> tuple[str, ...]:
    """Return the errors that a call such as ``pytest.raises(ValueError)`` waits for; none for another one."""
    if not isinstance(node, ast.Call) or last_name(node.func) not in _RAISES or not node.args:
        return ()
    return class_names(node.args[0])


def is_raising_pattern(node: ast.Call) -> bool:
    """Return whether a call waits for an error with a message of a pattern, such as ``assertRaisesRegex``."""
    return last_name(node.func).lower().endswith("regex") and len(node.args) > 1


def is_exit(node: ast.AST) -> bool:
    """Return whether something ends the process, or the cell."""
    return isinstance(node, ast.Call) and last_name(node.func) in _EXITS


def class_names(node: ast.expr | None) -> tuple[str, ...]:
    """Return the names of the classes in an ``except`` or the like; "BaseException" if there are none."""
    if node is None:
        return ("BaseException",)
    if isinstance(node, ast.Tuple):
        return tuple(name for item in node.elts for name in class_names(item))
    return (last_name(node),) if isinstance(node, ast.Name | ast.Attribute) else ()


def last_name(node: ast.expr) -> str:
    """Return the last part of a dotted name; empty for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def root_name(node: ast.expr) -> str:
    """Return the name that calls, attributes and subscripts begin with; empty if they begin with none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_simple_target(target: ast.expr) -> bool:
    """Return whether a target is a name, or several of them."""
    return isinstance(target, ast.Name) or (
        isinstance(target, ast.Tuple | ast.List) and all(is_simple_target(item) for item in target.elts)
    )


def compares(tree: ast.AST) -> bool:
    """Return whether code compares, asserts, raises or catches something."""
    return any(isinstance(node, ast.Compare | ast.Assert | ast.Raise | ast.Try) for node in ast.walk(tree))


def hidden_lines(lines: list[str]) -> frozenset[int]:
    """Return the numbers of the lines that are hidden tests."""
    found: set[int] = set()
    inside = False
    for number, line in enumerate(lines, start=1):
        if HIDDEN_TESTS_DELIMITERS[0] in line or HIDDEN_TESTS_DELIMITERS[1] in line:
            inside = HIDDEN_TESTS_DELIMITERS[0] in line
        elif inside:
            found.add(number)
    return frozenset(found)


def given_arguments(
    function: ast.FunctionDef, call: ast.Call
) -> tuple[dict[str, ast.expr], dict[str, ast.expr]]:
    """Return the arguments that a call gives to a function, and the function's defaults, by parameter.

    Parameters
    ----------
    function : ast.FunctionDef
        The function, without ``*args`` and ``**kwargs``.
    call : ast.Call
        The call.
    """
    positional = [one.arg for one in function.args.args]
    given = dict(zip(positional, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    defaults = dict(zip(reversed(positional), reversed(function.args.defaults), strict=False))
    defaults |= {
        one.arg: default
        for one, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if default is not None
    }
    return given, defaults
