"""Computes the expressions of a test in the grader's process, with values that the kernel sends.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable
from typing import Any

from toolkit.exercises.grading.comparison import OPERATORS, shortened
from toolkit.exercises.grading.expression_kinds import Comprehension
from toolkit.exercises.grading.kernel_dialogue import KernelDialogue, Steps
from toolkit.exercises.grading.parsed_test import ParsedTest
from toolkit.exercises.grading.trusted_names import (
    TRUSTED_METHODS,
    is_assertion,
    trusted_attribute,
)
from toolkit.exercises.grading.value_operations import (
    UNARY_OPERATORS,
    CheckFailedError,
    OpaqueError,
    TestCodeError,
    check_length,
    compute,
    compute_binary,
    compute_text,
    qualified_names,
)
from toolkit.kernels.kernel_steps import KernelSteps
from toolkit.kernels.value_decoder import ComparedValue, OpaqueValue, ValueComparisons

__all__ = ["Evaluator"]

_MAX_OPERATIONS = 2_000_000
_CONVERSIONS: dict[int, Callable[[object], str]] = {ord("s"): str, ord("r"): repr, ord("a"): ascii}
_TRUTH = ValueComparisons((("bool", None),))


class Evaluator(KernelDialogue):
    """Computes expressions of one run of a test.

    Parameters
    ----------
    program : ParsedTest
        The test.
    """

    def __init__(self, program: ParsedTest) -> None:
        super().__init__()
        self.program = program
        self._operations = 0

    def evaluate(self, node: ast.expr) -> Steps[Any]:
        """Return the value of an expression.

        Raises
        ------
        TestCodeError
            It raises an error.
        OpaqueError
            An operation of the grader needs a value that only the kernel knows.
        """
        known = self.program.kinds.is_known(node, self.values)
        if not known and not self.program.kinds.is_split(node, self.values):
            decoded = yield from self.ask(node)
            return decoded.plain
        self.count_operation()
        found = yield from self._operation(node)
        return found

    def count_operation(self) -> None:
        """Count an operation of the grader; raise `TestCodeError` after too many."""
        self._operations += 1
        if self._operations > _MAX_OPERATIONS:
            raise TestCodeError(qualified_names(OverflowError), "too many operations")

    def is_true(self, node: ast.expr) -> Steps[bool]:
        """Return the truth of an expression."""
        kinds = self.program.kinds
        if kinds.is_known(node, self.values) or kinds.is_split(node, self.values):
            return bool(compute(bool, (yield from self.evaluate(node))))
        value = (yield from self.ask(node)).plain
        if isinstance(value, OpaqueValue):
            result = yield KernelSteps(compared=_TRUTH)
            if isinstance(result, ComparedValue) and result.results[0] is not None:
                return result.results[0]
            raise OpaqueError(value)
        return bool(compute(bool, value))

    def _operation(self, node: ast.expr) -> Steps[Any]:  # noqa: PLR0911, PLR0912 - one case for each kind
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self.values[node.id] if node.id in self.values else self.program.trusted[node]
            case ast.Attribute():
                if node in self.program.trusted:
                    return self.program.trusted[node]
                owner = yield from self.evaluate(node.value)
                return self._member(owner, node.attr)
            case ast.Compare():
                return (yield from self._compare(node))
            case ast.BoolOp():
                value: Any = None
                for part in node.values:
                    value = yield from self.evaluate(part)
                    if bool(compute(bool, value)) is isinstance(node.op, ast.Or):
                        break
                return value
            case ast.UnaryOp(op=ast.Not()):
                return not (yield from self.is_true(node.operand))
            case ast.UnaryOp():
                operand = yield from self.evaluate(node.operand)
                return compute(UNARY_OPERATORS[type(node.op)], operand)
            case ast.BinOp():
                left = yield from self.evaluate(node.left)
                right = yield from self.evaluate(node.right)
                return compute_binary(node.op, left, right)
            case ast.IfExp():
                holds = yield from self.is_true(node.test)
                return (yield from self.evaluate(node.body if holds else node.orelse))
            case ast.Call():
                return (yield from self._call(node))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return (yield from self._comprehension(node))
            case ast.Subscript():
                base = yield from self.evaluate(node.value)
                key = yield from self.evaluate(node.slice)
                return compute(operator.getitem, base, key)
            case ast.Slice():
                ends = yield from self._all(
                    [end or ast.Constant(None) for end in (node.lower, node.upper, node.step)]
                )
                return slice(*ends)
            case ast.JoinedStr():
                return "".join((yield from self._formatted(node)))
            case ast.Dict():
                pairs: dict[Any, Any] = {}
                for key_node, value_node in zip(node.keys, node.values, strict=True):
                    if key_node is None:
                        compute(pairs.update, (yield from self.evaluate(value_node)))
                        continue
                    key = yield from self.evaluate(key_node)
                    compute(pairs.__setitem__, key, (yield from self.evaluate(value_node)))
                return pairs
            case ast.List() | ast.Tuple() | ast.Set():
                items = yield from self._all(node.elts)
                return compute({ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)], items)
        raise TestCodeError(qualified_names(SyntaxError), ast.unparse(node))

    def _all(self, nodes: Iterable[ast.expr]) -> Steps[list[Any]]:
        values = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                values.extend((yield from self.items_of(node.value)))
            else:
                values.append((yield from self.evaluate(node)))
        return values

    def _compare(self, node: ast.Compare) -> Steps[Any]:
        left = yield from self.evaluate(node.left)
        result: Any = True
        for compared, right_node in zip(node.ops, node.comparators, strict=True):
            right = yield from self.evaluate(right_node)
            result = compute(OPERATORS[type(compared)], left, right)
            if len(node.ops) > 1 and not compute(bool, result):
                break
            left = right
        return result

    def _call(self, node: ast.Call) -> Steps[Any]:
        if isinstance(node.func, ast.Name) and node.func.id in self.program.functions:
            return (yield from self.call_function(self.program.functions[node.func.id], node))
        if node.func in self.program.trusted:
            function = self.program.trusted[node.func]
        else:
            assert isinstance(node.func, ast.Attribute)  # noqa: S101 - see `ExpressionKinds`
            owner = yield from self.evaluate(node.func.value)
            function = self._member(owner, node.func.attr)
        if (function is all or function is any) and len(node.args) == 1:
            return (yield from self._quantified(node, stop=function is any))
        if function is type and len(node.args) == 1:
            return (yield from self._type_of(node.args[0]))
        values = yield from self._all([*node.args, *(keyword.value for keyword in node.keywords)])
        names = [keyword.arg for keyword in node.keywords if keyword.arg is not None]
        given, named = values[: len(node.args)], values[len(node.args) :]
        return self.called(function, given, dict(zip(names, named, strict=True)))

    def called(self, function: Any, given: list[Any], named: dict[str, Any]) -> Any:  # noqa: ANN401
        """Return the result of a trusted function.

        Parameters
        ----------
        function : callable
            The function.
        given, named : list, dict
            Its arguments.

        Raises
        ------
        CheckFailedError
            It is an assertion that does not hold.
        """
        for value in given:
            check_length(value)
        try:
            return compute(function, *given, **named)
        except TestCodeError as error:
            if is_assertion(function) and "AssertionError" in error.classes:
                raise CheckFailedError("") from error
            raise

    def call_function(self, function: ast.FunctionDef, node: ast.Call) -> Steps[Any]:
        """Interpret a call of a function of the test; `TestInterpreter` does.

        Parameters
        ----------
        function : ast.FunctionDef
            The function.
        node : ast.Call
            The call.
        """
        raise NotImplementedError(function.name, node)

    def _quantified(self, node: ast.Call, *, stop: bool) -> Steps[bool]:
        (argument,) = node.args
        kinds = self.program.kinds
        if isinstance(argument, ast.GeneratorExp) and kinds.is_split(argument, self.values):
            result = yield from self._comprehension(argument, stop=stop)
            return bool(compute(any if stop else all, result))
        if kinds.is_known(argument, self.values) or kinds.is_split(argument, self.values):
            value = yield from self.evaluate(argument)
        else:
            # A list, because a generator cannot be sent.
            value = (yield from self.ask(argument, f"[*{self.source_of(argument)}]")).plain
        return bool(compute(any if stop else all, value))

    def _type_of(self, node: ast.expr) -> Steps[Any]:
        kinds = self.program.kinds
        if kinds.is_known(node, self.values) or kinds.is_split(node, self.values):
            value = yield from self.evaluate(node)
            return type(value)
        decoded = yield from self.ask(node)
        if isinstance(decoded.plain, OpaqueValue):
            raise OpaqueError(decoded.plain)
        kind = type(decoded.plain)
        # A subclass of one's own is sent as its base class.
        return kind if decoded.exact or kind.__module__ != "builtins" else type("subclass", (kind,), {})

    def _comprehension(self, node: Comprehension, *, stop: bool | None = None) -> Steps[Any]:
        outer = dict(self.values)
        found: list[Any] = []
        try:
            yield from self._generated(node, 0, found, stop)
        finally:
            self.values = outer
        if isinstance(node, ast.DictComp):
            return compute(dict, found)
        return compute(set, found) if isinstance(node, ast.SetComp) else found

    def _generated(self, node: Comprehension, depth: int, found: list[Any], stop: bool | None) -> Steps[bool]:  # noqa: FBT001
        """Add the items; return True if one is `stop`, after which no more are wanted."""
        if depth == len(node.generators):
            if isinstance(node, ast.DictComp):
                key = yield from self.evaluate(node.key)
                found.append((key, (yield from self.evaluate(node.value))))
                return False
            item = yield from self.evaluate(node.elt)
            found.append(item)
            return stop is not None and bool(compute(bool, item)) is stop
        part = node.generators[depth]
        for value in (yield from self.items_of(part.iter)):
            self.bind(part.target, value)
            wanted = True
            for condition in part.ifs:
                wanted = wanted and (yield from self.is_true(condition))
            if wanted and (yield from self._generated(node, depth + 1, found, stop)):
                return True
        return False

    def items_of(self, node: ast.expr) -> Steps[list[Any]]:
        """Return the items of an iterable."""
        kinds = self.program.kinds
        if kinds.is_known(node, self.values) or kinds.is_split(node, self.values):
            value = yield from self.evaluate(node)
        else:
            value = (yield from self.ask(node, f"[*{self.source_of(node)}]")).plain
        check_length(value)
        return list(compute(iter, value))

    def bind(self, target: ast.expr, value: Any) -> None:  # noqa: ANN401
        """Give the names of a target their values.

        Parameters
        ----------
        target : ast.expr
            A name, or several of them.
        value : object
            The value, with as many items as there are names.
        """
        if isinstance(target, ast.Name):
            self.values[target.id] = value
            return
        assert isinstance(target, ast.Tuple | ast.List)  # noqa: S101 - see `ParsedTest.is_interpreted`
        items = compute(lambda: list(value))
        if len(items) != len(target.elts):
            raise TestCodeError(qualified_names(ValueError), "wrong number of values to unpack")
        for one, item in zip(target.elts, items, strict=True):
            self.bind(one, item)

    def text(self, node: ast.expr) -> Steps[str | None]:
        """Return the text of an author's message; None if it cannot be computed from values."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        if not isinstance(node, ast.JoinedStr):
            value = yield from self.evaluate(node)
            return shortened(value, is_text=True)
        return "".join(shortened(part, is_text=True) for part in (yield from self._formatted(node)))

    def _formatted(self, node: ast.JoinedStr) -> Steps[list[str]]:
        """Return the parts of an f-string."""
        parts: list[str] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value))
                continue
            assert isinstance(part, ast.FormattedValue)  # noqa: S101 - no other kind is there
            value = yield from self.evaluate(part.value)
            form = ""
            if isinstance(part.format_spec, ast.JoinedStr):
                form = "".join((yield from self._formatted(part.format_spec)))
            if part.conversion in _CONVERSIONS:
                value = compute_text(_CONVERSIONS[part.conversion], value)
            parts.append(compute_text(format, value, form))
        return parts

    def _member(self, owner: Any, name: str) -> Any:  # noqa: ANN401
        if isinstance(owner, OpaqueValue):
            raise OpaqueError(owner)
        if not trusted_attribute(owner, name) and name not in TRUSTED_METHODS:
            raise TestCodeError(qualified_names(AttributeError), name)
        return compute(getattr, owner, name)
