"""Checks of a test: whether they hold, and what is said where they do not.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from toolkit.exercises.grading.comparison import MIRRORED_OPERATORS, Comparison, shortened
from toolkit.exercises.grading.expression_evaluator import Evaluator
from toolkit.exercises.grading.kernel_dialogue import Steps
from toolkit.exercises.grading.parsed_test import ParsedTest
from toolkit.exercises.grading.value_operations import CheckFailedError, OpaqueError, TestCodeError
from toolkit.i18n import _
from toolkit.kernels.kernel_steps import KernelSteps
from toolkit.kernels.value_decoder import ComparedValue, OpaqueValue, ValueComparisons

__all__ = ["AssertionChecker", "conjuncts"]


class AssertionChecker(Evaluator):
    """Checks the assertions of one run of a test.

    Parameters
    ----------
    program : ParsedTest
        The test.
    own : frozenset of int
        Numbers of the statements whose values may be of classes of the student's own.
    learning : bool
        True to go on after a check that fails, for the worked solution: only `opaque` is wanted.
    """

    def __init__(self, program: ParsedTest, own: frozenset[int], *, learning: bool) -> None:
        super().__init__(program)
        self.own = own
        self.learning = learning
        #: Number of the statement that is interpreted.
        self.number = 0
        #: Numbers of the statements for which a value came that is no plain data.
        self.opaque: set[int] = set()

    def check_assertion(self, node: ast.Assert) -> Steps[None]:
        """Check an assertion.

        Raises
        ------
        CheckFailedError
            It does not hold.
        """
        for part in conjuncts(node.test):
            self.received.clear()
            sentence = yield from self._failed(part)
            if sentence is None or self.learning:
                continue
            # An error of an earlier statement comes first.
            yield from self.flush()
            told = (yield from self.told(node.msg)) if node.msg is not None else None
            if told is None:
                told = _("A hidden check did not hold.") if self.program.is_hidden(part) else sentence
            raise CheckFailedError(told)

    def _failed(self, node: ast.expr) -> Steps[str | None]:
        """Return the message for a check that does not hold; None if it holds."""
        parts = self.comparison_parts(node)
        if parts is not None:
            return (yield from self._compared(node, *parts))
        holds = yield from self.is_true(node)
        return None if holds else self.sentence(node)

    def comparison_parts(self, node: ast.expr) -> tuple[ast.expr, type[ast.cmpop], ast.expr] | None:
        """Return the student's side, the operator and the expected side of a comparison; else None."""
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            return None
        kinds = self.program.kinds
        left, compared, right = node.left, type(node.ops[0]), node.comparators[0]
        if kinds.is_known(left, self.values) and compared in MIRRORED_OPERATORS:
            left, compared, right = right, MIRRORED_OPERATORS[compared], left
        plain = not kinds.is_known(left, self.values) and not kinds.is_split(left, self.values)
        if compared in {ast.Is, ast.IsNot} and not kinds.is_split(node, self.values):
            return None
        return (left, compared, right) if plain and kinds.is_known(right, self.values) else None

    def _compared(
        self, node: ast.expr, left: ast.expr, compared: type[ast.cmpop], right: ast.expr
    ) -> Steps[str | None]:
        # The expected value first, because it may be an error of the test.
        expected = yield from self.evaluate(right)
        asked = self.source_of(left)
        check = Comparison(asked, compared, expected, self.program.is_hidden(node))
        value = yield from self.ask(left)
        if isinstance(value.plain, OpaqueValue):
            self.opaque.add(self.number)
            if self.learning:
                return None
            comparisons = check.comparisons() if self.number in self.own else None
            if comparisons is not None:
                results: list[bool | None] = []
                # One by one: a method that reads the stack could tell from all of them which one is meant.
                for one in comparisons.compared:
                    result = yield KernelSteps(compared=ValueComparisons((one,)))
                    results += result.results if isinstance(result, ComparedValue) else ()
                return check.compared_sentence(value, comparisons, tuple(results)) or None
        return None if check.is_satisfied(value) else check.sentence(value)

    def told(self, message: ast.expr) -> Steps[str | None]:
        """Return the author's message; None if it has none that can be computed."""
        try:
            return (yield from self.text(message))
        except (TestCodeError, OpaqueError):
            return None

    def sentence(self, node: ast.expr) -> str:
        """Return the default message for a check that does not hold."""
        if self.program.is_hidden(node):
            return _("A hidden check did not hold.")
        got = ", ".join(f"`{asked}` → `{shortened(value)}`" for asked, value in self.received.items())
        if not got:
            return _("`{check}` does not hold").format(check=self.source_of(node))
        return _("`{check}` does not hold: {got}").format(check=self.source_of(node), got=got)


def conjuncts(test: ast.expr) -> Iterator[ast.expr]:
    """Yield the parts of an expression that all have to hold."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from conjuncts(part)
    else:
        yield test
