"""Which parts of a test's expressions the grader computes, and which the kernel has to.

A part that names something of the student's is computed in the kernel, and its value is sent. An operation
that combines such a value with a literal of the test, or decides something, is done in the grader's process.
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from toolkit.exercises.grading.trusted_names import (
    JUDGE_METHODS,
    TRUSTED_METHODS,
    TrustedNames,
    is_assertion,
    is_judge,
    only_on_literals,
    trusted_attribute,
)

__all__ = ["Comprehension", "ExpressionKinds", "comprehension_names", "literal_node", "with_values"]

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
_CONTAINERS = (ast.Tuple, ast.List, ast.Set, ast.Dict)
_OPERATIONS = (
    ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.JoinedStr,
    ast.FormattedValue, *_CONTAINERS,
)  # fmt: skip


class ExpressionKinds:
    """Tells the kinds of expressions of one test.

    Parameters
    ----------
    trusted : TrustedNames
        Functions of Python and of libraries.
    functions : collection of str
        Functions of the test that the grader interprets.
    """

    def __init__(self, trusted: TrustedNames, functions: Collection[str] = ()) -> None:
        self.trusted = trusted
        self.functions = functions

    def is_known(self, node: ast.expr, names: Collection[str]) -> bool:
        """Return whether the grader can compute an expression alone.

        Parameters
        ----------
        node : ast.expr
            The expression.
        names : collection of str
            Names whose values the grader knows.
        """
        match node:
            case ast.Constant():
                return True
            case ast.Name():
                return node.id in names or node in self.trusted
            case ast.Attribute():
                return node in self.trusted or (
                    self.is_known(node.value, names) and trusted_attribute(None, node.attr)
                )
            case ast.Call():
                return self._is_known_call(node, names)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                inner = {*names, *comprehension_names(node)}
                return not any(one.is_async for one in node.generators) and all(
                    self.is_known(part, inner) for part in _parts(node)
                )
            case _:
                return isinstance(node, _OPERATIONS) and all(
                    self.is_known(part, names) for part in _parts(node)
                )

    def _is_known_call(self, node: ast.Call, names: Collection[str]) -> bool:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if any(keyword.arg is None for keyword in node.keywords):
            return False
        is_method = isinstance(node.func, ast.Attribute) and (
            node.func.attr in TRUSTED_METHODS or node.func.attr.startswith("assert")
        )
        function = node.func in self.trusted or (
            is_method and isinstance(node.func, ast.Attribute) and self.is_known(node.func.value, names)
        )
        return function and all(self.is_known(argument, names) for argument in arguments)

    def is_split(self, node: ast.expr, names: Collection[str]) -> bool:  # noqa: PLR0911 - one case for each kind
        """Return whether the grader does the operation of an expression that it cannot compute alone.

        Parameters
        ----------
        node : ast.expr
            The expression.
        names : collection of str
            Names whose values the grader knows.
        """
        match node:
            case ast.Compare():
                return not self._is_identity_of_values(node)
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return True
            case ast.BinOp():
                known = self.is_known(node.left, names), self.is_known(node.right, names)
                return any(known) or self._any_split(node, names)
            case ast.Call():
                return self._is_split_call(node, names)
            case ast.Attribute():
                return trusted_attribute(None, node.attr) and self.is_split(node.value, names)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                inner = {*names, *comprehension_names(node)}
                if any(one.is_async for one in node.generators):
                    return False
                items = [
                    part for part in _parts(node) if all(part is not one.iter for one in node.generators)
                ]
                operates = any(
                    self.is_known(item, inner) and not isinstance(item, ast.Name | ast.Constant)
                    for item in items
                )
                return operates or self._any_split(node, inner)
            case _:
                return isinstance(node, _OPERATIONS) and self._any_split(node, names)

    def _any_split(self, node: ast.expr, names: Collection[str]) -> bool:
        return any(not self.is_known(part, names) and self.is_split(part, names) for part in _parts(node))

    def _is_identity_of_values(self, node: ast.Compare) -> bool:
        """Return whether a comparison asks for the identity of objects, which only the kernel knows."""
        return any(isinstance(operator, ast.Is | ast.IsNot) for operator in node.ops) and not any(
            (isinstance(part, ast.Constant) and (part.value is None or isinstance(part.value, bool)))
            or (part in self.trusted and isinstance(self.trusted[part], type))
            for part in [node.left, *node.comparators]
        )

    def _is_split_call(self, node: ast.Call, names: Collection[str]) -> bool:  # noqa: PLR0911 - one case for each kind
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if any(isinstance(argument, ast.Lambda | ast.Starred) for argument in arguments) or any(
            keyword.arg is None for keyword in node.keywords
        ):
            return False
        if isinstance(node.func, ast.Name) and node.func.id in self.functions:
            return True
        if node.func not in self.trusted:
            if not isinstance(node.func, ast.Attribute):
                return False
            owner = node.func.value
            if node.func.attr == "replace" and not all(self.is_known(one, names) for one in arguments):
                return False  # the result could be much larger
            if self.is_known(owner, names):
                return node.func.attr.startswith("assert") or node.func.attr in TRUSTED_METHODS
            if node.func.attr in JUDGE_METHODS:
                return all(self.is_known(one, names) for one in arguments)
            return node.func.attr in TRUSTED_METHODS and self.is_split(owner, names)
        function = self.trusted[node.func]
        if function is isinstance:
            return len(arguments) == 2 and self.is_known(arguments[1], names)
        if is_judge(function) or is_assertion(function) or function is type:
            return True
        return not only_on_literals(function) and any(
            self.is_known(argument, names) or self.is_split(argument, names) for argument in arguments
        )


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions directly in an expression, of a comprehension all its parts."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.comprehension):
            yield child.iter
            yield from child.ifs
        elif isinstance(child, ast.expr):
            yield child


def comprehension_names(node: Comprehension) -> set[str]:
    """Return the names that a comprehension binds."""
    return {name.id for one in node.generators for name in ast.walk(one.target) if isinstance(name, ast.Name)}


def literal_node(value: Any) -> ast.expr | None:  # noqa: ANN401, PLR0911 - one case for each kind
    """Return an expression that gives a plain value again; None if it has none."""
    kind = type(value)
    if kind is float and not math.isfinite(value):
        return ast.Call(ast.Name("float", ast.Load()), [ast.Constant(str(value))], [])
    if kind in {int, float} and (value < 0 or (not value and math.copysign(1, value) < 0)):
        # Not a constant: `ast.unparse` would write `-3 ** 2`.
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    if kind is complex:
        numbers: list[ast.expr | None] = [literal_node(value.real), literal_node(value.imag)]
        return ast.Call(ast.Name("complex", ast.Load()), [one for one in numbers if one is not None], [])
    if value is None or kind in {bool, int, float, str, bytes}:
        return ast.Constant(value)
    if kind in {list, tuple, set} and (value or kind is not set):
        items = [literal_node(item) for item in value]
        found = [item for item in items if item is not None]
        if len(found) != len(items):
            return None
        if kind is set:
            return ast.Set(found)
        return ast.List(found, ast.Load()) if kind is list else ast.Tuple(found, ast.Load())
    if kind is dict:
        keys, values = ([literal_node(item) for item in part] for part in (value.keys(), value.values()))
        content = [item for item in values if item is not None]
        if None in keys or len(content) != len(values):
            return None
        return ast.Dict(list(keys), content)
    return None


class _Substitution(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = self.values.get(node.id)
        return found if found is not None and isinstance(node.ctx, ast.Load) else node

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        hidden = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
        return self._without(node, hidden)

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self._without(node, comprehension_names(node))

    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        return self._without(node, comprehension_names(node))

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        return self._without(node, comprehension_names(node))

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        return self._without(node, comprehension_names(node))

    def _without(self, node: ast.expr, hidden: set[str]) -> ast.expr:
        inner = _Substitution({name: value for name, value in self.values.items() if name not in hidden})
        return ast.NodeTransformer.generic_visit(inner, node)  # type: ignore[return-value]


def with_values(node: ast.stmt | ast.expr, values: Mapping[str, ast.expr]) -> str:
    """Return the source of a statement or an expression with values in place of names.

    Parameters
    ----------
    node : ast.stmt or ast.expr
        The statement or expression; not changed.
    values : mapping of str to ast.expr
        The expressions that replace the names.
    """
    if not values or not any(isinstance(one, ast.Name) and one.id in values for one in ast.walk(node)):
        return ast.unparse(node)
    replaced = _Substitution(values).visit(copy.deepcopy(node))
    return ast.unparse(ast.fix_missing_locations(replaced))
