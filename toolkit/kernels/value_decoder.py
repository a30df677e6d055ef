"""Decodes values sent by a kernel into plain Python data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["DecodedValue", "OpaqueValue"]


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
        Numbers, str, bytes, None, and lists, tuples, sets and dicts of these; `OpaqueValue` for anything
        else.
    exact : bool
        True if the value had exactly this type; False for subclasses and for NumPy scalars.
    """

    plain: Any
    exact: bool

    @classmethod
    def decoded(cls, data: list[Any]) -> DecodedValue:
        """Return the value for data of `toolkit.kernels.forkserver.value_encoder.encode_value`.

        Raises
        ------
        ValueError, TypeError, KeyError, IndexError
            The data are malformed.
        """
        return cls(_decoded(data), data[2] is True)


def _decoded(data: list[Any]) -> Any:  # noqa: ANN401
    kind, content, _exact = data
    return _DECODERS[kind](content)


def _parts(content: list[Any]) -> list[Any]:
    return [_decoded(part) for part in content]


def _pairs(content: list[Any]) -> dict[Any, Any]:
    parts = _parts(content)
    return dict(zip(parts[::2], parts[1::2], strict=True))


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "NoneType": lambda _content: None,
    "bool": lambda content: content is True,
    "int": lambda content: int(content, 16),
    "float": float.fromhex,
    "str": str,
    "complex": lambda content: complex(float.fromhex(content[0]), float.fromhex(content[1])),
    "bytes": bytes.fromhex,
    "list": _parts,
    "tuple": lambda content: tuple(_parts(content)),
    "set": lambda content: set(_parts(content)),
    "frozenset": lambda content: frozenset(_parts(content)),
    "dict": _pairs,
    "other": lambda content: OpaqueValue(str(content)),
}
