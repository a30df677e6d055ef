"""Limit on the nesting of values in a Y update.

The decoder recurses once per level: some ten thousand levels overflow the stack and end the process. An
update with half as many is stored, and ends every process that reads it later. So levels are counted here,
without recursion, in the encoded bytes (version 1 of Yjs's update encoding).
"""

from __future__ import annotations

__all__ = ["MAX_NESTING", "exceeds_nesting_limit"]

MAX_NESTING = 1000
"""Maximum number of levels; a notebook's outputs have some ten."""

_ARRAY, _OBJECT, _STRING, _BUFFER, _INTEGER = 117, 118, 119, 116, 125
_VALUE_BYTES = {120: 0, 121: 0, 122: 8, 123: 8, 124: 4, 126: 0, 127: 0}
"""Bytes of the values of fixed size, by tag: true, false, big integer, double, float, null, undefined."""

_GC, _SKIP = 0, 10
_ORIGIN_FLAGS = (128, 64)
_HAS_PARENT_KEY = 32
_TYPES_WITHOUT_DATA = {0, 1, 2, 4, 6}
"""Shared types that carry no further data: array, map, text, XML fragment and XML text."""


def exceeds_nesting_limit(update: bytes) -> bool:
    """Return True if an update has a value nested deeper than `MAX_NESTING`, or cannot be parsed.

    Parameters
    ----------
    update : bytes
        The encoded update.
    """
    # Each level has a tag byte of its own: with too few of these bytes no value can be too deep.
    if update.count(_ARRAY) + update.count(_OBJECT) <= MAX_NESTING:
        return False
    try:
        return _UpdateReader(update).has_too_deep_value()
    except (IndexError, ValueError):
        return True


class _UpdateReader:
    """Reads an update up to the end of its values."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def has_too_deep_value(self) -> bool:
        for _client in range(self._number()):
            structs = self._number()
            self._skip_numbers(2)  # the client's id and the first clock
            for _struct in range(structs):
                if self._struct():
                    return True
        # The delete set follows, which has only numbers.
        return False

    def _struct(self) -> bool:
        info = self._byte()
        if info in {_GC, _SKIP}:
            self._skip_numbers(1)
            return False
        origins = sum(info & one != 0 for one in _ORIGIN_FLAGS)
        self._skip_numbers(2 * origins)
        if not origins:
            if self._number() == 1:
                self._skip_bytes()
            else:
                self._skip_numbers(2)
            if info & _HAS_PARENT_KEY:
                self._skip_bytes()
        return self._content(info & 31)

    def _content(self, kind: int) -> bool:
        # Content that no page of ours makes is rejected.
        match kind:
            case 1:  # deleted
                self._skip_numbers(1)
            case 3 | 4 | 5:  # bytes, text, and JSON, whose parser has a limit of its own
                self._skip_bytes()
            case 6:  # a format: its name, JSON
                self._skip_bytes()
                self._skip_bytes()
            case 7 if self._byte() in _TYPES_WITHOUT_DATA:
                pass
            case 8:
                return self._values(self._number())
            case _:
                raise ValueError(kind)
        return False

    def _values(self, remaining: int) -> bool:
        """Skip ``remaining`` values; return True if one of them is nested too deep."""
        data, sizes = self._data, _VALUE_BYTES
        keyed = False
        parents: list[tuple[int, bool]] = []
        while True:
            while remaining == 0:
                if not parents:
                    return False
                remaining, keyed = parents.pop()
            remaining -= 1
            if keyed:
                self._skip_bytes()
            tag = data[self._position]
            self._position += 1
            size = sizes.get(tag)
            if size is not None:
                self._position += size
            elif tag in {_STRING, _BUFFER}:
                self._skip_bytes()
            elif tag == _INTEGER:
                self._skip_numbers(1)
            elif tag in {_ARRAY, _OBJECT}:
                parents.append((remaining, keyed))
                if len(parents) > MAX_NESTING:
                    return True
                remaining, keyed = self._number(), tag == _OBJECT
            else:
                raise ValueError(tag)

    def _byte(self) -> int:
        self._position += 1
        return self._data[self._position - 1]

    def _number(self) -> int:
        number = self._data[self._position]
        self._position += 1
        if number < 128:
            return number
        number, shift = number & 127, 7
        while shift < 64:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7
        raise ValueError(number)

    def _skip_numbers(self, count: int) -> None:
        for _number in range(count):
            while self._byte() >= 128:
                pass

    def _skip_bytes(self) -> None:
        length = self._number()
        self._position += length
