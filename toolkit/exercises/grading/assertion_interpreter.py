"""Interprets a test in the grader's process: the kernel computes values, and decides nothing.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Sequence
from typing import Any

from toolkit.exercises.grading.assertion_checks import AssertionChecker, conjuncts
from toolkit.exercises.grading.comparison import shortened
from toolkit.exercises.grading.kernel_dialogue import Steps
from toolkit.exercises.grading.parsed_test import ParsedTest
from toolkit.exercises.grading.syntax_queries import (
    assigned_names,
    class_names,
    given_arguments,
    is_exit,
    is_raising_pattern,
    raised_names,
)
from toolkit.exercises.grading.value_operations import (
    CheckFailedError,
    OpaqueError,
    TestCodeError,
    compute,
    compute_in_place,
    is_immutable,
    qualified_names,
)
from toolkit.i18n import _
from toolkit.kernels.kernel_steps import KernelSteps
from toolkit.kernels.value_decoder import OpaqueValue

__all__ = ["TestInterpreter"]

_MAX_CALLS = 20


class _Left(Exception):  # noqa: N818 - no error: a statement that leaves a loop or a function
    def __init__(self, kind: type[ast.stmt], value: Any = None) -> None:  # noqa: ANN401
        super().__init__(kind.__name__)
        self.kind = kind
        self.value = value


class TestInterpreter(AssertionChecker):
    """One run of a test.

    Parameters
    ----------
    program : ParsedTest
        The test.
    own : frozenset of int
        Numbers of the statements whose values may be of classes of the student's own.
    restored : tuple of str
        Names that hide functions of Python in the student's namespace.
    learning : bool
        True to go on after a check that fails, for the worked solution: only `opaque` is wanted.
    """

    __test__ = False  # not for pytest

    def __init__(
        self,
        program: ParsedTest,
        own: frozenset[int] = frozenset(),
        restored: tuple[str, ...] = (),
        *,
        learning: bool = False,
    ) -> None:
        super().__init__(program, own, learning=learning)
        self._restored = restored
        self._calls = 0
        #: Number of the blocks around a statement that expect an error.
        self._expecting = 0
        #: Name and message of the error that ended the test in the grader's process; empty if none did.
        self.failure: tuple[str, str] = ("", "")
        #: Text of the test's last expression, as a notebook displays it; None if it has none.
        self.score: str | None = None

    def run(self) -> Steps[None]:
        """Run the test to its end; the last steps tell the kernel how it ended."""
        body = self.program.body
        restore = self.program.decides_in_kernel or self.own
        for self.number, statement in enumerate(body):
            if restore and self.number == 0:
                yield KernelSteps(restored=self._restored)
            try:
                yield from self._top_level(statement, last=self.number == len(body) - 1)
            except OpaqueError as error:
                self.opaque.add(self.number)
                if self.learning:
                    continue
                self._fail("AssertionError", self._opaque_sentence(statement, error.value))
            except (_Left, RecursionError) as error:
                # Such as a `break` outside of a loop, which Python refuses.
                self._fail("SyntaxError", str(error))
            except TestCodeError as error:
                if self.learning:
                    continue
                if error.in_kernel:
                    yield KernelSteps(end="error")
                    return
                self._fail(error.name, error.text or _("A check did not hold."))
            if self.failure[0]:
                yield KernelSteps(end="failed")
                return
        yield KernelSteps(tuple(self.pending), end="passed")

    def _fail(self, name: str, text: str) -> None:
        self.failure = name, text.encode(errors="backslashreplace").decode()

    def _opaque_sentence(self, statement: ast.stmt, value: OpaqueValue) -> str:
        if self.program.is_hidden(statement):
            return _("A hidden check did not hold.")
        return _("`{got}` is no plain value: it cannot be compared here").format(got=shortened(value))

    # ------------------------------------------------------------------ statements

    def _top_level(self, statement: ast.stmt, *, last: bool) -> Steps[None]:
        own = self.number in self.own and not self.learning
        if own and not (isinstance(statement, ast.Assert) and self._is_comparable(statement.test)):
            if last and isinstance(statement, ast.Expr) and not self._fails(statement.value):
                yield from self.ask(statement.value, shown=True)
            else:
                self._in_kernel(statement)
                yield from self.flush()
        elif last and isinstance(statement, ast.Expr) and not self._fails(statement.value):
            yield from self._last_expression(statement.value)
        else:
            yield from self._statement(statement)

    def _is_comparable(self, node: ast.expr) -> bool:
        return all(self.comparison_parts(part) is not None for part in conjuncts(node))

    def _last_expression(self, node: ast.expr) -> Steps[None]:
        kinds = self.program.kinds
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return  # a text at the end is a remark
        if kinds.is_known(node, self.values) or kinds.is_split(node, self.values):
            value = yield from self.evaluate(node)
            self.score = None if value is None else repr(value)
        else:
            yield from self.ask(node, shown=True)

    def _fails(self, node: ast.expr) -> bool:
        """Return whether an expression is there to fail, and not to be displayed."""
        is_own = isinstance(node, ast.Call) and getattr(node.func, "id", "") in self.program.defined
        return (self.program.is_judgement(node) and not is_own) or bool(raised_names(node)) or is_exit(node)

    def _block(self, statements: Iterable[ast.stmt]) -> Steps[None]:
        for statement in statements:
            yield from self._statement(statement)
            if self._expecting:
                # After an error in the kernel no further statement may take effect.
                yield from self.flush()

    def _statement(self, node: ast.stmt) -> Steps[None]:  # noqa: PLR0912 - one case for each kind
        if not self.program.is_interpreted(node, local=self._calls > 0):
            self._in_kernel(node)
            return
        match node:
            case ast.Assert():
                yield from self.check_assertion(node)
            case ast.Assign(targets=[target]):
                yield from self._assign(node, target, node.value)
            case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
                yield from self._assign(node, target, value)
            case ast.AugAssign():
                yield from self._augmented(node)
            case ast.Expr():
                yield from self._expression(node)
            case ast.Raise():
                yield from self._raise(node)
            case ast.Return():
                returned = node.value or ast.Constant(None)
                raise _Left(ast.Return, (yield from self.evaluate(returned)))
            case ast.Break() | ast.Continue():
                raise _Left(type(node))
            case ast.If():
                holds = yield from self.is_true(node.test)
                yield from self._block(node.body if holds else node.orelse)
            case ast.For():
                yield from self._loop(node)
            case ast.While():
                yield from self._while(node)
            case ast.With():
                yield from self.flush()
                yield from self._raising(node.items[0].context_expr, node.body)
            case ast.Try():
                yield from self._try(node)

    def _in_kernel(self, node: ast.stmt) -> None:
        targets = [part.target for part in ast.walk(node) if isinstance(part, ast.AugAssign)]
        changed = {target.id for target in targets if isinstance(target, ast.Name)}
        for name in sorted(assigned_names(node) & self.values.keys()):
            value = self.values.pop(name)
            if name in changed:
                self.bind_in_kernel(name, value)
        self.pending.append((self.source_of(node), node.lineno, None))

    def _assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> Steps[None]:
        kinds, names = self.program.kinds, assigned_names(target)
        known = kinds.is_known(value, self.values)
        if self._calls:
            self.bind(target, (yield from self.evaluate(value)))
        elif (
            names & self.program.kernel_names
            or not (known or kinds.is_split(value, self.values))
            or (not isinstance(target, ast.Name) and not known)
        ):
            self._in_kernel(node)
        else:
            found = yield from self.evaluate(value)
            if names & self.program.passed_names and not is_immutable(found):
                self._in_kernel(node)
            else:
                self.bind(target, found)

    def _augmented(self, node: ast.AugAssign) -> Steps[None]:
        assert isinstance(node.target, ast.Name)  # noqa: S101 - see `ParsedTest.is_interpreted`
        name = node.target.id
        if name in self.values:
            change = yield from self.evaluate(node.value)
            self.values[name] = compute_in_place(node.op, self.values[name], change)
        else:
            self._in_kernel(node)

    def _expression(self, node: ast.Expr) -> Steps[None]:
        call = node.value
        if isinstance(call, ast.Constant):
            return
        if is_exit(call):
            raise TestCodeError(qualified_names(SystemExit), _("The test ended the program."))
        if raised_names(call) and isinstance(call, ast.Call):
            yield from self.flush()
            function, *arguments = call.args[2:] if is_raising_pattern(call) else call.args[1:]
            called = ast.copy_location(ast.Call(function, arguments, call.keywords), call)
            yield from self._raising(call, [ast.copy_location(ast.Expr(called), call)])
        elif self.program.is_judgement(call) and self.program.kinds.is_split(call, self.values):
            self.received.clear()
            try:
                yield from self.evaluate(call)
            except CheckFailedError as failure:
                raise CheckFailedError(failure.text or self.sentence(call)) from failure
        elif self.program.is_judgement(call) and self.program.kinds.is_known(call, self.values):
            yield from self.evaluate(call)
        else:
            self._in_kernel(node)

    def _raise(self, node: ast.Raise) -> Steps[None]:
        yield from self.flush()
        error = node.exc
        call = error if isinstance(error, ast.Call) else None
        name = ast.unparse(call.func if call is not None else error) if error is not None else "Exception"
        text = (yield from self.told(call.args[0])) if call is not None and call.args else ""
        kind = getattr(builtins, name, Exception)
        if not isinstance(kind, type) or not issubclass(kind, BaseException):
            kind = Exception
        if issubclass(kind, AssertionError):
            raise CheckFailedError(text or "")
        raise TestCodeError((name, *qualified_names(kind)), text or "")

    def _loop(self, node: ast.For) -> Steps[None]:
        for value in (yield from self.items_of(node.iter)):
            self._bind_item(node, value)
            if (yield from self._is_left(node.body)):
                return
        yield from self._block(node.orelse)

    def _while(self, node: ast.While) -> Steps[None]:
        while (yield from self.is_true(node.test)):
            self.count_operation()
            if (yield from self._is_left(node.body)):
                return
        yield from self._block(node.orelse)

    def _is_left(self, body: Sequence[ast.stmt]) -> Steps[bool]:
        """Run the body of a loop once; return whether it leaves the loop."""
        try:
            yield from self._block(body)
        except _Left as left:
            if left.kind not in {ast.Break, ast.Continue}:
                raise
            return left.kind is ast.Break
        return False

    def _bind_item(self, node: ast.For, value: Any) -> None:  # noqa: ANN401
        self.bind(node.target, value)
        if self._calls:
            return
        for name in assigned_names(node.target):
            item = self.values[name]
            changed = name in self.program.passed_names and not is_immutable(item)
            if changed or name in self.program.kernel_names:
                # Student code gets it, and may change it: it lives in the kernel.
                self.bind_in_kernel(name, item)
                del self.values[name]

    def _raising(self, call: ast.expr, body: Sequence[ast.stmt]) -> Steps[None]:
        wanted = raised_names(call)
        match = next(
            (one.value for one in getattr(call, "keywords", []) if one.arg in {"match", "expected_regex"}),
            None,
        )
        if match is None and isinstance(call, ast.Call) and is_raising_pattern(call):
            match = call.args[1]
        try:
            yield from self._expecting_block(body)
        except TestCodeError as error:
            if not error.is_one_of(wanted):
                raise
            pattern = (yield from self.evaluate(match)) if match is not None else ""
            if compute(re.search, str(pattern), error.text):
                return
            text = _("The error says something else than expected.")
        else:
            text = _("No error was raised; {name} was expected.").format(name=" / ".join(wanted))
        raise CheckFailedError(_("A hidden check did not hold.") if self.program.is_hidden(call) else text)

    def _expecting_block(self, statements: Sequence[ast.stmt]) -> Steps[None]:
        self._expecting += 1
        try:
            yield from self._block(statements)
        finally:
            self._expecting -= 1

    def _try(self, node: ast.Try) -> Steps[None]:
        yield from self.flush()
        try:
            try:
                yield from self._expecting_block(node.body)
            except TestCodeError as error:
                for handler in node.handlers:
                    if error.is_one_of(class_names(handler.type)):
                        yield from self._block(handler.body)
                        return
                raise
            yield from self._block(node.orelse)
        finally:
            yield from self._block(node.finalbody)

    # ------------------------------------------------------------------ functions of the test

    def call_function(self, function: ast.FunctionDef, node: ast.Call) -> Steps[Any]:
        """Interpret a call of a function of the test.

        Parameters
        ----------
        function : ast.FunctionDef
            The function.
        node : ast.Call
            The call.
        """
        outer = dict(self.values), dict(self.references)
        values, references = yield from self._arguments(function, node)
        self._calls += 1
        if self._calls > _MAX_CALLS:
            raise TestCodeError(qualified_names(RecursionError), "too many calls")
        self.values = {**outer[0], **values}
        self.references = {**outer[1], **references}
        for name in references:
            self.values.pop(name, None)
        try:
            yield from self._block(function.body)
        except _Left as left:
            return left.value
        finally:
            self.values, self.references = outer
            self._calls -= 1
        return None

    def _arguments(
        self, function: ast.FunctionDef, node: ast.Call
    ) -> Steps[tuple[dict[str, Any], dict[str, ast.expr]]]:
        given, defaults = given_arguments(function, node)
        values: dict[str, Any] = {}
        references: dict[str, ast.expr] = {}
        arguments = [*function.args.args, *function.args.kwonlyargs]
        if len(node.args) > len(function.args.args) or given.keys() - {one.arg for one in arguments}:
            raise TestCodeError(qualified_names(TypeError), f"{function.name}() got other arguments")
        for one in arguments:
            expression = given.get(one.arg, defaults.get(one.arg))
            if expression is None:
                raise TestCodeError(qualified_names(TypeError), f"{function.name}() misses '{one.arg}'")
            known = self.program.kinds.is_known(expression, self.values)
            if isinstance(expression, ast.Name) and not known:
                # Something of the student's, such as the function to test.
                references[one.arg] = self.references.get(expression.id, expression)
            else:
                values[one.arg] = yield from self.evaluate(expression)
        return values, references
