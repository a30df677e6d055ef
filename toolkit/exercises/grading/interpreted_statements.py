"""A test, read once: which of its statements the grader interprets, and which the kernel runs.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from toolkit.exercises.grading.expression_kinds import ExpressionKinds
from toolkit.exercises.grading.syntax_queries import (
    assigned_names,
    class_names,
    hidden_lines,
    imported_modules,
    is_exit,
    is_simple_target,
    last_name,
    raised_names,
)
from toolkit.exercises.grading.trusted_names import TRUSTED_METHODS, TrustedNames, is_assertion, is_judge

__all__ = ["InterpretedStatements"]

_ASYNC = (ast.Await, ast.AsyncFor, ast.AsyncWith)


class InterpretedStatements:
    """One test cell.

    Parameters
    ----------
    source : str
        Source of the cell.
    used_elsewhere : frozenset of str
        Names that other cells of the notebook load: the kernel has to know them.
    answered : frozenset of str
        Names that the worked solution assigns or defines: they are not those of Python.
    helpers : frozenset of str
        Functions and classes of other cells of the author's that may judge.

    Raises
    ------
    SyntaxError, ValueError, RecursionError
        It is not Python alone, awaits something, or changes a name within an expression: only the kernel can
        run it.
    """

    def __init__(
        self,
        source: str,
        used_elsewhere: frozenset[str] = frozenset(),
        answered: frozenset[str] = frozenset(),
        helpers: frozenset[str] = frozenset(),
    ) -> None:
        self.source = source
        self.body = ast.parse(source).body
        tree = ast.Module(self.body, [])
        if any(isinstance(node, _ASYNC) for node in ast.walk(tree)):
            raise ValueError(source)
        self.hidden_lines = hidden_lines(source.split("\n"))
        self.bound = frozenset(assigned_names(tree))
        self.helpers = helpers - answered
        self.answered = answered
        self.trusted = TrustedNames(self.body, self.bound | answered)
        self.imported = dict(imported_modules(tree))
        self.defined = {one.name: one for one in self.body if isinstance(one, ast.FunctionDef)}
        self._bindings = Counter(_bindings(tree))
        named = [node.target.id for node in ast.walk(tree) if isinstance(node, ast.NamedExpr)]
        if any(self._bindings[name] > 1 for name in named):
            raise ValueError(source)
        self.functions: dict[str, ast.FunctionDef] = {}
        self.functions = {
            name: function
            for name, function in self.defined.items()
            if self._bindings[name] == 1 and self._is_interpreted(function)
        }
        for name in used_elsewhere:
            self.functions.pop(name, None)
        self.kinds = ExpressionKinds(self.trusted, self.functions)
        #: Names that statements in the kernel need, so that they are assigned there.
        self.kernel_names = used_elsewhere | frozenset(
            name.id
            for statement in self.body
            if not self.is_interpreted(statement)
            for name in ast.walk(statement)
            if isinstance(name, ast.Name)
        )
        # A function in the kernel reads the value that such a name has when it is called.
        self.kernel_names |= {
            name.id
            for part in ast.walk(tree)
            if isinstance(part, ast.Lambda)
            for name in ast.walk(part)
            if isinstance(name, ast.Name) and self._bindings[name.id] > 1
        }
        #: Names that are given to student code, which may change their values.
        self.passed_names = frozenset(self._passed(tree))

    def is_hidden(self, node: ast.AST) -> bool:
        """Return whether a part of the test is among its hidden lines."""
        return getattr(node, "lineno", 0) in self.hidden_lines

    # ------------------------------------------------------------------ what is interpreted

    def is_interpreted(self, statement: ast.stmt, *, local: bool = False) -> bool:  # noqa: PLR0911 - one case for each kind
        """Return whether the grader interprets a statement; the kernel runs all others as they stand.

        Parameters
        ----------
        statement : ast.stmt
            A statement of the test.
        local : bool
            True in a function of the test.
        """
        match statement:
            case ast.Assert() | ast.Pass() | ast.Break() | ast.Continue():
                return True
            case ast.Assign(targets=[target]):
                return is_simple_target(target)
            case ast.AnnAssign() | ast.AugAssign():
                return isinstance(statement.target, ast.Name) and statement.value is not None
            case ast.Expr():
                return (
                    not local
                    or self.is_judgement(statement.value)
                    or isinstance(statement.value, ast.Constant)
                )
            case ast.Raise():
                return statement.cause is None and isinstance(statement.exc, ast.Call | ast.Name | None)
            case ast.Return():
                return local
            case ast.FunctionDef():
                return not local and statement.name in self.functions
            case ast.If() | ast.While():
                return self._judges(statement, local=local) and self._are_interpreted(
                    [*statement.body, *statement.orelse], local=local
                )
            case ast.For():
                return (
                    is_simple_target(statement.target)
                    and self._judges(statement, local=local)
                    and self._are_interpreted([*statement.body, *statement.orelse], local=local)
                )
            case ast.With(items=[item]):
                return (
                    not local
                    and item.optional_vars is None
                    and bool(raised_names(item.context_expr))
                    and self._are_interpreted(statement.body, local=local)
                )
            case ast.Try():
                parts = [*statement.body, *statement.orelse, *statement.finalbody]
                parts += [part for handler in statement.handlers for part in handler.body]
                return (
                    not local
                    and all(
                        handler.name is None and class_names(handler.type) for handler in statement.handlers
                    )
                    and self._are_interpreted(parts, local=local)
                )
        return False

    def _judges(self, statement: ast.stmt, *, local: bool) -> bool:
        """Return whether a statement checks something; one that prepares data runs in the kernel."""
        parts = list(ast.walk(statement))
        if local or any(
            isinstance(part, ast.Assert | ast.Raise | ast.Return)
            or (isinstance(part, ast.expr) and (self.is_judgement(part) or bool(raised_names(part))))
            or is_exit(part)
            for part in parts
        ):
            return True
        compared = [part for part in parts if isinstance(part, ast.Compare)]
        assigns = any(isinstance(part, ast.Assign | ast.AugAssign) for part in parts)
        return bool(compared) and (assigns or any(map(self.asks_student, compared)))

    def asks_student(self, node: ast.AST) -> bool:
        """Return whether an expression calls a function that is none of Python's or of a library."""
        return any(isinstance(part, ast.Call) and part.func not in self.trusted for part in ast.walk(node))

    def _are_interpreted(self, statements: list[ast.stmt], *, local: bool) -> bool:
        return all(
            self.is_interpreted(one, local=local)
            or (not local and isinstance(one, ast.Import | ast.ImportFrom))
            for one in statements
        )

    def _is_interpreted(self, function: ast.FunctionDef) -> bool:
        """Return whether a function of the test checks something, and the grader can interpret it."""
        arguments = function.args
        plain = not (arguments.vararg or arguments.kwarg or arguments.posonlyargs or function.decorator_list)
        calls = [
            node.func for statement in self.body for node in ast.walk(statement) if isinstance(node, ast.Call)
        ]
        loads = [
            name
            for statement in self.body
            for name in ast.walk(statement)
            if isinstance(name, ast.Name) and name.id == function.name
        ]
        return (
            plain
            and all(any(name is call for call in calls) for name in loads)
            and any(
                isinstance(node, ast.Assert | ast.Compare | ast.Raise)
                or (
                    isinstance(node, ast.Call)
                    and (
                        last_name(node.func).startswith("assert")
                        or (node.func in self.trusted and is_judge(self.trusted[node.func]))
                    )
                )
                for node in ast.walk(function)
            )
            and all(self.is_interpreted(one, local=True) for one in function.body)
        )

    def is_judgement(self, node: ast.expr) -> bool:
        """Return whether an expression calls an assertion function or a function of the test."""
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Name) and node.func.id in self.defined:
            return True
        if node.func in self.trusted:
            return is_assertion(self.trusted[node.func])
        return isinstance(node.func, ast.Attribute) and node.func.attr.startswith("assert")

    def _passed(self, tree: ast.AST) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                if node.func not in self.trusted and not self.is_judgement(node):
                    parts: list[ast.AST] = [*node.args, *node.keywords, node.func]
                    in_place = any(keyword.arg == "inplace" for keyword in node.keywords)
                    if (
                        isinstance(node.func, ast.Attribute)
                        and node.func.attr in TRUSTED_METHODS
                        and not in_place
                    ):
                        parts.pop()  # such a method changes nothing
                    names = (name for part in parts for name in ast.walk(part))
                    yield from (name.id for name in names if isinstance(name, ast.Name))
            elif isinstance(node, ast.Lambda) or (
                isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
            ):
                yield from (name.id for name in ast.walk(node) if isinstance(name, ast.Name))


def _bindings(tree: ast.AST) -> Iterator[str]:
    """Yield a name for each place that gives it a value; twice where a statement does so repeatedly."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        if isinstance(node, ast.For | ast.While | ast.AugAssign):
            changed = node.target if isinstance(node, ast.AugAssign) else node
            yield from (
                part.id
                for part in ast.walk(changed)
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            )
