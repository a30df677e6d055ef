"""How deep the values in a change are nested: what decodes them calls itself for each level.

Some ten thousand levels are more than a process has stack for, and it ends. What is nested half as deep is
kept, and ends whichever process reads it afterwards. So it is counted here, without such calls, in the bytes
as they come: version 1 of the encoding of Yjs's updates.
"""

from __future__ import annotations

__all__ = ["DEEPEST", "is_too_deep"]

DEEPEST = 1000
"""Levels; a notebook's outputs have some ten."""

_ARRAY, _OBJECT, _STRING, _BUFFER, _INTEGER = 117, 118, 119, 116, 125
_SIZES = {120: 0, 121: 0, 122: 8, 123: 8, 124: 4, 126: 0, 127: 0}
"""Bytes of the values that always have as many: true, false, big integers, two kinds of numbers, nothing."""

_GONE, _LEFT_OUT = 0, 10
_ORIGINS = (128, 64)
_KEY = 32
_PLAIN_TYPES = {0, 1, 2, 4, 6}
"""The shared types of which nothing more is said: lists, maps, texts, and two of XML's."""


def is_too_deep(update: bytes) -> bool:
    """Whether an update has a value that is nested deeper than `DEEPEST`, or cannot be read.

    Parameters
    ----------
    update : bytes
        As it is applied to a document.
    """
    # Each level has a byte that says so: what has too few of them needs no closer look.
    if update.count(_ARRAY) + update.count(_OBJECT) <= DEEPEST:
        return False
    try:
        return _Walk(update).finds_too_deep()
    except (IndexError, ValueError):
        return True


class _Walk:
    """A walk through an update, as far as it has values."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def finds_too_deep(self) -> bool:
        for _client in range(self._number()):
            structs = self._number()
            self._skip_numbers(2)  # whose, and from where on
            for _struct in range(structs):
                if self._struct():
                    return True
        # What is deleted comes then: numbers alone.
        return False

    def _struct(self) -> bool:
        info = self._byte()
        if info in {_GONE, _LEFT_OUT}:
            self._skip_numbers(1)
            return False
        origins = sum(info & one != 0 for one in _ORIGINS)
        self._skip_numbers(2 * origins)
        if not origins:
            if self._number() == 1:
                self._skip_bytes()
            else:
                self._skip_numbers(2)
            if info & _KEY:
                self._skip_bytes()
        return self._content(info & 31)

    def _content(self, kind: int) -> bool:
        # What no page of ours makes is not read here, and not let in.
        match kind:
            case 1:  # deleted
                self._skip_numbers(1)
            case 3 | 4 | 5:  # bytes, text, JSON, whose reader has a limit of its own
                self._skip_bytes()
            case 6:  # a format: its name, JSON
                self._skip_bytes()
                self._skip_bytes()
            case 7 if self._byte() in _PLAIN_TYPES:
                pass
            case 8:
                return self._values(self._number())
            case _:
                raise ValueError(kind)
        return False

    def _values(self, left: int) -> bool:
        """Walk through so many values; return whether one of them is nested too deep."""
        data, sizes = self._data, _SIZES
        keyed = False
        above: list[tuple[int, bool]] = []
        while True:
            while left == 0:
                if not above:
                    return False
                left, keyed = above.pop()
            left -= 1
            if keyed:
                self._skip_bytes()
            tag = data[self._at]
            self._at += 1
            size = sizes.get(tag)
            if size is not None:
                self._at += size
            elif tag in {_STRING, _BUFFER}:
                self._skip_bytes()
            elif tag == _INTEGER:
                self._skip_numbers(1)
            elif tag in {_ARRAY, _OBJECT}:
                above.append((left, keyed))
                if len(above) > DEEPEST:
                    return True
                left, keyed = self._number(), tag == _OBJECT
            else:
                raise ValueError(tag)

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _number(self) -> int:
        number = self._data[self._at]
        self._at += 1
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
        self._at += length
