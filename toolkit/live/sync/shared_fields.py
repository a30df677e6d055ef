"""All that browsers write in a shared document, as one mapping: the fields, and the text of the notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pycrdt import Map, Text

from toolkit.live.sync.field_codec import Value

__all__ = ["FIELD", "NOTES", "Whole"]

NOTES = "mentoring:notes"
"""The name of the text: two people who type in it at once both keep what they typed."""

FIELD = "notes/text"
"""The field of the record that it is; no text is no field."""


class Whole:
    """The fields by their keys, that of the notes included.

    Parameters
    ----------
    fields : Map
        The map "mentoring". What it may have under the key of the notes is nothing.
    notes : Text
    """

    def __init__(self, fields: Map[Any], notes: Text) -> None:
        self._fields = fields
        self._notes = notes

    def items(self) -> Iterator[tuple[str, Value]]:
        """Yield every key and its value."""
        for name, value in self._fields.items():
            if name != FIELD:
                yield name, value
        if FIELD in self:
            yield FIELD, str(self._notes)

    def get(self, name: str, other: Value = None) -> Value:
        """Return the value of a key, or ``other`` where there is none."""
        if name != FIELD:
            return self._fields.get(name, other)
        return str(self._notes) or other

    def __getitem__(self, name: str) -> Value:
        if name not in self:
            raise KeyError(name)
        return self.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self._fields if name != FIELD else bool(str(self._notes))

    def __setitem__(self, name: str, value: Value) -> None:
        if name != FIELD:
            self._fields[name] = value
        else:
            _rewrite(self._notes, str(value))

    def __delitem__(self, name: str) -> None:
        if name != FIELD:
            del self._fields[name]
        else:
            _rewrite(self._notes, "")


def _rewrite(text: Text, value: str) -> None:
    """Change only what differs, so that what somebody types elsewhere in it stays."""
    old = str(text)
    least = min(len(old), len(value))
    start = next((n for n in range(least) if old[n] != value[n]), least)
    rest = least - start
    end = next((n for n in range(rest) if old[-1 - n] != value[-1 - n]), rest)
    # Places are counted in bytes of UTF-8.
    first, last = (len(old[:n].encode()) for n in (start, len(old) - end))
    if last > first:
        del text[first:last]
    if start < len(value) - end:
        text.insert(first, value[start : len(value) - end])
