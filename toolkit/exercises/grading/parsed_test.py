"""A test, read once: what the grader interprets of it, and whether the kernel has to decide anything.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from functools import cached_property

from toolkit.exercises.grading.interpreted_statements import InterpretedStatements
from toolkit.exercises.grading.syntax_queries import (
    assigned_names,
    compares,
    is_exit,
    last_name,
    raised_names,
    root_name,
)

__all__ = ["ParsedTest"]

_JUDGING_NAME = ("assert", "check", "expect", "fail", "test", "verify")
_COMPOUND = (ast.For, ast.If, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)
_HARMLESS_MODULES = """
    IPython contextlib copy io itertools json math matplotlib numpy os pandas pathlib pprint random seaborn
    string sys time unittest warnings
""".split()  # noqa: SIM905 - a list of words is read more easily so


class ParsedTest(InterpretedStatements):
    """One test cell: its statements, and what the kernel decides of it."""

    @cached_property
    def decides_in_kernel(self) -> bool:  # noqa: PLR0912 - one case for each kind
        """Whether the kernel decides a check of the test, or the test has no check."""
        checks = 0
        # Names that got a value by a decision in the kernel, and by a function of a library.
        judged: set[str] = set()
        found: set[str] = set()
        for number, statement in enumerate(self.body):
            if not self.is_interpreted(statement):
                if isinstance(statement, _COMPOUND) and compares(statement):
                    judged |= assigned_names(statement) | self._changed_names(statement)
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
                    computed = self._is_computed(part.value, self._bound_values)
                    ends = raised_names(part.value) or (is_exit(part.value) and part is not statement)
                    if ends or (self.is_judgement(part.value) and computed):
                        checks += 1
                    elif last and part is statement and not isinstance(part.value, ast.Constant):
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

    def _changed_names(self, statement: ast.stmt) -> set[str]:
        """Return the names whose methods a statement calls where it compares values of the student's."""
        if not any(isinstance(part, ast.Compare) and self.asks_student(part) for part in ast.walk(statement)):
            return set()
        calls = [part for part in ast.walk(statement) if isinstance(part, ast.Call)]
        return {root_name(call.func) for call in calls if isinstance(call.func, ast.Attribute)}

    @cached_property
    def _bound_values(self) -> frozenset[str]:
        """Names that the grader knows, as far as the source tells."""
        return self._names_without(set(self.kernel_names | self._kernel_values))

    @cached_property
    def _own_names(self) -> frozenset[str]:
        """Names with values of the test itself, wherever they live."""
        return self._names_without(set())

    def _names_without(self, others: set[str]) -> frozenset[str]:
        """Return the names of the test, without these and those that get a value of the student's."""
        while True:
            known = self.bound - others
            found = {
                name
                for statement in self.body
                for part in ast.walk(statement)
                if isinstance(part, ast.Assign | ast.For)
                and not self._is_computed(part.iter if isinstance(part, ast.For) else part.value, known)
                for name in assigned_names(part.target if isinstance(part, ast.For) else part)
            }
            if found <= others:
                return frozenset(known)
            others |= found

    def _is_computed(self, node: ast.expr, names: frozenset[str]) -> bool:
        """Return whether the grader does the outermost operation of an expression."""
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
        """Return whether the grader decides on the truth of an expression."""
        names = self._bound_values
        if self.kinds.is_known(node, names):
            return True
        if self.kinds.is_split(node, names):
            if isinstance(node, ast.BoolOp | ast.UnaryOp):
                parts = node.values if isinstance(node, ast.BoolOp) else [node.operand]
                return all(self._is_proved(part, judged, found) for part in parts)
            if isinstance(node, ast.Compare | ast.Call) and not self._is_fair(node):
                return False
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

    def _is_fair(self, node: ast.Compare | ast.Call) -> bool:
        """Return whether student code cannot make both sides of a check agree without knowing one of them.

        In the kernel it could replace a function of Python or of a library, or a value of the test's own, so
        such a side is compared with what the grader knows alone. In a comparison by order such a function may
        not even be around the student's value: 0 is less than any tolerance.
        """
        if isinstance(node, ast.Compare):
            by_order = any(isinstance(one, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for one in node.ops)
            sides = [node.left, *node.comparators]
        else:
            by_order, sides = False, node.args
        unknown = [side for side in sides if not self.kinds.is_known(side, self._bound_values)]
        for side in unknown:
            parts = [side] if not self.kinds.is_split(side, self._bound_values) else self._outermost(side)
            for part in parts:
                calls = [one for one in ast.walk(part) if isinstance(one, ast.Call)]
                foreign = [one for one in calls if self._is_foreign(one)]
                loads = {one.id for one in ast.walk(part) if isinstance(one, ast.Name)}
                replaced = bool(foreign) or bool(loads & (self._kernel_values | self._foreign_names))
                alone = len(unknown) > 1 and len(foreign) == len(calls)
                if replaced and (alone or (by_order and foreign)):
                    return False
        return True

    def _outermost(self, node: ast.expr) -> Iterator[ast.expr]:
        """Yield the parts of an expression that are sent to the kernel as they stand."""
        names = self._bound_values
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr) or self.kinds.is_known(child, names):
                continue
            if self.kinds.is_split(child, names):
                yield from self._outermost(child)
            else:
                yield child

    def _is_foreign(self, node: ast.Call) -> bool:
        """Return whether a call is one of Python's or a library's functions, and no method of a value."""
        root = root_name(node.func)
        if not root or root in self.functions or root in self.answered:
            return False
        if isinstance(node.func, ast.Name):
            if root in self.imported or root in self.defined:
                return True
            # Of an unknown function the worked solution tells whose it is.
            is_local = root in self.bound or root in self._parameters
            return not is_local and (bool(self.answered) or hasattr(builtins, root))
        return root in self.imported or node.func in self.trusted

    @cached_property
    def _parameters(self) -> frozenset[str]:
        return frozenset(
            part.arg for part in ast.walk(ast.Module(self.body, [])) if isinstance(part, ast.arg)
        )

    @cached_property
    def _foreign_names(self) -> frozenset[str]:
        """Names of the test that get the value of such a call, and no function of the student's."""
        found = set()
        for part in ast.walk(ast.Module(self.body, [])):
            if isinstance(part, ast.Assign) and not self.kinds.is_known(part.value, self._bound_values):
                calls = [one for one in ast.walk(part.value) if isinstance(one, ast.Call)]
                if calls and all(map(self._is_foreign, calls)):
                    found |= assigned_names(part)
        return frozenset(found)

    @cached_property
    def _kernel_values(self) -> frozenset[str]:
        """Names with values of the test that student code gets and may change: they live in the kernel."""
        return frozenset(
            name
            for part in ast.walk(ast.Module(self.body, []))
            if isinstance(part, ast.Assign | ast.For)
            for value in [part.iter if isinstance(part, ast.For) else part.value]
            if not _is_immutable_source(value, of_items=isinstance(part, ast.For))
            for name in assigned_names(part.target if isinstance(part, ast.For) else part)
            if name in self.passed_names
        )

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
        """Return whether an expression compares values in the kernel, or calls a helper there."""
        if isinstance(node, ast.expr) and self.kinds.is_split(node, self._bound_values):
            return False
        for part in ast.walk(node):
            if isinstance(part, ast.Compare | ast.BoolOp):
                return True
            if isinstance(part, ast.Call) and self._is_helper(root_name(part.func)):
                return True
        return False

    def _is_helper(self, name: str) -> bool:
        """Return whether a name belongs to a function of the author's that may judge."""
        return name in self.helpers or (name in self.defined and compares(self.defined[name]))

    def _is_unknown_judge(self, node: ast.Call) -> bool:
        """Return whether a function of an unknown module gets a value of the student's."""
        module = self.imported.get(root_name(node.func), "")
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
        """Return whether an expression calls a library in the kernel, where student code can replace it."""
        if not isinstance(node, ast.Call) or self.kinds.is_split(node, self._bound_values):
            return False
        root = root_name(node.func)
        return (
            last_name(node.func) in {"callable", "hasattr", "isinstance", "issubclass"}
            or root in self.imported
            or (root in self.defined and root not in self.functions)
            or (isinstance(node.func, ast.Attribute) and root in self.trusted.roots())
        )

    def _may_fail(self, statement: ast.stmt) -> bool:
        """Return whether a statement that the kernel runs can fail without an error of the student's code."""
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            return False
        for node in ast.walk(statement):
            if isinstance(node, ast.Assert | ast.Raise) or is_exit(node):
                return True
            if isinstance(node, ast.Call):
                root, name = root_name(node.func), last_name(node.func)
                if name.lower().startswith(_JUDGING_NAME) or name in {"raises", "warns"}:
                    return True
                if self._is_helper(root) or self._is_unknown_judge(node):
                    return True
        return self._compares_values(statement) or (
            isinstance(statement, ast.With | ast.Try) and compares(statement)
        )

    def _compares_values(self, node: ast.AST) -> bool:
        """Return whether code for the kernel compares a value of the student's."""
        return any(
            isinstance(part, ast.Compare) and not self.kinds.is_known(part, self._own_names)
            for part in ast.walk(node)
        )


def _is_immutable_source(node: ast.expr, *, of_items: bool) -> bool:
    """Return whether an expression surely gives an immutable value, or items that are."""
    if of_items:
        if isinstance(node, ast.Call):
            return root_name(node.func) == "range"
        items = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]
        return all(_is_immutable_source(item, of_items=False) for item in items)
    if isinstance(node, ast.Tuple):
        return all(_is_immutable_source(item, of_items=False) for item in node.elts)
    if isinstance(node, ast.UnaryOp | ast.BinOp):
        parts = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
        return all(_is_immutable_source(part, of_items=False) for part in parts)
    return isinstance(node, ast.Constant | ast.JoinedStr)
