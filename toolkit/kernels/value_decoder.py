"""Decodes values sent by a kernel: of Python's own types, and of NumPy's and pandas' by their code."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, UserDict, UserList, UserString, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import prod
from pathlib import PosixPath, PurePosixPath
from typing import Any

from toolkit.kernels.forkserver.value_encoder import encode_value

__all__ = ["ComparedValue", "DecodedValue", "OpaqueValue", "ValueComparisons"]

# A type of numbers, texts or dates; none that holds objects or has fields.
_NUMPY_TYPE = re.compile(r"[<>|=]?(?:[biufcSU][0-9]{0,6}|[mM]8(?:\[[0-9]{0,6}[A-Za-z]{1,2}\])?)")
_PANDAS_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_, /:+-]{0,40}(?:\[[A-Za-z0-9_, /:+-]{0,60}\])?")


class OpaqueValue:
    """A value that is not plain data; equal only to itself.

    Parameters
    ----------
    text : str
        Its ``repr`` in the kernel.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class DecodedValue:
    """A decoded value.

    Parameters
    ----------
    plain : object
        A value of Python's own types, of NumPy's or a pandas dtype; `OpaqueValue` for anything else.
    exact : bool
        True if the value had exactly this type; False for subclasses, and for those of NumPy and pandas.
    """

    plain: Any
    exact: bool

    @classmethod
    def decoded(cls, data: list[Any]) -> DecodedValue:
        """Return the value for data of `toolkit.kernels.forkserver.value_encoder.encode_value`.

        Raises
        ------
        ValueError, TypeError, KeyError, IndexError, ArithmeticError
            The data are malformed.
        """
        return cls(_decoded(data), data[2] is True)


@dataclass(frozen=True)
class ValueComparisons:
    """Comparisons that the kernel is asked to make with a value that is not plain data.

    Parameters
    ----------
    compared : tuple of (str, object)
        Operators, as in Python, with the right operands, which are plain data.
    """

    compared: tuple[tuple[str, Any], ...]

    def encoded(self) -> list[tuple[str, list[Any]]]:
        """Return the comparisons for `toolkit.kernels.forkserver.value_comparison.compare_value`."""
        return [(operator, encode_value(value)) for operator, value in self.compared]


@dataclass(frozen=True)
class ComparedValue:
    """The results of `ValueComparisons`.

    Parameters
    ----------
    results : tuple of bool or None
        In the same order; None for a comparison that raised an error.
    """

    results: tuple[bool | None, ...]

    @classmethod
    def decoded(cls, data: list[Any]) -> ComparedValue:
        """Return the results that a kernel has sent; what is neither True nor None counts as False."""
        return cls(tuple(None if result is None else result is True for result in data))


def _decoded(data: list[Any]) -> Any:  # noqa: ANN401
    kind, content, _exact = data
    return _DECODERS[kind](content)


def _parts(content: list[Any]) -> list[Any]:
    return [_decoded(part) for part in content]


def _pairs(content: list[Any]) -> dict[Any, Any]:
    parts = _parts(content)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _only(content: list[Any]) -> Any:  # noqa: ANN401
    (part,) = content
    return _decoded(part)


def _numpy(content: list[Any]) -> Any:  # noqa: ANN401
    dtype, shape, data = content
    found = bytes.fromhex(data)
    if not _NUMPY_TYPE.fullmatch(dtype) or not all(isinstance(size, int) and size >= 0 for size in shape):
        raise ValueError(dtype)
    try:
        import numpy as np
    except ImportError:
        return OpaqueValue(f"<numpy {dtype}>")
    if len(found) != prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError(shape)
    array = np.frombuffer(found, dtype) if found else np.empty(0, dtype)
    # Of no dimensions: the scalar.
    return array.reshape(shape)[()]


def _matrix(content: list[Any]) -> Any:  # noqa: ANN401
    array = _decoded(content)
    if isinstance(array, OpaqueValue):
        return array
    import numpy as np

    return np.asmatrix(array)


def _numpy_objects(content: list[Any]) -> Any:  # noqa: ANN401
    shape, parts = content
    try:
        import numpy as np
    except ImportError:
        return OpaqueValue("<numpy array>")
    array = np.empty(len(parts), object)
    for index, part in enumerate(parts):
        array[index] = _decoded(part)
    return array.reshape(shape)


def _numpy_type(content: str) -> Any:  # noqa: ANN401
    if content != "|O" and not _NUMPY_TYPE.fullmatch(content):
        return OpaqueValue(content)
    try:
        import numpy as np
    except ImportError:
        return OpaqueValue(content)
    return np.dtype(content)


def _pandas_type(content: str) -> Any:  # noqa: ANN401
    if not _PANDAS_TYPE.fullmatch(content):
        return OpaqueValue(content)
    try:
        from pandas.api.types import pandas_dtype  # type: ignore[import-untyped]

        return pandas_dtype(content)
    except Exception:  # noqa: BLE001 - pandas knows many types, each with errors of its own
        return OpaqueValue(content)


def _pandas(build: Callable[[Any, list[Any]], Any]) -> Callable[[list[Any]], Any]:
    """Return a decoder that calls ``build`` with the module and the content."""

    def decode(content: list[Any]) -> Any:  # noqa: ANN401
        try:
            import pandas as pd  # type: ignore[import-untyped]
        except ImportError:
            return OpaqueValue("<pandas>")
        try:
            return build(pd, content)
        except Exception as error:  # noqa: BLE001 - pandas raises errors of many types
            # Such a table is compared in the kernel, or not at all; it must not end an honest one.
            return OpaqueValue(f"<pandas: {type(error).__name__}>")

    return decode


def _data_frame(pd: Any, content: list[Any]) -> Any:  # noqa: ANN401
    columns, index, parts = content
    names, found = _decoded(columns), [_decoded(part) for part in parts]
    if len(names) != len(found):
        raise ValueError(len(found))
    # By position first, because two columns may have the same name.
    frame = pd.DataFrame(dict(enumerate(found)), index=_decoded(index))
    frame.columns = names
    return frame


def _series(pd: Any, content: list[Any]) -> Any:  # noqa: ANN401
    index, name, items, dtype = content
    return pd.Series(_decoded(items), index=_decoded(index), name=_decoded(name), dtype=_column_type(dtype))


def _index(pd: Any, content: list[Any]) -> Any:  # noqa: ANN401
    name, items, dtype = content
    found = _decoded(items)
    return pd.Index(found, name=_decoded(name), dtype=_column_type(dtype) or getattr(found, "dtype", None))


def _column_type(dtype: str | None) -> str | None:
    if dtype is not None and not _PANDAS_TYPE.fullmatch(dtype):
        raise ValueError(dtype)
    return dtype


def _integers(content: list[Any]) -> list[int]:
    return [int(number, 16) for number in content]


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "NoneType": lambda _content: None,
    "bool": lambda content: content is True,
    "int": lambda content: int(content, 16),
    "float": float.fromhex,
    "str": str,
    "complex": lambda content: complex(float.fromhex(content[0]), float.fromhex(content[1])),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "range": lambda content: range(*_integers(content)),
    "list": _parts,
    "tuple": lambda content: tuple(_parts(content)),
    "set": lambda content: set(_parts(content)),
    "frozenset": lambda content: frozenset(_parts(content)),
    "dict": _pairs,
    "OrderedDict": lambda content: OrderedDict(_pairs(content)),
    "Counter": lambda content: Counter(_pairs(content)),
    "iterator": lambda content: iter(_parts(content)),
    "dict_keys": lambda content: dict.fromkeys(_parts(content)).keys(),
    "dict_values": lambda content: dict(enumerate(_parts(content))).values(),
    "dict_items": lambda content: dict(_parts(content)).items(),
    "Decimal": Decimal,
    "Fraction": lambda content: Fraction(*_integers(content)),
    "UserList": lambda content: UserList(_only(content)),
    "UserDict": lambda content: UserDict(_only(content)),
    "UserString": lambda content: UserString(_only(content)),
    "deque": lambda content: deque(_only(content)),
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda content: timedelta(*map(int, content)),
    "PosixPath": PosixPath,
    "PurePosixPath": PurePosixPath,
    "DataFrame": _pandas(_data_frame),
    "Series": _pandas(_series),
    "Index": _pandas(_index),
    "MultiIndex": _pandas(
        lambda pd, content: pd.MultiIndex.from_tuples(_decoded(content[0]), names=_decoded(content[1]))
    ),
    "RangeIndex": _pandas(lambda pd, content: pd.RangeIndex(_decoded(content[0]), name=_decoded(content[1]))),
    "DatetimeIndex": _pandas(
        lambda pd, content: pd.DatetimeIndex(
            _decoded(content[0]), name=_decoded(content[1]), freq=_column_type(content[2])
        )
    ),
    "Timestamp": _pandas(lambda pd, content: pd.Timestamp(content)),
    "Timedelta": _pandas(lambda pd, content: pd.Timedelta(content)),
    "NaTType": _pandas(lambda pd, _content: pd.NaT),
    "NAType": _pandas(lambda pd, _content: pd.NA),
    "numpy": _numpy,
    "matrix": _matrix,
    "numpy objects": _numpy_objects,
    "numpy dtype": _numpy_type,
    "pandas dtype": _pandas_type,
    "other": lambda content: OpaqueValue(str(content)),
}
