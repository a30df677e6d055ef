"""Compares a value of a student's own class with literals, in the kernel: only its methods can tell.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from toolkit.kernels.value_decoder import DecodedValue

__all__ = ["OPERATORS", "compare_value"]

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, container: value in container,
    "not in": lambda value, container: value not in container,
    "bool": lambda value, _unused: bool(value),
}
"""The comparisons by their operators in Python; "bool" is the truth of the value."""


def compare_value(value: object, compared: Sequence[tuple[str, list[Any]]]) -> list[bool | None]:
    """Return the results of comparisons; None for one that raises an error.

    Parameters
    ----------
    value : object
        The left operand.
    compared : sequence of (str, list)
        Operators, with the right operands as encoded by `toolkit.kernels.forkserver.value_encoder`.
    """
    results: list[bool | None] = []
    for name, encoded in compared:
        try:
            results.append(bool(OPERATORS[name](value, DecodedValue.decoded(encoded).plain)))
        except Exception:  # noqa: BLE001 - a student's class may raise any error
            results.append(None)
    return results
