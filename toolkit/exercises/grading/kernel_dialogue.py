"""The dialogue of a test with the kernel: the statements and expressions sent, and the values received.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
from collections.abc import Generator
from typing import Any, TypeVar

from toolkit.exercises.grading.expression_kinds import literal_node, with_values
from toolkit.exercises.grading.value_operations import OpaqueError, TestCodeError
from toolkit.kernels.forkserver.value_encoder import encode_value
from toolkit.kernels.kernel_steps import KernelError, KernelStatement, KernelSteps, StepResult
from toolkit.kernels.value_decoder import DecodedValue, OpaqueValue

__all__ = ["KernelDialogue", "Steps"]

_T = TypeVar("_T")
Steps = Generator[KernelSteps, StepResult, _T]
"""Yields steps for the kernel, and receives their results."""


class KernelDialogue:
    """The values that the grader knows in one run of a test, and the statements that wait for the kernel."""

    def __init__(self) -> None:
        #: Values that the grader knows, by name.
        self.values: dict[str, Any] = {}
        #: Expressions for the arguments of the function that is interpreted.
        self.references: dict[str, ast.expr] = {}
        #: Statements that the kernel has not yet been sent.
        self.pending: list[KernelStatement] = []
        #: The values received for the current check, by their expressions.
        self.received: dict[str, object] = {}

    def source_of(self, node: ast.stmt | ast.expr) -> str:
        """Return the source for the kernel, with known values in place of names."""
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        known: dict[str, ast.expr] = {}
        for name in sorted(names & self.values.keys()):
            literal = literal_node(self.values[name])
            if literal is None:
                self.bind_in_kernel(name, self.values[name])
            else:
                known[name] = literal
        try:
            return with_values(node, {**self.references, **known})
        except ValueError:
            # Python before 3.12 cannot write every text within an f-string.
            for name in known:
                self.bind_in_kernel(name, self.values[name])
            return with_values(node, self.references)

    def bind_in_kernel(self, name: str, value: object) -> None:
        """Give a name of the kernel a value.

        Parameters
        ----------
        name : str
            The name.
        value : object
            The value.

        Raises
        ------
        OpaqueError
            The value cannot be sent.
        """
        encoded = encode_value(value)
        if encoded[0] == "other":
            raise OpaqueError(OpaqueValue(encoded[1]))
        self.pending.append((name, 0, encoded))

    def ask(self, node: ast.expr, source: str = "", *, shown: bool = False) -> Steps[DecodedValue]:
        """Have the kernel evaluate an expression.

        Parameters
        ----------
        node : ast.expr
            The expression.
        source : str
            What the kernel evaluates instead.
        shown : bool
            True if the value is displayed.

        Raises
        ------
        TestCodeError
            It raises an error.
        """
        expression = source or self.source_of(node)
        steps = KernelSteps(tuple(self.pending), expression, getattr(node, "lineno", 1), shown)
        self.pending.clear()
        result = yield steps
        if isinstance(result, KernelError):
            raise TestCodeError(result.classes, result.text, in_kernel=True)
        if not isinstance(result, DecodedValue):
            raise TypeError(result)
        self.received[expression] = result.plain
        return result

    def flush(self) -> Steps[None]:
        """Have the kernel run the pending statements.

        Raises
        ------
        TestCodeError
            One raises an error.
        """
        if self.pending:
            steps = KernelSteps(tuple(self.pending))
            self.pending.clear()
            result = yield steps
            if isinstance(result, KernelError):
                raise TestCodeError(result.classes, result.text, in_kernel=True)
