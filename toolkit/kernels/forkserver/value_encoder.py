"""Encodes values of a kernel as plain data, so that the grader never calls methods of student code.

An object can define `__eq__` so that it equals everything. So only data of Python's built-in types are sent,
read with the methods of those types, not with the object's own.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["encode_value"]

_MAX_ENCODED_CHARS = 60_000
_MAX_DEPTH = 50
_MAX_REPR_CHARS = 500


def encode_value(value: object) -> list[Any]:
    """Return a value as ``[kind, data, exact]``; ``exact`` is False for a subclass of that type.

    A value that is not plain data, or is too large, becomes ``["other", repr, False]``.
    """
    try:
        data = _encoded(value, 0)
        if len(json.dumps(data)) <= _MAX_ENCODED_CHARS:
            return data
    except Exception:  # noqa: BLE001, S110 - a student's class may raise any error
        pass
    return ["other", _text(value), False]


def _encoded(value: Any, depth: int) -> list[Any]:  # noqa: ANN401
    if depth > _MAX_DEPTH:
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


# Methods of the built-in types, because a subclass may override them. bool comes before int, its base class.
_SIMPLE: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: value,
    # Hexadecimal: decimal conversion of a large int is slow, and refused beyond 4300 digits.
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
        return str.__str__(repr(value))[:_MAX_REPR_CHARS]
    except Exception:  # noqa: BLE001 - see above
        return f"<{type(value).__name__}>"
