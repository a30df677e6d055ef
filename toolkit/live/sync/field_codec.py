"""The entries of a record as the fields of a map, one key a field: ``agenda:ab12/state``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from toolkit.domain.record_entries import ENTRIES, Entry
from toolkit.errors import InputError
from toolkit.workspace.session_record import parse_entry

__all__ = ["MISSING", "Missing", "Value", "alike", "entry_of", "flatten", "is_field", "mirrored", "rows"]


class Missing(Enum):
    """The value of a field that is not there."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING

Value = Any
"""A field's value: JSON, or what a browser put there instead."""


def is_field(name: str) -> bool:
    """Return whether the map's key ``name`` is to be kept in the record; what begins with ``@`` is not."""
    entry, _slash, field = name.partition("/")
    return not entry.startswith("@") and not field.startswith("@")


def entry_of(name: str) -> str:
    """Return the key of the entry that a field belongs to."""
    return name.partition("/")[0]


def flatten(entries: Mapping[str, Entry]) -> dict[str, Value]:
    """Return every field of ``entries``, by its key in the map."""
    return {
        f"{key}/{field}": value
        for key, entry in entries.items()
        for field, value in entry.model_dump(mode="json").items()
    }


def rows(table: Mapping[str, Value], keys: Iterable[str]) -> dict[str, dict[str, Value]]:
    """Return the fields in ``table`` of each entry in ``keys``; none for one that has none."""
    found: dict[str, dict[str, Value]] = {key: {} for key in keys}
    for name, value in table.items():
        key, _slash, field = name.partition("/")
        if key in found:
            found[key][field] = value
    return found


def alike(one: Value, other: Value) -> bool:
    """Return whether two values are the same JSON: 5 and 5.0 are, true and 1 are not."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def mirrored(table: Mapping[str, Value], entries: Mapping[str, Entry]) -> dict[str, Value]:
    """Return what ``table`` would have to be to say what ``entries`` say.

    Where it says so in other words already (a text with a space at its end, no value for what is usual
    anyway), those words stay.
    """
    wanted: dict[str, Value] = {}
    there = rows(table, entries)
    for key, entry in entries.items():
        row = there[key]
        for field, value in entry.model_dump(mode="json").items():
            name = f"{key}/{field}"
            if field not in row:
                if not row or not alike(value, usual(key, field)):
                    wanted[name] = value
            else:
                wanted[name] = row[field] if _says(key, entry, field, row[field]) else value
    return wanted


def usual(key: str, field: str) -> Value:
    """Return the value that a field has where nobody gave it one; `MISSING` where it must be given."""
    kind, _colon, name = key.partition(":")
    if field == "id" and name:
        return name
    model = ENTRIES.get(kind)
    info = model.model_fields.get(field) if model else None
    return MISSING if info is None or info.is_required() else info.get_default(call_default_factory=True)


def _says(key: str, entry: Entry, field: str, value: Value) -> bool:
    before = entry.model_dump(mode="json")
    if alike(value, before[field]):
        return True
    if not isinstance(value, str):
        return False
    try:
        return parse_entry(key, {**before, field: value}) == entry
    except InputError:
        return False
