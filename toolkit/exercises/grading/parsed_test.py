"""A test, read once: what the grader interprets of it, and what the kernel has to decide.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from toolkit.exercises.grading.expression_kinds import ExpressionKinds
from toolkit.exercises.grading.syntax_queries import (
    assigned_names,
    class_names,
    compares,
    hidden_lines,
    imported_modules,
    is_exit,
    is_simple_target,
    last_name,
    raised_names,
    root_name,
)
from toolkit.exercises.grading.trusted_names import TRUSTED_METHODS, TrustedNames, is_assertion

__all__ = ["ParsedTest"]

_JUDGING_NAME = ("assert", "check", "expect", "fail", "test", "verify")
_COMPOUND = (ast.For, ast.If, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)
_HARMLESS_MODULES = frozenset(
    [
        "IPython",
        "contextlib",
        "copy",
        "io",
        "itertools",
        "json",
        "math",
        "matplotlib",
        "numpy",
        "os",
        "pandas",
        "pathlib",
        "pprint",
        "random",
        "seaborn",
        "string",
        "sys",
        "time",
        "unittest",
        "warnings",
    ]
)
_ASYNC = (ast.Await, ast.AsyncFor, ast.AsyncWith)


class ParsedTest:
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
        It is not Python alone, or awaits something: only the kernel can run it.
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
        self._bound = frozenset(assigned_names(tree))
        self._helpers = helpers - answered
        self.trusted = TrustedNames(self.body, self._bound | answered)
        self._imported = dict(imported_modules(tree))
        self._defined = {one.name: one for one in self.body if isinstance(one, ast.FunctionDef)}
        self.functions: dict[str, ast.FunctionDef] = {}
        self.functions = {
            name: function for name, function in self._defined.items() if self._is_interpreted(function)
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
                return not local or self.is_judgement(statement.value) or _is_text(statement.value)
            case ast.Raise():
                return statement.cause is None and isinstance(statement.exc, ast.Call | ast.Name | None)
            case ast.Return():
                return local
            case ast.FunctionDef():
                return not local and statement.name in self.functions
            case ast.If():
                return self._are_interpreted([*statement.body, *statement.orelse], local=local)
            case ast.While():
                return self._are_interpreted([*statement.body, *statement.orelse], local=local)
            case ast.For():
                return is_simple_target(statement.target) and self._are_interpreted(
                    [*statement.body, *statement.orelse], local=local
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

    def _are_interpreted(self, statements: list[ast.stmt], *, local: bool) -> bool:
        return all(
            self.is_interpreted(one, local=local)
            or (not local and isinstance(one, ast.Import | ast.ImportFrom))
            for one in statements
        )

    def _is_interpreted(self, function: ast.FunctionDef) -> bool:
        """Whether a function of the test judges, and can be interpreted."""
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
                or (isinstance(node, ast.Call) and last_name(node.func).startswith("assert"))
                for node in ast.walk(function)
            )
            and all(self.is_interpreted(one, local=True) for one in function.body)
        )

    def is_judgement(self, node: ast.expr) -> bool:
        """Whether an expression is a call that fails where something is wrong."""
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Name) and node.func.id in self._defined:
            return True
        if node.func in self.trusted:
            return is_assertion(self.trusted[node.func])
        return isinstance(node.func, ast.Attribute) and node.func.attr.startswith("assert")

    def _passed(self, tree: ast.AST) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                if node.func not in self.trusted and not self.is_judgement(node):
                    parts: list[ast.AST] = [*node.args, *node.keywords, node.func]
                    if isinstance(node.func, ast.Attribute) and node.func.attr in TRUSTED_METHODS:
                        parts.pop()  # such a method changes nothing
                    names = (name for part in parts for name in ast.walk(part))
                    yield from (name.id for name in names if isinstance(name, ast.Name))
            elif isinstance(node, ast.Lambda) or (
                isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
            ):
                yield from (name.id for name in ast.walk(node) if isinstance(name, ast.Name))

    # ------------------------------------------------------------------ what the kernel decides

    @cached_property
    def decides_in_kernel(self) -> bool:  # noqa: PLR0912 - one case for each kind
        """Whether the kernel decides something, which a cheat could change; or nothing is checked at all."""
        checks = 0
        # Names that got a value by a decision in the kernel, and by a function of a library.
        judged: set[str] = set()
        found: set[str] = set()
        for number, statement in enumerate(self.body):
            if not self.is_interpreted(statement):
                if isinstance(statement, _COMPOUND) and compares(statement):
                    judged |= assigned_names(statement)
                if self._may_fail(statement) or (judged and isinstance(statement, ast.Assert)):
                    return True
                continue
            last = number == len(self.body) - 1
            for part in self._interpreted_parts(statement):
                if isinstance(part, ast.Assert):
                    checks += 1
                    if not self._is_proved(part.test, judged, found):
                        return True
                elif isinstance(part, ast.Expr):
                    computed = self._is_computed(part.value)
                    ends = raised_names(part.value) or (is_exit(part.value) and part is not statement)
                    if ends or (self.is_judgement(part.value) and computed):
                        checks += 1
                    elif last and part is statement and not _is_text(part.value):
                        if not computed:
                            return True
                        checks += 1
                    elif self._may_fail(part):
                        return True
                elif isinstance(part, ast.With | ast.Try | ast.Raise):
                    checks += 1
                elif isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None:
                    names = assigned_names(part)
                    if self._decides(part.value):
                        judged |= names
                    if self._asks_library(part.value):
                        found |= names
                    if names & self.kernel_names and self.kinds.is_split(part.value, self._bound_values):
                        judged |= names
        return not checks

    @cached_property
    def _bound_values(self) -> frozenset[str]:
        """Names that the grader knows, as far as the source tells."""
        kernel: set[str] = set(self.kernel_names)
        while True:
            known = self._bound - kernel
            found = {
                name
                for statement in self.body
                for part in ast.walk(statement)
                if isinstance(part, ast.Assign)
                and not self.kinds.is_known(part.value, known)
                and not self.kinds.is_split(part.value, known)
                for name in assigned_names(part)
            }
            if found <= kernel:
                return frozenset(known)
            kernel |= found

    def _is_computed(self, node: ast.expr) -> bool:
        """Whether the grader computes an expression, from values of the kernel or without."""
        names = self._bound_values
        return self.kinds.is_known(node, names) or self.kinds.is_split(node, names)

    def _interpreted_parts(self, statement: ast.stmt) -> Iterator[ast.stmt]:
        """Yield a statement and those in it."""
        yield statement
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.stmt):
                yield from self._interpreted_parts(child)
            elif isinstance(child, ast.ExceptHandler):
                for part in child.body:
                    yield from self._interpreted_parts(part)

    def _is_proved(self, node: ast.expr, judged: set[str], found: set[str]) -> bool:
        """Whether the truth of an expression follows from values that say nothing of what is expected."""
        names = self._bound_values
        if self.kinds.is_known(node, names):
            return True
        if self.kinds.is_split(node, names):
            if isinstance(node, ast.BoolOp | ast.UnaryOp):
                parts = node.values if isinstance(node, ast.BoolOp) else [node.operand]
                return all(self._is_proved(part, judged, found) for part in parts)
            truth = isinstance(node, ast.Compare) and any(
                isinstance(side, ast.Constant) and isinstance(side.value, bool)
                for side in [node.left, *node.comparators]
            )
            return not any(
                self._decides(inner)
                or (truth and isinstance(inner, ast.expr) and self._asks_library(inner))
                or (isinstance(inner, ast.Name) and inner.id in judged)
                for part in self._kernel_parts(node)
                for inner in ast.walk(part)
            )
        loads = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        return not self._decides(node) and not self._asks_library(node) and not loads & (judged | found)

    def _kernel_parts(self, node: ast.expr) -> Iterator[ast.expr]:
        names = self._bound_values
        for child in ast.walk(node):
            if (
                isinstance(child, ast.expr)
                and not self.kinds.is_known(child, names)
                and not self.kinds.is_split(child, names)
            ):
                yield child

    def _decides(self, node: ast.AST) -> bool:
        """Whether the kernel decides in an expression: it compares, or calls another one's function."""
        if isinstance(node, ast.expr) and self.kinds.is_split(node, self._bound_values):
            return False
        for part in ast.walk(node):
            if isinstance(part, ast.Compare | ast.BoolOp):
                return True
            if isinstance(part, ast.Call) and self._is_helper(root_name(part.func)):
                return True
        return False

    def _is_helper(self, name: str) -> bool:
        """Whether a name is a function of the author's that may judge."""
        return name in self._helpers or (name in self._defined and compares(self._defined[name]))

    def _is_unknown_judge(self, node: ast.Call) -> bool:
        """Whether a function that the test imports from an unknown module gets a value of the student's."""
        module = self._imported.get(root_name(node.func), "")
        return (
            bool(module)
            and module not in _HARMLESS_MODULES
            and any(
                isinstance(part, ast.Call) and part.func not in self.trusted
                for argument in [*node.args, *node.keywords]
                for part in ast.walk(argument)
            )
        )

    def _asks_library(self, node: ast.expr) -> bool:
        """Whether the kernel calls a function of Python or of a library, which student code can replace."""
        return isinstance(node, ast.Call) and (
            last_name(node.func) in {"callable", "hasattr", "isinstance", "issubclass"}
            or (
                isinstance(node.func, ast.Attribute)
                and root_name(node.func) in self.trusted.roots()
                and node.func not in self.trusted
            )
        )

    def _may_fail(self, statement: ast.stmt) -> bool:
        """Whether a statement that the kernel runs can fail without an error of the student's code."""
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            return False
        for node in ast.walk(statement):
            if isinstance(node, ast.Assert | ast.Raise) or is_exit(node):
                return True
            if isinstance(node, ast.Call):
                root, name = root_name(node.func), last_name(node.func)
                if name.lower().startswith(_JUDGING_NAME) or name == "raises":
                    return True
                if self._is_helper(root) or self._is_unknown_judge(node):
                    return True
        return isinstance(statement, ast.With | ast.Try) and compares(statement)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)
