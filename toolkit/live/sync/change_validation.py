"""Validation of a browser's changes, field by field."""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import cast

from toolkit.domain.change_rules import check_change
from toolkit.domain.people import Role
from toolkit.domain.record_entries import Entry
from toolkit.errors import InputError, MentoringError, StateError
from toolkit.i18n import _
from toolkit.live.sync.field_codec import MISSING, Value, default_value, entry_fields, entry_key, json_equal
from toolkit.workspace.session_record import parse_entry

__all__ = ["ChangeValidation", "validate_changes"]

_WRITABLE_KINDS = {"agenda", "check", "action", "timer", "wish", "consent", "notes"}
_DELETABLE_KINDS = {"agenda", "action", "notes"}
_MAX_STATE_STEPS = 8
"""Maximum number of state transitions of one entry within one write."""


@dataclass
class ChangeValidation:
    """Result of a validation.

    Parameters
    ----------
    changes : dict of str to Entry or None
        The entries that are new or changed; None for one that was deleted.
    back : set of str
        The fields whose change was refused: they are reset to the record's value.
    mended : dict of str to value
        The normalised values of accepted fields that a page could misread ("yes" for true).
    problem : str
        The reason of the last refusal; empty if nothing was refused.
    """

    changes: dict[str, Entry | None] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)
    mended: dict[str, Value] = field(default_factory=dict)
    problem: str = ""


def validate_changes(
    table: Mapping[str, Value],
    changed: Collection[str],
    known: Mapping[str, Entry],
    roles: Mapping[str, Role],
    foreign: Collection[str] = (),
) -> ChangeValidation:
    """Validate each changed field on its own, so that one refusal does not affect the others.

    Parameters
    ----------
    table : mapping of str to value
        The fields of the shared map.
    changed : collection of str
        The names of the changed fields.
    known : mapping of str to Entry
        The entries of the record.
    roles : mapping of str to Role
        The role of a field's author, if known.
    foreign : collection of str
        Changed fields whose author may not write them; they are refused whatever their value.
    """
    found = ChangeValidation()
    names = defaultdict(set)
    for name in sorted(set(foreign) & set(changed)):
        found.back.add(name)
        _report(found, StateError(_("A line of the checklist is for the student it names.")))
    if found.back:
        # The other fields of the same entry are validated as if these had not been changed.
        before = {name: _recorded_value(name, known) for name in found.back}
        table = {name: value for name, value in {**table, **before}.items() if value is not MISSING}
    for name in set(changed) - found.back:
        names[entry_key(name)].add(name)
    # In this order the timer comes last: it may refer to a talking point that was added with it.
    for key, row in sorted(entry_fields(table, names).items()):
        old = known.get(key)
        try:
            if key.partition(":")[0] not in _WRITABLE_KINDS:
                raise InputError(_("'{key}' is not for a page to change.").format(key=key))
            if old is None:
                _validate_new(found, key, row, known, roles)
            elif not row:
                _validate_deletion(found, key)
            else:
                _validate_fields(found, key, row, old, known, roles)
        except MentoringError as error:
            found.back |= names[key]
            _report(found, error)
    return found


def _recorded_value(name: str, known: Mapping[str, Entry]) -> Value:
    key, _slash, field_name = name.partition("/")
    entry = known.get(key)
    return entry.model_dump(mode="json").get(field_name, MISSING) if entry is not None else MISSING


def _validate_new(
    found: ChangeValidation,
    key: str,
    row: dict[str, Value],
    known: Mapping[str, Entry],
    roles: Mapping[str, Role],
) -> None:
    if row:
        new = parse_entry(key, _with_id(key, row))
        by = {roles.get(f"{key}/{name}") for name in row}
        # If several people edited one new entry, the least privileged role decides.
        role = next((one for one in ("mentor", None, "student") if one in by), None)
        check_change(None, new, role=role, entries=_current_entries(known, found))
        _accept(found, key, new, row)


def _validate_deletion(found: ChangeValidation, key: str) -> None:
    if key.partition(":")[0] not in _DELETABLE_KINDS:
        raise InputError(_("'{key}' is not for a page to change.").format(key=key))
    found.changes[key] = None


def _validate_fields(
    found: ChangeValidation,
    key: str,
    row: dict[str, Value],
    old: Entry,
    known: Mapping[str, Entry],
    roles: Mapping[str, Role],
) -> None:
    entry = old
    for name in sorted(row.keys() | type(old).model_fields.keys()):
        before = entry.model_dump(mode="json")
        value = row.get(name, default_value(key, name))
        if value is MISSING:
            # A required field was deleted, and the entry was not.
            found.back.add(f"{key}/{name}")
            continue
        if name in before and json_equal(value, before[name]):
            continue
        try:
            new = parse_entry(key, {**before, name: value})
            check_change(
                entry,
                new,
                role=roles.get(f"{key}/{name}"),
                entries=_current_entries(known, found),
                steps=_MAX_STATE_STEPS,
            )
        except MentoringError as error:
            found.back.add(f"{key}/{name}")
            _report(found, error)
        else:
            entry = new
    _accept(found, key, entry, row)
    if entry == old:
        del found.changes[key]


def _accept(found: ChangeValidation, key: str, entry: Entry, row: Mapping[str, Value]) -> None:
    found.changes[key] = entry
    for name, value in entry.model_dump(mode="json").items():
        given = row.get(name, value)
        is_text = isinstance(given, str) and isinstance(value, str)
        if f"{key}/{name}" not in found.back and not is_text and not json_equal(given, value):
            found.mended[f"{key}/{name}"] = value


def _current_entries(known: Mapping[str, Entry], found: ChangeValidation) -> Mapping[str, Entry | None]:
    return ChainMap(found.changes, cast("dict[str, Entry | None]", known))


def _with_id(key: str, row: Mapping[str, Value]) -> dict[str, Value]:
    name = key.partition(":")[2]
    return {"id": name, **row} if name else dict(row)


def _report(found: ChangeValidation, error: MentoringError) -> None:
    found.problem = _("This change was not taken over. {reason}").format(reason=error)
