"""Values that a kernel says its code had: plain data, whatever the code is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Opaque", "Value"]


class Opaque:
    """Something that is no plain data: it equals nothing but itself.

    Parameters
    ----------
    text : str
        What ``repr`` said of it in the kernel.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Value:
    """A value, put together again.

    Parameters
    ----------
    plain : object
        Numbers, texts, bytes, None, and lists, tuples, sets and dicts of such; `Opaque` for anything else.
    exact : bool
        Whether it was of that very type, rather than of one that derives from it or is like it.
    """

    plain: Any
    exact: bool

    @classmethod
    def decoded(cls, data: list[Any]) -> Value:
        """Return the value that `toolkit.kernels.forkserver.value_encoder.encoded` made ``data`` of.

        Raises
        ------
        ValueError, TypeError, KeyError, IndexError
            It made no such data.
        """
        return cls(_decoded(data), data[2] is True)


def _decoded(data: list[Any]) -> Any:  # noqa: ANN401
    kind, content, _exact = data
    return _READ[kind](content)


def _parts(content: list[Any]) -> list[Any]:
    return [_decoded(part) for part in content]


def _pairs(content: list[Any]) -> dict[Any, Any]:
    parts = _parts(content)
    return dict(zip(parts[::2], parts[1::2], strict=True))


_READ: dict[str, Callable[[Any], Any]] = {
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
    "other": lambda content: Opaque(str(content)),
}
