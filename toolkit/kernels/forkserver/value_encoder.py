"""Encodes values of a kernel as plain data, so that the grader never calls methods of student code.

An object can define `__eq__` so that it equals everything. So only data of Python's own types, and of those
of NumPy and pandas, are sent; the grader builds the value again and compares it with clean code.

See docs/decisions/0006-split-tests.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from itertools import islice, tee
from typing import Any

__all__ = ["ITERATORS", "MAX_ENCODED_CHARS", "encode_value"]

MAX_ENCODED_CHARS = 4_000_000
"""Maximum size of an encoded value."""

_MAX_DEPTH = 50
_LIBRARIES = {*sys.stdlib_module_names, "numpy", "pandas"}
_COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
_MAX_REPR_CHARS = 500


def encode_value(value: object) -> list[Any]:
    """Return a value as ``[kind, data, exact]``; ``exact`` is False for a subclass of that type.

    A value that is not plain data, or is too large, becomes ``["other", repr, False]``.
    """
    try:
        data = _encoded(value, 0)
        if len(json.dumps(data)) <= MAX_ENCODED_CHARS:
            return data
    except Exception:  # noqa: BLE001, S110 - a student's class may raise any error
        pass
    return ["other", _text(value), False]


def _encoded(value: Any, depth: int) -> list[Any]:  # noqa: ANN401, PLR0911, PLR0912 - one case for each kind
    if depth > _MAX_DEPTH:
        raise ValueError(depth)
    kind = type(value)
    if value is None:
        return ["NoneType", None, True]
    # Classes of libraries that are kinds of float, str or dict, and compare in their own way.
    library = _COLLECTIONS.get(kind.__name__) if kind.__module__ == "collections" else None
    if library is not None:
        return [kind.__name__, [_encoded(part, depth + 1) for part in library(value)], True]
    if kind.__module__.partition(".")[0] == "numpy":
        return _encoded_numpy(value, depth + 1)
    if kind in ITERATORS:
        items = list(islice(value, _MAX_ITERATED + 1))
        if len(items) > _MAX_ITERATED:
            raise ValueError(kind)
        return ["iterator", [_encoded(part, depth + 1) for part in items], True]
    for base, data in _SIMPLE.items():
        if isinstance(value, base):
            _check_compared_as(kind, base)
            return [base.__name__, data(value), kind is base]
    for base, parts in _PARTS.items():
        if isinstance(value, base):
            _check_compared_as(kind, base)
            found = [_encoded(part, depth + 1) for part in parts(value)]
            return [base.__name__, found, kind is base]
    # By name: a module that the student did not import need not be imported to know its types.
    encode = _LIBRARY.get((kind.__module__.partition(".")[0], kind.__name__))
    if encode is not None:
        return [kind.__name__, encode(value, depth + 1), True]
    if kind.__module__.partition(".")[0] == "pandas":
        return _encoded_pandas(value, depth + 1)
    if any(base.__name__ == "ExtensionDtype" for base in kind.__mro__):
        return ["pandas dtype", str(value), False]
    raise TypeError(kind)


def _check_compared_as(kind: type, base: type) -> None:
    """Refuse a class of a student's own that compares in another way than its built-in base class."""
    is_own = kind.__module__.partition(".")[0] not in _LIBRARIES
    if is_own and any(getattr(kind, name) is not getattr(base, name) for name in _COMPARING):
        raise TypeError(kind)


def _encoded_numpy(value: Any, depth: int) -> list[Any]:  # noqa: ANN401
    names = [base.__name__ for base in type(value).__mro__]
    if "dtype" in names:
        return ["numpy dtype", value.str, False]
    if names[0] == "matrix":
        return ["matrix", _encoded_numpy(value.A, depth), False]
    if names[0] == "ndarray" and value.dtype.kind == "O":
        parts = [_encoded(part, depth) for part in value.ravel().tolist()]
        return ["numpy objects", [list(value.shape), parts], False]
    # An array or a scalar of numbers, texts or dates, without fields.
    if (names[0] == "ndarray" or "generic" in names) and value.dtype.kind in "biufcSUmM":
        return ["numpy", [value.dtype.str, list(value.shape), value.tobytes().hex()], False]
    raise TypeError(type(value))


def _encoded_pandas(value: Any, depth: int) -> list[Any]:  # noqa: ANN401, PLR0911 - one case for each kind
    kind = type(value).__name__
    if kind == "DataFrame":
        columns = [value.iloc[:, place] for place in range(value.shape[1])]
        parts = [value.columns, value.index]
        return [
            kind,
            [*(_encoded(part, depth) for part in parts), [_encoded(c, depth) for c in columns]],
            True,
        ]
    if kind == "Series":
        return [
            kind,
            [_encoded(value.index, depth), _encoded(value.name, depth), *_column(value, depth)],
            True,
        ]
    if kind == "MultiIndex":
        parts = [value.tolist(), list(value.names)]
        return [kind, [_encoded(part, depth) for part in parts], True]
    if kind == "RangeIndex":
        found = range(value.start, value.stop, value.step)
        return [kind, [_encoded(found, depth), _encoded(value.name, depth)], True]
    if kind == "DatetimeIndex" and value.tz is None:
        return [kind, [_encoded(value.to_numpy(), depth), _encoded(value.name, depth), value.freqstr], True]
    if kind == "Index":
        return [kind, [_encoded(value.name, depth), *_column(value, depth)], True]
    if kind in {"Timestamp", "Timedelta", "NaTType", "NAType"}:
        return [kind, str(value), True]
    if any(base.__name__ == "ExtensionDtype" for base in type(value).__mro__):
        return ["pandas dtype", str(value), False]
    raise TypeError(kind)


def _column(value: Any, depth: int) -> list[Any]:  # noqa: ANN401
    """Return the items of a column, and the name of their type if it is one of pandas."""
    dtype = str(value.dtype)
    if type(value.dtype).__module__.partition(".")[0] == "numpy":
        return [_encoded(value.to_numpy(), depth), None]
    if dtype == "category":
        raise TypeError(dtype)
    return [_encoded(value.tolist(), depth), dtype]


# Methods of the built-in types, because a subclass may override them. bool comes before int, its base class.
_SIMPLE: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: value,
    # Hexadecimal: decimal conversion of a large int is slow, and refused beyond 4300 digits.
    int: lambda value: int.__format__(value, "x"),
    float: float.hex,
    str: str.__str__,
    complex: lambda value: [float.hex(value.real), float.hex(value.imag)],
    bytes: bytes.hex,
    bytearray: bytearray.hex,
    range: lambda value: [f"{number:x}" for number in (value.start, value.stop, value.step)],
}
_PARTS: dict[type, Callable[[Any], Iterable[Any]]] = {
    list: list.__iter__,
    tuple: tuple.__iter__,
    set: set.__iter__,
    frozenset: frozenset.__iter__,
    # Keys and values in turn.
    dict: lambda value: (part for pair in dict.items(value) for part in pair),
    type({}.keys()): lambda value: value,
    type({}.values()): lambda value: value,
    type({}.items()): lambda value: value,
}
_COLLECTIONS: dict[str, Callable[[Any], Iterable[Any]]] = {
    "OrderedDict": lambda value: (part for pair in dict.items(value) for part in pair),
    "Counter": lambda value: (part for pair in dict.items(value) for part in pair),
}
ITERATORS = {
    map,
    filter,
    zip,
    enumerate,
    reversed,
    type(_ for _ in ()),
    type(iter([])),
    type(iter(())),
    type(iter({})),
    type(iter({}.values())),
    type(iter({}.items())),
    type(iter(set())),
    type(iter(range(0))),
    type(iter("")),
    type(tee(())[0]),
}
"""Types of iterators that are sent as their items, which reads them."""
_MAX_ITERATED = 100_000
_LIBRARY: dict[tuple[str, str], Callable[[Any, int], Any]] = {
    ("decimal", "Decimal"): lambda value, _depth: str(value),
    ("fractions", "Fraction"): lambda value, _depth: [f"{value.numerator:x}", f"{value.denominator:x}"],
    ("collections", "UserList"): lambda value, depth: [_encoded(value.data, depth)],
    ("collections", "UserDict"): lambda value, depth: [_encoded(value.data, depth)],
    ("collections", "UserString"): lambda value, depth: [_encoded(value.data, depth)],
    ("collections", "deque"): lambda value, depth: [_encoded(list(value), depth)],
    ("datetime", "datetime"): lambda value, _depth: value.isoformat(),
    ("datetime", "date"): lambda value, _depth: value.isoformat(),
    ("datetime", "time"): lambda value, _depth: value.isoformat(),
    ("datetime", "timedelta"): lambda value, _depth: [value.days, value.seconds, value.microseconds],
    ("pathlib", "PosixPath"): lambda value, _depth: str(value),
    ("pathlib", "PurePosixPath"): lambda value, _depth: str(value),
}


def _text(value: object) -> str:
    try:
        return str.__str__(repr(value))[:_MAX_REPR_CHARS]
    except Exception:  # noqa: BLE001 - see above
        return f"<{type(value).__name__}>"
