"""The record's entries as flat fields of a map, one key per field: ``agenda:ab12/state``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from toolkit.domain.record_entries import ENTRIES, Entry
from toolkit.errors import InputError
from toolkit.workspace.session_record import parse_entry

__all__ = [
    "MISSING",
    "MissingValue",
    "Value",
    "apply_entries_to_fields",
    "entry_fields",
    "entry_key",
    "flatten_entries",
    "is_field",
    "json_equal",
]


class MissingValue(Enum):
    """The value of a missing field."""

    MISSING = "missing"


MISSING: Final = MissingValue.MISSING

Value = Any
"""A field's value: JSON, or any other value that a browser wrote."""


def is_field(name: str) -> bool:
    """Return True if the map's key ``name`` is a field of the record: no part begins with ``@``."""
    entry, _slash, field = name.partition("/")
    return not entry.startswith("@") and not field.startswith("@")


def entry_key(name: str) -> str:
    """Return the key of a field's entry."""
    return name.partition("/")[0]


def flatten_entries(entries: Mapping[str, Entry]) -> dict[str, Value]:
    """Return every field of ``entries``, by its key in the map."""
    return {
        f"{key}/{field}": value
        for key, entry in entries.items()
        for field, value in entry.model_dump(mode="json").items()
    }


def entry_fields(table: Mapping[str, Value], keys: Iterable[str]) -> dict[str, dict[str, Value]]:
    """Group fields by their entry.

    Parameters
    ----------
    table : mapping of str to value
        The fields, by their keys in the map.
    keys : iterable of str
        The keys of the wanted entries.

    Returns
    -------
    dict of str to dict
        The fields of each entry by their names; empty for an entry without any.
    """
    found: dict[str, dict[str, Value]] = {key: {} for key in keys}
    for name, value in table.items():
        key, _slash, field = name.partition("/")
        if key in found:
            found[key][field] = value
    return found


def json_equal(one: Value, other: Value) -> bool:
    """Return True if two values are the same JSON: 5 equals 5.0, true does not equal 1.

    Parameters
    ----------
    one, other : value
        The values.
    """
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def apply_entries_to_fields(table: Mapping[str, Value], entries: Mapping[str, Entry]) -> dict[str, Value]:
    """Return the fields that a map has when it agrees with the record.

    An equivalent value of the map stays as it is: a text with a space at its end, a missing field for a
    default.

    Parameters
    ----------
    table : mapping of str to value
        The fields of the map.
    entries : mapping of str to Entry
        The entries of the record.
    """
    wanted: dict[str, Value] = {}
    there = entry_fields(table, entries)
    for key, entry in entries.items():
        row = there[key]
        for field, value in entry.model_dump(mode="json").items():
            name = f"{key}/{field}"
            if field not in row:
                if not row or not json_equal(value, default_value(key, field)):
                    wanted[name] = value
            else:
                wanted[name] = row[field] if _is_equivalent(key, entry, field, row[field]) else value
    return wanted


def default_value(key: str, field: str) -> Value:
    """Return a field's default value; `MISSING` if the field is required.

    Parameters
    ----------
    key : str
        The entry's key.
    field : str
        The field's name.
    """
    kind, _colon, name = key.partition(":")
    if field == "id" and name:
        return name
    model = ENTRIES.get(kind)
    info = model.model_fields.get(field) if model else None
    return MISSING if info is None or info.is_required() else info.get_default(call_default_factory=True)


def _is_equivalent(key: str, entry: Entry, field: str, value: Value) -> bool:
    before = entry.model_dump(mode="json")
    if json_equal(value, before[field]):
        return True
    if not isinstance(value, str):
        return False
    try:
        return parse_entry(key, {**before, field: value}) == entry
    except InputError:
        return False
