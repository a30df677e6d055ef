"""The fields and the notes that browsers write in a shared document, as one mapping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pycrdt import Map, Text

from toolkit.live.sync.field_codec import Value

__all__ = ["NOTES_FIELD", "NOTES_NAME", "SharedFields"]

NOTES_NAME = "mentoring:notes"
"""The name of the notes' Y text: a text merges concurrent typing of two people, a map value would not."""

NOTES_FIELD = "notes/text"
"""The record's field for the text of the notes; an empty text means that the field is missing."""


class SharedFields:
    """The fields by their keys, with the text of the notes as one more field.

    Parameters
    ----------
    fields : Map
        The map "mentoring". A value under the key of the notes in it is ignored.
    notes : Text
        The text of the notes.
    """

    def __init__(self, fields: Map[Any], notes: Text) -> None:
        self._fields = fields
        self._notes = notes

    def items(self) -> Iterator[tuple[str, Value]]:
        """Yield every key with its value."""
        for name, value in self._fields.items():
            if name != NOTES_FIELD:
                yield name, value
        if NOTES_FIELD in self:
            yield NOTES_FIELD, str(self._notes)

    def get(self, name: str, other: Value = None) -> Value:
        """Return the value of a key.

        Parameters
        ----------
        name : str
            The key.
        other : value
            Returned if the key is missing.
        """
        if name != NOTES_FIELD:
            return self._fields.get(name, other)
        return str(self._notes) or other

    def __getitem__(self, name: str) -> Value:
        if name not in self:
            raise KeyError(name)
        return self.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self._fields if name != NOTES_FIELD else bool(str(self._notes))

    def __setitem__(self, name: str, value: Value) -> None:
        if name != NOTES_FIELD:
            self._fields[name] = value
        else:
            _rewrite(self._notes, str(value))

    def __delitem__(self, name: str) -> None:
        if name != NOTES_FIELD:
            del self._fields[name]
        else:
            _rewrite(self._notes, "")


def _rewrite(text: Text, value: str) -> None:
    """Replace only the part that differs, so that concurrent typing elsewhere in the text stays."""
    old = str(text)
    shorter = min(len(old), len(value))
    start = next((n for n in range(shorter) if old[n] != value[n]), shorter)
    rest = shorter - start
    end = next((n for n in range(rest) if old[-1 - n] != value[-1 - n]), rest)
    # pycrdt counts positions in bytes of UTF-8.
    first, last = (len(old[:n].encode()) for n in (start, len(old) - end))
    if last > first:
        del text[first:last]
    if start < len(value) - end:
        text.insert(first, value[start : len(value) - end])
