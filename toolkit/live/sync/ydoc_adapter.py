"""The live state in a shared document: what it says, and what of that is new.

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
from toolkit.live.sync.field_codec import MISSING, Value, alike, entry_of, flatten, is_field, mirrored
from toolkit.live.sync.server_writer import Pen
from toolkit.live.sync.shadow_document import Twin
from toolkit.live.sync.shared_fields import FIELD, NOTES, Whole
from toolkit.live.sync.sync_checkpoint import clocks, with_clock

__all__ = ["SharedMap"]


class SharedMap:
    """What browsers write (the map "mentoring", the text of the notes), and the map that answers them.

    Nothing is told apart by where it came from, only by its value: what differs from the mirror, which is the
    map as it was when it and the record said the same, somebody changed since.

    Parameters
    ----------
    doc : Doc
        The document; touched in one thread alone.
    twin : Twin
        Its copy.
    heard : callable
        Called with the names of the fields that somebody else changed, within the transaction: it must not
        touch the document. There may be none of them: even a change without effect wants an answer.
    """

    def __init__(self, doc: Doc[Any], twin: Twin, heard: Callable[[list[str]], None]) -> None:
        self._doc = doc
        self._map: Map[Any] = doc.get("mentoring", type=Map)
        self._notes: Text = doc.get(NOTES, type=Text)
        self._whole = Whole(self._map, self._notes)
        self._answers: Map[Any] = doc.get("mentoring:server", type=Map)
        self._pen = Pen(twin)
        self._heard = heard
        self._own = False
        self._mirror: dict[str, Value] = {}
        self._said: dict[str, Value] = {}
        self._unsure = True
        self._subscriptions = (
            self._map.observe(self._observe),
            self._notes.observe(self._observe_notes),
            self._answers.observe(self._observe_answers),
        )

    def close(self) -> None:
        """Listen no more."""
        fields, notes, answers = self._subscriptions
        self._map.unobserve(fields)
        self._notes.unobserve(notes)
        self._answers.unobserve(answers)

    @property
    def driver(self) -> Role | None:
        """The role of who drives."""
        wheel = self._map.get("@wheel/driver")
        role = wheel.get("role") if isinstance(wheel, dict) else None
        return cast("Role", role) if role in {"mentor", "student"} else None

    def state(self) -> bytes:
        """Return the document's state vector."""
        return self._doc.get_state()

    def reached(self, vector: bytes) -> bytes:
        """Return the state ``vector``, with all that was put into the map from here, and nobody else's."""
        own = clocks(self._doc.get_state()).get(self._pen.client, 0)
        return with_clock(vector, self._pen.client, own)

    def scan(self) -> tuple[dict[str, Value], set[str], bytes]:
        """Return every field, the names of those that differ from the mirror, and the state that this is."""
        with self._doc.transaction():
            now = {name: value for name, value in self._whole.items() if is_field(name)}
            vector = self._doc.get_state()
        names = now.keys() | self._mirror.keys()
        changed = {n for n in names if not alike(now.get(n, MISSING), self._mirror.get(n, MISSING))}
        return now, changed, vector

    def compare(self, entries: Mapping[str, Entry]) -> None:
        """Make the mirror what the map would be if it said what ``entries`` say."""
        self._mirror = mirrored(self.scan()[0], entries)

    def overwrite(self, known: Collection[str] | None = None) -> bool:
        """Make the map what the mirror is; return whether something was left that the mirror has not.

        Parameters
        ----------
        known : collection of str, optional
            The entries that there were; any other that is in the map alone is new, and left.
        """
        _now, changed, _vector = self.scan()
        mine = {entry_of(name) for name in self._mirror}
        new = {
            n for n in changed if known is not None and entry_of(n) not in mine and entry_of(n) not in known
        }
        with self._writing() as table:
            for name in changed - new:
                self._put(table, name, self._mirror.get(name, MISSING))
        return bool(new)

    def take(
        self, before: Mapping[str, Entry], entries: Mapping[str, Entry], *, firmly: bool = False
    ) -> None:
        """Put into the map what the record says now and did not say before.

        What a browser changed meanwhile stays, unless ``firmly``: it is newer, and written next.
        """
        differ = [key for key in before.keys() | entries.keys() if before.get(key) != entries.get(key)]
        if not differ:
            return
        old = flatten({key: before[key] for key in differ if key in before})
        new = flatten({key: entries[key] for key in differ if key in entries})
        with self._writing() as table:
            for name in old.keys() | new.keys():
                value = new.get(name, MISSING)
                quiet = alike(table.get(name, MISSING), self._mirror.get(name, MISSING))
                if (quiet or firmly) and not alike(old.get(name, MISSING), value):
                    self._put(table, name, value)
            for key in differ:
                if key not in entries and f"{key}/@by" in table:
                    del table[f"{key}/@by"]

    def put_back(self, names: set[str], known: Mapping[str, Entry]) -> None:
        """Give the fields ``names`` the record's values again."""
        if names:
            rightful = flatten(known)
            with self._writing() as table:
                for name in names:
                    self._put(table, name, rightful.get(name, MISSING))

    def sign(self, speakers: Mapping[str, Guest]) -> None:
        """Put the name of who really did it where a page has put another: a name is no page's to choose."""
        wrong = {}
        for name, guest in speakers.items():
            said = self._map.get(name)
            if not isinstance(said, dict) or (said.get("role"), said.get("name")) != (guest.role, guest.name):
                at = said.get("at") if isinstance(said, dict) else None
                at = at if isinstance(at, str) else datetime.now(UTC).isoformat()
                wrong[name] = {"role": guest.role, "name": guest.name, "at": at}
        wrong = {name: value for name, value in wrong.items() if name in self._map}
        if wrong:
            with self._writing() as table:
                for name, value in wrong.items():
                    table[name] = value

    def accept(self, names: set[str], now: Mapping[str, Value], mended: Mapping[str, Value]) -> None:
        """Note that the record says what ``names`` said in ``now``; ``mended`` is how it says it."""
        for name in names:
            if name in now:
                self._mirror[name] = now[name]
            else:
                self._mirror.pop(name, None)
        if mended:
            with self._writing() as table:
                for name, value in mended.items():
                    if alike(table.get(name, MISSING), now.get(name, MISSING)):
                        self._put(table, name, value)

    def acknowledge(self, vector: bytes, problem: str) -> None:
        """Tell the pages that all that the state ``vector`` has was dealt with, and what was refused."""
        at = datetime.now(UTC).isoformat()
        self._said |= {"saved": {"at": at, "vector": base64.b64encode(vector).decode()}, "error": problem}
        self._unsure = True
        self.repeat()

    def value(self, name: str) -> Value:
        """Return what a key of the map says, be it a field or not; None where there is none."""
        return self._map.get(name)

    def answer(self, values: Mapping[str, Value]) -> None:
        """Tell the pages more, by the keys of the map that answers them."""
        if values:
            self._said |= values
            self._unsure = True
            self.repeat()

    def say(self, problem: str) -> None:
        """Tell the pages what is wrong; nothing is, where it is empty."""
        self._said["error"] = problem
        self._unsure = True
        self.repeat()

    def repeat(self) -> None:
        """Say what was said last, unless the pages have it: an answer of an earlier server may cover it."""
        if not self._unsure:
            return  # nobody wrote there since, so it need not be read
        self._unsure = False
        wanted = {name: value for name, value in self._said.items() if self._answers.get(name) != value}
        if wanted.get("error") == "" and "error" not in self._answers:
            del wanted["error"]
        if wanted:
            with self._pen.writing() as (_table, answers):
                answers.update(wanted)

    def _put(self, table: Whole, name: str, value: Value) -> None:
        """Give a field a value, unless it has it; the mirror says so in any case."""
        if value is MISSING:
            self._mirror.pop(name, None)
            if name in table:
                del table[name]
            return
        self._mirror[name] = value
        if not alike(table.get(name, MISSING), value):
            table[name] = value

    @contextmanager
    def _writing(self) -> Iterator[Whole]:
        try:
            with self._pen.writing() as (table, _answers):
                yield table
                self._own = True  # when the block ends, it is done to the document
        finally:
            self._own = False

    def _observe(self, event: MapEvent) -> None:
        if not self._own:
            self._heard(list(event.keys))  # type: ignore[attr-defined]  # made from its slots

    def _observe_notes(self, _event: TextEvent) -> None:
        if not self._own:
            self._heard([FIELD])

    def _observe_answers(self, _event: MapEvent) -> None:
        self._unsure = True
