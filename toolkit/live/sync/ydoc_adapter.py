"""Adapter of the shared Y document: reads its fields, finds the changed ones, writes the server's.

See docs/decisions/0007-the-shared-session.md.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from pycrdt import Doc, Map, MapEvent, Text, TextEvent

from toolkit.domain.people import Role
from toolkit.domain.record_entries import Entry
from toolkit.live.session_settings import Guest
from toolkit.live.sync.field_codec import (
    MISSING,
    Value,
    apply_entries_to_fields,
    entry_key,
    flatten_entries,
    is_field,
    json_equal,
)
from toolkit.live.sync.server_writer import ServerWriter
from toolkit.live.sync.shadow_document import ShadowDocument
from toolkit.live.sync.shared_fields import NOTES_FIELD, NOTES_NAME, SharedFields
from toolkit.live.sync.sync_checkpoint import client_clocks, with_clock

__all__ = ["YDocAdapter"]


class YDocAdapter:
    """The map "mentoring" and the text of the notes, which browsers write, and the server's map of answers.

    A change is detected by value, not by origin: a field that differs from its last synchronised value (the
    value at which map and record agreed) was changed by somebody since.

    Parameters
    ----------
    doc : Doc
        The shared document; accessed from one thread only.
    twin : ShadowDocument
        Its shadow copy, in which the server writes.
    heard : callable
        Called with the names of the fields that somebody else changed. It runs inside the transaction, so it
        must not access the document. The list may be empty: a change without effect is acknowledged, too.
    """

    def __init__(self, doc: Doc[Any], twin: ShadowDocument, heard: Callable[[list[str]], None]) -> None:
        self._doc = doc
        self._map: Map[Any] = doc.get("mentoring", type=Map)
        self._notes: Text = doc.get(NOTES_NAME, type=Text)
        self._fields = SharedFields(self._map, self._notes)
        self._server_map: Map[Any] = doc.get("mentoring:server", type=Map)
        self._writer = ServerWriter(twin)
        self._on_change = heard
        self._is_own_write = False
        self._synced: dict[str, Value] = {}
        self._last_answers: dict[str, Value] = {}
        self._answers_are_stale = True
        self._subscriptions = (
            self._map.observe(self._observe),
            self._notes.observe(self._observe_notes),
            self._server_map.observe(self._observe_answers),
        )

    def close(self) -> None:
        """Remove the observers from the document."""
        map_subscription, notes_subscription, server_map_subscription = self._subscriptions
        self._map.unobserve(map_subscription)
        self._notes.unobserve(notes_subscription)
        self._server_map.unobserve(server_map_subscription)

    @property
    def driver(self) -> Role | None:
        """The driver's role; None if nobody drives."""
        value = self._map.get("@wheel/driver")
        role = value.get("role") if isinstance(value, dict) else None
        return cast("Role", role) if role in {"mentor", "student"} else None

    def state(self) -> bytes:
        """Return the document's state vector."""
        return self._doc.get_state()

    def own_state(self, vector: bytes) -> bytes:
        """Return the state vector ``vector``, extended by the server's own updates and by nobody else's."""
        own = client_clocks(self._doc.get_state()).get(self._writer.client, 0)
        return with_clock(vector, self._writer.client, own)

    def scan(self) -> tuple[dict[str, Value], set[str], bytes]:
        """Return the fields of the map, the changed ones and the state vector, all of one transaction.

        Returns
        -------
        fields : dict of str to value
            Every field of the record, by its key in the map.
        changed : set of str
            The names of the fields that differ from their last synchronised value.
        vector : bytes
            The state vector at which the fields were read.
        """
        with self._doc.transaction():
            now = {name: value for name, value in self._fields.items() if is_field(name)}
            vector = self._doc.get_state()
        names = now.keys() | self._synced.keys()
        changed = {n for n in names if not json_equal(now.get(n, MISSING), self._synced.get(n, MISSING))}
        return now, changed, vector

    def compare(self, entries: Mapping[str, Entry]) -> None:
        """Set the last synchronised values to those that the map has when it agrees with ``entries``."""
        self._synced = apply_entries_to_fields(self.scan()[0], entries)

    def overwrite(self, known: Collection[str] | None = None) -> bool:
        """Give every changed field its last synchronised value again; return True if new entries were left.

        Parameters
        ----------
        known : collection of str, optional
            The keys of the entries at the last synchronisation: an entry that is only in the map and not
            among them is new, and stays. If missing, no entry counts as new.
        """
        _now, changed, _vector = self.scan()
        synced = {entry_key(name) for name in self._synced}
        new = {
            n
            for n in changed
            if known is not None and entry_key(n) not in synced and entry_key(n) not in known
        }
        with self._write_transaction() as fields:
            for name in changed - new:
                self._set_field(fields, name, self._synced.get(name, MISSING))
        return bool(new)

    def apply_entries(
        self, before: Mapping[str, Entry], entries: Mapping[str, Entry], *, firmly: bool = False
    ) -> None:
        """Apply to the map the difference between two states of the record.

        A field that a browser changed meanwhile keeps the browser's value, unless ``firmly``: it is newer,
        and is written to the record next.

        Parameters
        ----------
        before : mapping of str to Entry
            The entries of the record as they were.
        entries : mapping of str to Entry
            The entries of the record as they are now.
        firmly : bool
            If True, the record's value also replaces one that a browser changed meanwhile.
        """
        differ = [key for key in before.keys() | entries.keys() if before.get(key) != entries.get(key)]
        if not differ:
            return
        old = flatten_entries({key: before[key] for key in differ if key in before})
        new = flatten_entries({key: entries[key] for key in differ if key in entries})
        with self._write_transaction() as fields:
            for name in old.keys() | new.keys():
                value = new.get(name, MISSING)
                is_unchanged = json_equal(fields.get(name, MISSING), self._synced.get(name, MISSING))
                if (is_unchanged or firmly) and not json_equal(old.get(name, MISSING), value):
                    self._set_field(fields, name, value)
            for key in differ:
                if key not in entries and f"{key}/@by" in fields:
                    del fields[f"{key}/@by"]

    def revert(self, names: set[str], known: Mapping[str, Entry]) -> None:
        """Reset fields to the record's values.

        Parameters
        ----------
        names : set of str
            The keys of the fields in the map.
        known : mapping of str to Entry
            The entries of the record.
        """
        if names:
            recorded = flatten_entries(known)
            with self._write_transaction() as fields:
                for name in names:
                    self._set_field(fields, name, recorded.get(name, MISSING))

    def correct_guest_names(self, speakers: Mapping[str, Guest]) -> None:
        """Correct the author of a change: the name comes from the authenticated connection, not the page."""
        signatures = {}
        for name, guest in speakers.items():
            old = self._map.get(name)
            if not isinstance(old, dict) or (old.get("role"), old.get("name")) != (guest.role, guest.name):
                at = old.get("at") if isinstance(old, dict) else None
                at = at if isinstance(at, str) else datetime.now(UTC).isoformat()
                signatures[name] = {"role": guest.role, "name": guest.name, "at": at}
        signatures = {name: value for name, value in signatures.items() if name in self._map}
        if signatures:
            with self._write_transaction() as fields:
                for name, value in signatures.items():
                    fields[name] = value

    def accept(self, names: set[str], now: Mapping[str, Value], mended: Mapping[str, Value]) -> None:
        """Mark fields as synchronised with the record.

        Parameters
        ----------
        names : set of str
            The keys of the fields that the record has taken over.
        now : mapping of str to value
            The fields as they were when they were read; a name that is missing here was deleted.
        mended : mapping of str to value
            Normalised values, written to the map unless the field has changed again since.
        """
        for name in names:
            if name in now:
                self._synced[name] = now[name]
            else:
                self._synced.pop(name, None)
        if mended:
            with self._write_transaction() as fields:
                for name, value in mended.items():
                    if json_equal(fields.get(name, MISSING), now.get(name, MISSING)):
                        self._set_field(fields, name, value)

    def mark_synced(self, vector: bytes, problem: str) -> None:
        """Tell the pages how far their changes are processed.

        Parameters
        ----------
        vector : bytes
            The state vector up to which every change is saved or refused.
        problem : str
            The reason of the last refusal; empty if nothing was refused.
        """
        at = datetime.now(UTC).isoformat()
        self._last_answers |= {
            "saved": {"at": at, "vector": base64.b64encode(vector).decode()},
            "error": problem,
        }
        self._answers_are_stale = True
        self.resend_error()

    def value(self, name: str) -> Value:
        """Return the value of any key of the map, a field or not; None if missing."""
        return self._map.get(name)

    def set_values(self, values: Mapping[str, Value]) -> None:
        """Publish more values in the server's map, by their keys there."""
        if values:
            self._last_answers |= values
            self._answers_are_stale = True
            self.resend_error()

    def set_error(self, problem: str) -> None:
        """Publish an error message; an empty one removes the last."""
        self._last_answers["error"] = problem
        self._answers_are_stale = True
        self.resend_error()

    def resend_error(self) -> None:
        """Publish the last answers again if the server's map changed: an earlier server may override them."""
        if not self._answers_are_stale:
            return  # nobody changed the map since, so it need not be read
        self._answers_are_stale = False
        wanted = {
            name: value for name, value in self._last_answers.items() if self._server_map.get(name) != value
        }
        if wanted.get("error") == "" and "error" not in self._server_map:
            del wanted["error"]
        if wanted:
            with self._writer.writing() as (_table, answers):
                answers.update(wanted)

    def _set_field(self, fields: SharedFields, name: str, value: Value) -> None:
        """Set or delete a field unless it has the value already, and record the value as synchronised."""
        if value is MISSING:
            self._synced.pop(name, None)
            if name in fields:
                del fields[name]
            return
        self._synced[name] = value
        if not json_equal(fields.get(name, MISSING), value):
            fields[name] = value

    @contextmanager
    def _write_transaction(self) -> Iterator[SharedFields]:
        try:
            with self._writer.writing() as (fields, _server_map):
                yield fields
                self._is_own_write = True  # the observers run when the block ends
        finally:
            self._is_own_write = False

    def _observe(self, event: MapEvent) -> None:
        if not self._is_own_write:
            self._on_change(list(event.keys))  # type: ignore[attr-defined]  # made from its slots

    def _observe_notes(self, _event: TextEvent) -> None:
        if not self._is_own_write:
            self._on_change([NOTES_FIELD])

    def _observe_answers(self, _event: MapEvent) -> None:
        self._answers_are_stale = True
