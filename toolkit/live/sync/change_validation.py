"""What of a browser's changes is taken over, field by field."""

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
from toolkit.live.sync.field_codec import MISSING, Value, alike, entry_of, rows, usual
from toolkit.workspace.session_record import parse_entry

__all__ = ["Judged", "judge"]

_SHARED = {"agenda", "check", "action", "timer", "wish", "consent", "notes"}
_PASSING = {"agenda", "action", "notes"}
_STEPS = 8
"""How many changes of one state may have come within one write."""


@dataclass
class Judged:
    """What became of the fields that were changed.

    Parameters
    ----------
    changes : dict of str to Entry or None
        The entries that are new or changed; None for one that was taken away.
    back : set of str
        The fields that were refused: they get the record's value again.
    mended : dict of str to value
        The fields that were taken over and say it in a way that a page could misread ("yes" for true), as
        they ought to be.
    problem : str
        Why the last one was refused; empty where none was.
    """

    changes: dict[str, Entry | None] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)
    mended: dict[str, Value] = field(default_factory=dict)
    problem: str = ""


def judge(
    table: Mapping[str, Value],
    changed: Collection[str],
    known: Mapping[str, Entry],
    roles: Mapping[str, Role],
    foreign: Collection[str] = (),
) -> Judged:
    """Judge each of the ``changed`` fields of the shared map by itself, so that none falls with another.

    Parameters
    ----------
    table : mapping of str to value
        The map.
    known : mapping of str to Entry
        What the record says.
    roles : mapping of str to role
        Who changed a field, where that is known.
    foreign : collection of str
        The fields that somebody changed who may not, whatever they say.
    """
    found = Judged()
    names = defaultdict(set)
    for name in sorted(set(foreign) & set(changed)):
        found.back.add(name)
        _complain(found, StateError(_("A line of the checklist is for the student it names.")))
    if found.back:
        # Of an entry that holds one, the rest is judged as if it had not been touched.
        before = {name: _before(name, known) for name in found.back}
        table = {name: value for name, value in {**table, **before}.items() if value is not MISSING}
    for name in set(changed) - found.back:
        names[entry_of(name)].add(name)
    # In this order the clock comes last: it may point at a talking point that was added with it.
    for key, row in sorted(rows(table, names).items()):
        old = known.get(key)
        try:
            if key.partition(":")[0] not in _SHARED:
                raise InputError(_("'{key}' is not for a page to change.").format(key=key))
            if old is None:
                _judge_new(found, key, row, known, roles)
            elif not row:
                _judge_gone(found, key)
            else:
                _judge_fields(found, key, row, old, known, roles)
        except MentoringError as error:
            found.back |= names[key]
            _complain(found, error)
    return found


def _before(name: str, known: Mapping[str, Entry]) -> Value:
    key, _slash, field_name = name.partition("/")
    entry = known.get(key)
    return entry.model_dump(mode="json").get(field_name, MISSING) if entry is not None else MISSING


def _judge_new(
    found: Judged,
    key: str,
    row: dict[str, Value],
    known: Mapping[str, Entry],
    roles: Mapping[str, Role],
) -> None:
    if row:
        new = parse_entry(key, _with_id(key, row))
        by = {roles.get(f"{key}/{name}") for name in row}
        # Of several people's hands on one new entry, the one that may least decides.
        role = next((one for one in ("mentor", None, "student") if one in by), None)
        check_change(None, new, role=role, entries=_now(known, found))
        _take(found, key, new, row)


def _judge_gone(found: Judged, key: str) -> None:
    if key.partition(":")[0] not in _PASSING:
        raise InputError(_("'{key}' is not for a page to change.").format(key=key))
    found.changes[key] = None


def _judge_fields(
    found: Judged,
    key: str,
    row: dict[str, Value],
    old: Entry,
    known: Mapping[str, Entry],
    roles: Mapping[str, Role],
) -> None:
    entry = old
    for name in sorted(row.keys() | type(old).model_fields.keys()):
        before = entry.model_dump(mode="json")
        value = row.get(name, usual(key, name))
        if value is MISSING:
            # What an entry cannot be without was taken away, and the entry was not.
            found.back.add(f"{key}/{name}")
            continue
        if name in before and alike(value, before[name]):
            continue
        try:
            new = parse_entry(key, {**before, name: value})
            check_change(
                entry, new, role=roles.get(f"{key}/{name}"), entries=_now(known, found), steps=_STEPS
            )
        except MentoringError as error:
            found.back.add(f"{key}/{name}")
            _complain(found, error)
        else:
            entry = new
    _take(found, key, entry, row)
    if entry == old:
        del found.changes[key]


def _take(found: Judged, key: str, entry: Entry, row: Mapping[str, Value]) -> None:
    found.changes[key] = entry
    for name, value in entry.model_dump(mode="json").items():
        given = row.get(name, value)
        plain = isinstance(given, str) and isinstance(value, str)
        if f"{key}/{name}" not in found.back and not plain and not alike(given, value):
            found.mended[f"{key}/{name}"] = value


def _now(known: Mapping[str, Entry], found: Judged) -> Mapping[str, Entry | None]:
    return ChainMap(found.changes, cast("dict[str, Entry | None]", known))


def _with_id(key: str, row: Mapping[str, Value]) -> dict[str, Value]:
    name = key.partition(":")[2]
    return {"id": name, **row} if name else dict(row)


def _complain(found: Judged, error: MentoringError) -> None:
    found.problem = _("This change was not taken over. {reason}").format(reason=error)
