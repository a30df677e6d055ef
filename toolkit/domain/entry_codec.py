"""Entries of a session's record: parsed from whatever somebody wrote, merged with what others wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from toolkit.domain.record_entries import ENTRIES, Entry
from toolkit.errors import InputError
from toolkit.i18n import _

__all__ = ["merge", "parse_entry", "plain"]

_SINGLE = ("session", "timer", "wish", "consent", "notes")


def parse_entry(key: str, value: object) -> Entry:
    """Return ``value`` as the model that goes with ``key``.

    Raises
    ------
    InputError
        If there is no such kind of key, or the value does not fit it.
    """
    kind, _colon, name = key.partition(":")
    model = ENTRIES.get(kind)
    if model is None or (not name) != (kind in _SINGLE):
        raise InputError(_("'{key}' is not something that a session's record has.").format(key=key))
    try:
        entry = model.model_validate(value.model_dump(warnings=False) if isinstance(value, Entry) else value)
        # What JSON or UTF-8 cannot hold (NaN, half a surrogate pair) must be found now, not by the disk.
        json.dumps(plain(entry), allow_nan=False, ensure_ascii=False).encode()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or kind
        raise InputError(
            _("'{key}' cannot be kept: {field}: {reason}.").format(
                key=key, field=where, reason=_complaint(first)
            )
        ) from error
    except ValueError as error:
        raise InputError(
            _("'{key}' cannot be kept: it has characters or numbers that no file can hold.").format(key=key)
        ) from error
    if name and getattr(entry, "id", name) != name:
        raise InputError(_("'{key}' cannot be kept: its id says otherwise.").format(key=key))
    return entry


def plain(entry: Entry) -> dict[str, Any]:
    """Return ``entry`` as JSON has it."""
    return entry.model_dump(mode="json")


def merge(
    current: Mapping[str, Entry], changes: Mapping[str, Entry | None], since: Mapping[str, Entry]
) -> dict[str, Entry]:
    """Return ``current`` with ``changes`` in it; of what is in ``since``, only the fields that differ."""
    merged = dict(current)
    for key, entry in changes.items():
        if entry is None:
            merged.pop(key, None)
        elif key in current and key in since:
            old, new = plain(since[key]), plain(entry)
            ours = {field: value for field, value in new.items() if value != old.get(field)}
            merged[key] = parse_entry(key, {**plain(current[key]), **ours})
        else:
            merged[key] = entry
    return merged


def _complaint(detail: ErrorDetails) -> str:
    """Say in the reader's language what people can bring about; the rest only programs can."""
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
