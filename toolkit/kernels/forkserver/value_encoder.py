"""Values of a kernel as plain data: what a grader compares must not be able to answer for itself.

An object says of itself that it equals anything; the text and the numbers in it do not. So nothing is sent
but data of Python's own types, taken apart by those types and not by the object's methods.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["encoded"]

_MOST_CHARACTERS = 60_000
_DEEPEST = 50
_LONGEST_TEXT = 500


def encoded(value: object) -> list[Any]:
    """Return a value as ``[kind, data, exact]``; exact is whether it is of that very type.

    What is not plain data, or is too much of it, is ``["other", what repr says of it, False]``.
    """
    try:
        data = _encoded(value, 0)
        if len(json.dumps(data)) <= _MOST_CHARACTERS:
            return data
    except Exception:  # noqa: BLE001, S110 - a student's class may raise whatever it likes
        pass
    return ["other", _text(value), False]


def _encoded(value: Any, depth: int) -> list[Any]:  # noqa: ANN401
    if depth > _DEEPEST:
        raise ValueError(depth)
    kind = type(value)
    if value is None:
        return ["NoneType", None, True]
    for base, data in _SIMPLE.items():
        if isinstance(value, base):
            return [base.__name__, data(value), kind is base]
    for base, parts in _PARTS.items():
        if isinstance(value, base):
            found = [_encoded(part, depth + 1) for part in parts(value)]
            return [base.__name__, found, kind is base]
    if kind.__module__ == "numpy" and getattr(value, "shape", None) == ():
        return [*_encoded(value.item(), depth + 1)[:2], False]
    raise TypeError(kind)


# By the methods of the types themselves: those of a class that derives from them may say anything. In this
# order, as a bool is an int.
_SIMPLE: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: value,
    # Written in tens, a large one takes long, and beyond 4300 digits is refused.
    int: lambda value: int.__format__(value, "x"),
    float: float.hex,
    str: str.__str__,
    complex: lambda value: [float.hex(value.real), float.hex(value.imag)],
    bytes: bytes.hex,
}
_PARTS: dict[type, Callable[[Any], Iterable[Any]]] = {
    list: list.__iter__,
    tuple: tuple.__iter__,
    set: set.__iter__,
    frozenset: frozenset.__iter__,
    # Keys and values in turn.
    dict: lambda value: (part for pair in dict.items(value) for part in pair),
}


def _text(value: object) -> str:
    try:
        return str.__str__(repr(value))[:_LONGEST_TEXT]
    except Exception:  # noqa: BLE001 - see above
        return f"<{type(value).__name__}>"
