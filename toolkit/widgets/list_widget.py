"""Base class of the widgets that show a list of entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar, cast
from uuid import uuid4

from traitlets import Dict, List, observe, validate

from toolkit.domain.change_rules import check_change
from toolkit.domain.people import Role
from toolkit.domain.record_entries import ActionEntry, AgendaEntry, CheckEntry, Entry
from toolkit.domain.state_machine import StateMachine
from toolkit.errors import InputError, MentoringError, NotFoundError
from toolkit.i18n import Language, _
from toolkit.widgets.session_widget import SessionWidget
from toolkit.workspace.session_record import Record, parse_entry

__all__ = ["ItemsWidget", "StatefulItemsWidget", "order_between"]


def order_between(low: float | None, high: float | None) -> float | None:
    """Return a sort key between two others.

    Parameters
    ----------
    low, high : float or None
        The neighbouring sort keys; None at the beginning and at the end of the list.

    Returns
    -------
    float or None
        None if no float lies between the two.
    """
    if low is None:
        return 0.0 if high is None else high - 1
    if high is None:
        return low + 1
    middle = (low + high) / 2
    return middle if low < middle < high else None


E = TypeVar("E", AgendaEntry, CheckEntry, ActionEntry)
S = TypeVar("S", AgendaEntry, ActionEntry)


class ItemsWidget(SessionWidget, Generic[E]):
    """A widget with a list of entries of one kind, each under its own key in the record.

    Parameters
    ----------
    record : Record, optional
        The record that stores the items.
    items : list of dict, optional
        The initial items if there is no record; ``id`` and ``order`` may be left out.
    role : {"mentor", "student"}
        The role of the person who uses the widget.
    language : {"en", "fr"}, optional
        Language of the texts; by default the record's, or else the current one.

    Raises
    ------
    InputError
        If both ``record`` and ``items`` are given, or an item is not valid.
    """

    items = List(Dict(), help="The items in order; fields as in the record.").tag(sync=True)

    _kind: ClassVar[str]
    _settable_traits: ClassVar[tuple[str, ...]] = ("items",)

    def __init__(
        self,
        record: Record | None = None,
        *,
        items: list[dict[str, Any]] | None = None,
        role: Role = "mentor",
        language: Language | None = None,
    ) -> None:
        if record is not None and items is not None:
            raise InputError(
                _("Items come from the record or from the call, not from both."),
                _("Leave one of the two out, and add the items one by one."),
            )
        entries = self._parse(items or [])
        super().__init__(record, role=role, language=language, entries=entries)

    def _key(self, name: str) -> str:
        return f"{self._kind}:{name}"

    def _ordered(self) -> list[E]:
        mine = [cast("E", entry) for key, entry in self._entries.items() if key.startswith(f"{self._kind}:")]
        return sorted(mine, key=lambda entry: (entry.order, entry.id))

    def _entry(self, name: str) -> E:
        entry = self._entries.get(self._key(name))
        if entry is None:
            known = [key.partition(":")[2] for key in self._entries if key.startswith(f"{self._kind}:")]
            raise NotFoundError(_("There is no '{name}' in this list.").format(name=name), name, known)
        return cast("E", entry)

    def _parsed(self, name: str, value: object) -> E:
        return cast("E", parse_entry(self._key(name), value))

    def _change(self, name: str, **fields: object) -> None:
        """Change fields of the item ``name`` and save it."""
        with self._locked_and_reloaded():
            old = self._entry(name)
            new = self._parsed(name, {**old.model_dump(), **fields})
            self._check_allowed(old, new)
            self._commit({self._key(name): new})

    def _add(self, **fields: object) -> str:
        with self._locked_and_reloaded():
            rows = self._ordered()
            name = uuid4().hex[:12]
            order = order_between(rows[-1].order if rows else None, None)
            entry = self._parsed(name, {"id": name, "order": order, **fields})
            self._check_allowed(None, entry)
            self._commit({self._key(name): entry})
        return name

    def _move(self, name: str, before: str | None) -> None:
        """Move the item ``name`` before another one, or to the end."""
        with self._locked_and_reloaded():
            moved = self._entry(name)
            rows = [entry for entry in self._ordered() if entry.id != name]
            at = rows.index(self._entry(before)) if before is not None and before != name else len(rows)
            if before == name:
                return
            order = order_between(
                rows[at - 1].order if at else None, rows[at].order if at < len(rows) else None
            )
            if order is not None:
                self._commit({self._key(name): moved.model_copy(update={"order": order})})
                return
            # No float lies between the two neighbours, so the whole list is renumbered.
            rows.insert(at, moved)
            self._commit(
                {
                    self._key(entry.id): entry.model_copy(update={"order": float(index)})
                    for index, entry in enumerate(rows)
                }
            )

    def _check_allowed(self, old: E | None, new: E) -> None:
        """Check that a well-formed change is allowed; ``old`` is None for a new item."""
        check_change(old, new, role=cast("Role", self.role), entries=self._entries)

    def _state(self) -> dict[str, Any]:
        return {"items": [entry.model_dump(mode="json") for entry in self._ordered()]}

    def _parse_proposal(
        self, proposal: dict[str, Any], ids: frozenset[str] | None, seen: Mapping[str, Entry]
    ) -> tuple[dict[str, Entry | None], str]:
        changes: dict[str, Entry | None] = {}
        problem = ""
        for row in proposal.get("items", []):
            name = str(row.get("id"))
            key = self._key(name)
            if ids is not None and name not in ids:
                continue
            try:
                old = cast("E | None", self._entries.get(key))
                new = self._parsed(name, _rebased(row, seen.get(key), old))
                if new != old:
                    self._check_allowed(old, new)
                    changes[key] = new
            except MentoringError as error:
                problem = _("This change was not taken over. {reason}").format(reason=error)
        return changes, problem

    def _parse(self, rows: list[dict[str, Any]]) -> dict[str, E]:
        """Read items as people write them in Python: in order, often without id."""
        entries: dict[str, E] = {}
        ordered = all("order" in row for row in rows)
        for index, row in enumerate(rows):
            name = str(row.get("id") or uuid4().hex[:12])
            filled = {**row, "id": name, **({} if ordered else {"order": float(index)})}
            if self._key(name) in entries:
                raise InputError(_("Two items have the id '{name}'.").format(name=name))
            entries[self._key(name)] = self._parsed(name, filled)
        return entries

    @validate("items")
    def _check_items(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = proposal["value"]
        if self._muted:
            return rows
        with self._locked():
            entries = self._parse(rows)
            for key, new in entries.items():
                self._check_allowed(cast("E | None", self._entries.get(key)), new)
        ordered = sorted(entries.values(), key=lambda entry: (entry.order, entry.id))
        return [entry.model_dump(mode="json") for entry in ordered]

    @observe("items")
    def _take_items(self, change: dict[str, Any]) -> None:
        if self._muted:
            return
        with self._locked():
            wanted = self._parse(change["new"])
            gone = [key for key in self._entries if key.startswith(f"{self._kind}:") and key not in wanted]
            changed = {key: entry for key, entry in wanted.items() if entry != self._entries.get(key)}
            self._commit({**changed, **dict.fromkeys(gone)})


class StatefulItemsWidget(ItemsWidget[S], Generic[S]):
    """A list of items that are settled, reopened or carried over to the next session.

    Parameters
    ----------
    record : Record, optional
        The record that stores the items.
    items : list of dict, optional
        The initial items if there is no record; ``id`` and ``order`` may be left out.
    role : {"mentor", "student"}
        The role of the person who uses the widget.
    language : {"en", "fr"}, optional
        Language of the texts; by default the record's, or else the current one.
    """

    _states: ClassVar[StateMachine[Any]]

    def reopen(self, item: str) -> None:
        """Reopen ``item`` after it was settled or dropped."""
        self._act(item, "reopen")

    def drop(self, item: str) -> None:
        """Drop ``item``."""
        self._act(item, "drop")

    def carry(self, item: str) -> None:
        """Carry ``item`` over to the next session."""
        self._act(item, "carry")

    def move(self, item: str, before: str | None = None) -> None:
        """Move an item.

        Parameters
        ----------
        item : str
            Id of the item.
        before : str, optional
            Id of the item that follows it then; it moves to the end if None.

        Raises
        ------
        NotFoundError
            If there is no such item.
        """
        self._move(item, before)

    def _act(self, item: str, action: str) -> None:
        with self._locked_and_reloaded():
            old = self._entry(item)
            new = old.model_copy(update={"state": self._states.transition(old.state, action)})
            self._commit(self._with_consequences({self._key(item): new}))

    def _with_consequences(self, changes: dict[str, Entry | None]) -> dict[str, Entry | None]:
        """Return ``changes`` with those that follow from them."""
        return changes


def _rebased(row: dict[str, Any], seen: Entry | None, now: Entry | None) -> dict[str, Any]:
    """Apply the fields that a page changed to the present item, which others may have changed."""
    if seen is None or now is None or seen == now:
        return row
    before = seen.model_dump(mode="json")
    theirs = {field: value for field, value in row.items() if value != before.get(field)}
    return {**now.model_dump(mode="json"), **theirs}
