"""Parsing, serialising and merging of the entries of a session's record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from toolkit.domain.record_entries import ENTRIES, Entry
from toolkit.errors import InputError
from toolkit.i18n import _

__all__ = ["entry_to_json", "merge_entry", "parse_entry"]

_SINGLETON_KINDS = ("session", "timer", "wish", "consent", "notes")


def parse_entry(key: str, value: object) -> Entry:
    """Validate ``value`` and return it as the model of ``key``.

    Parameters
    ----------
    key : str
        Key in the record: "timer", "agenda:check-in", ...
    value : object
        A mapping as read from JSON, or an `Entry`.

    Raises
    ------
    InputError
        If the key has an unknown kind, the value does not fit its model, or no JSON file can hold it.
    """
    kind, _colon, name = key.partition(":")
    model = ENTRIES.get(kind)
    if model is None or (not name) != (kind in _SINGLETON_KINDS):
        raise InputError(_("'{key}' is not something that a session's record has.").format(key=key))
    try:
        entry = model.model_validate(value.model_dump(warnings=False) if isinstance(value, Entry) else value)
        # Values that JSON or UTF-8 cannot represent (NaN, a lone surrogate) must fail here, not when the
        # record is written.
        json.dumps(entry_to_json(entry), allow_nan=False, ensure_ascii=False).encode()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or kind
        raise InputError(
            _("'{key}' cannot be kept: {field}: {reason}.").format(
                key=key, field=where, reason=_describe(first)
            )
        ) from error
    except ValueError as error:
        raise InputError(
            _("'{key}' cannot be kept: it has characters or numbers that no file can hold.").format(key=key)
        ) from error
    if name and getattr(entry, "id", name) != name:
        raise InputError(_("'{key}' cannot be kept: its id says otherwise.").format(key=key))
    return entry


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """Return ``entry`` as a dictionary of JSON values."""
    return entry.model_dump(mode="json")


def merge_entry(
    current: Mapping[str, Entry], changes: Mapping[str, Entry | None], since: Mapping[str, Entry]
) -> dict[str, Entry]:
    """Return ``current`` with ``changes`` applied: a three-way merge by field.

    Parameters
    ----------
    current : mapping of str to Entry
        The entries as they are now, with the changes of others.
    changes : mapping of str to Entry or None
        The changed entries, None for a deleted one.
    since : mapping of str to Entry
        The entries on which the changes are based. Of an entry that is here and in ``current``, only the
        fields that differ from it are taken over, so that two people can change two fields at once.

    Raises
    ------
    InputError
        If the merged fields do not fit the entry's model.
    """
    merged = dict(current)
    for key, entry in changes.items():
        if entry is None:
            merged.pop(key, None)
        elif key in current and key in since:
            old, new = entry_to_json(since[key]), entry_to_json(entry)
            ours = {field: value for field, value in new.items() if value != old.get(field)}
            merged[key] = parse_entry(key, {**entry_to_json(current[key]), **ours})
        else:
            merged[key] = entry
    return merged


def _describe(detail: ErrorDetails) -> str:
    """Return the message in the current language for errors that people can cause, else pydantic's own."""
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "string_too_short":
            return _("it is empty")
        case "string_too_long":
            return _("it has more than {n} characters").format(n=limits["max_length"])
        case "greater_than_equal":
            return _("it is below {n}").format(n=limits["ge"])
        case "less_than_equal":
            return _("it is above {n}").format(n=limits["le"])
        case _:
            return detail["msg"]
