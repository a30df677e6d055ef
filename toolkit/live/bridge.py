"""Keeps the live state in the shared document and the session's record in step.

A change that a browser made is judged, written to the record, and acknowledged when it is on the disk; what
others wrote to the record is put into the document. One task does all of it, so never two writes at a time:
what comes in during one goes into the next. Nothing is told apart by where it came from, only by its value:
``_mirror`` is the map as it was when it and the record said the same.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from jupyter_ydoc import YNotebook
from pycrdt import Map, MapEvent, Subscription

from toolkit.domain.people import Role
from toolkit.domain.record import Entry, TimerEntry
from toolkit.errors import InputError, MentoringError, NotFoundError, UnreadableError
from toolkit.i18n import _, use_language
from toolkit.live.agreed import Agreed
from toolkit.live.fields import MISSING, Value, alike, flatten, is_field, mirrored
from toolkit.live.judging import Judged, judge
from toolkit.live.settings import LiveSettings
from toolkit.live.speaker import speaker
from toolkit.record import Record, Stamp

__all__ = ["Bridge"]

_LOOK = 0.02
"""Seconds between two looks at whether others wrote to the record."""

_AGAIN = 1.0
"""Seconds after which what the disk refused is tried again."""

_YOUNG = 100_000_000
"""A file that is younger than this (nanoseconds) could be written again without its stamp changing."""


class Bridge:
    """Between the shared document of a session's notebook and the session's record.

    Parameters
    ----------
    document : YNotebook
        The room's own document, loaded; it is touched in the thread of the running loop alone.
    settings : LiveSettings
        Where the record lies, who is in the session, and its language.
    """

    def __init__(self, document: YNotebook, settings: LiveSettings) -> None:
        self._doc = document.ydoc
        self._map: Map[Any] = self._doc.get("mentoring", type=Map)
        self._answers: Map[Any] = self._doc.get("mentoring:server", type=Map)
        self._settings = settings
        self._record = Record(settings.record)
        self._agreed = Agreed(settings.state / "agreed.json")
        self._known: dict[str, Entry] | None = None
        self._mirror: dict[str, Value] = {}
        self._roles: dict[str, Role] = {}
        self._seen: Stamp | None = None
        self._pending = self._own = self._stopping = False
        self._again: float | None = None
        self._stirred = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._subscription: Subscription | None = None

    @property
    def driver(self) -> str | None:
        """The role of who drives; None while nobody does."""
        wheel = self._map.get("@wheel/driver")
        role = wheel.get("role") if isinstance(wheel, dict) else None
        return role if role in {"mentor", "student"} else None

    async def start(self) -> None:
        """Bring record and document together, and go on doing so.

        A record that cannot be read is said in the document, and looked for again every second; until then
        nothing is written anywhere.
        """
        self._subscription = self._map.observe(self._heard)
        with use_language(self._settings.language):
            await self._round(hurry=True)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop; what came in until now is written first, if the disk lets it."""
        self._stopping = True
        self._stirred.set()
        if self._task is not None:
            await self._task
            self._task = None
        if self._subscription is not None:
            self._map.unobserve(self._subscription)
            self._subscription = None

    def _heard(self, event: MapEvent) -> None:
        # Inside the transaction: nothing may be changed here. Even a change without effect wants an answer.
        if self._own:
            return
        role = speaker(self._settings.guests)
        for name in event.keys:  # type: ignore[attr-defined]  # set from its slots
            if role is None:
                self._roles.pop(name, None)
            else:
                self._roles[name] = role
        self._pending = True
        self._stirred.set()

    async def _run(self) -> None:
        with use_language(self._settings.language):
            while True:
                stopping = self._stopping  # asked before, so that the last round sees all that there is
                await self._round(hurry=stopping)
                if stopping and (self._again is not None or not self._pending):
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        await self._stirred.wait()

    async def _round(self, *, hurry: bool) -> None:
        self._stirred.clear()
        if self._again is not None and time.monotonic() < self._again and not hurry:
            return
        try:
            if self._known is None:
                await self._begin()
            elif not self._pending or not await self._bring():
                await self._look()
        except MentoringError as error:
            self._again = time.monotonic() + _AGAIN
            text = _("Not saved. {reason} What you change stays in the notebook, and is tried again.")
            self._say(text.format(reason=error.message))
        else:
            if self._again is not None:
                self._again = None
                self._say("")

    async def _begin(self) -> None:
        stamp = self._record.stamp()
        entries = await asyncio.to_thread(self._record.items)
        agreed = self._agreed.read(self._doc.get_state())
        if agreed is not None:
            # The document is at least as new as what both last agreed on: what differs from that is a
            # change which had not been saved yet when the server ended.
            self._known, self._mirror = agreed, mirrored(self._scan(), agreed)
            self._pending = True
            with self._writing():
                self._take(entries, firmly=True)
        else:
            now = self._scan()
            self._known, self._mirror = entries, mirrored(now, entries)
            with self._writing():
                for name in now.keys() | self._mirror.keys():
                    self._put(name, self._mirror.get(name, MISSING))
            vector = self._doc.get_state()
            self._pending = False
            await asyncio.to_thread(self._agreed.write, entries, vector)
            with self._writing():
                self._acknowledge(vector, "")
        self._noted(stamp)

    async def _bring(self) -> bool:
        """Take over what the browsers changed; return whether something was written."""
        known = self._known or {}
        # What is written and the vector that says so are taken in one step: no update comes in between.
        now, vector = self._scan(), self._doc.get_state()
        roles, self._roles = self._roles, {}
        self._pending = False
        names = now.keys() | self._mirror.keys()
        changed = {n for n in names if not alike(now.get(n, MISSING), self._mirror.get(n, MISSING))}
        found = judge(now, changed, known, roles)
        self._put_back(found, known)
        if not found.changes:
            self._accept(found, changed, now)
            with self._writing():
                self._mend(found, now)
                self._acknowledge(vector, found.problem)
            return False
        expected = {key: e for key, e in {**known, **found.changes}.items() if e is not None}
        try:
            merged = await asyncio.to_thread(self._write, found.changes, known, expected, vector)
        except BaseException as error:
            if not isinstance(error, InputError) or isinstance(error, (NotFoundError, UnreadableError)):
                self._pending = True
                self._roles = roles | self._roles
                raise
            # The record would become too large: it stays as it was, and so does the document.
            self._put_back(Judged(back=changed), known)
            with self._writing():
                self._acknowledge(vector, error.message)
            return False
        self._accept(found, changed, now)
        self._known = expected
        with self._writing():
            self._mend(found, now)
            self._take(merged)
            self._acknowledge(vector, found.problem)
        self._seen = None
        return True

    def _write(
        self,
        changes: Mapping[str, Entry | None],
        known: Mapping[str, Entry],
        expected: Mapping[str, Entry],
        vector: bytes,
    ) -> dict[str, Entry]:
        # The clock has two writers from the first moment, so its fields are always told apart.
        merged = self._record.put(changes, since={"timer": TimerEntry(), **known})
        self._agreed.write(expected, vector)
        return merged

    async def _look(self) -> None:
        stamp = self._record.stamp()
        if stamp is None or stamp != self._seen:
            entries = await asyncio.to_thread(self._record.items)
            if entries != self._known:
                with self._writing():
                    self._take(entries)
            self._noted(stamp)

    def _noted(self, stamp: Stamp | None) -> None:
        old = stamp is not None and time.time_ns() - stamp.mtime > _YOUNG
        self._seen = stamp if old else None

    def _take(self, entries: dict[str, Entry], *, firmly: bool = False) -> None:
        """Put into the map what the record says now and did not say before.

        What a browser changed meanwhile stays, unless ``firmly``: it is newer, and written next.
        """
        before = self._known or {}
        differ = [key for key in before.keys() | entries.keys() if before.get(key) != entries.get(key)]
        old = flatten({key: before[key] for key in differ if key in before})
        new = flatten({key: entries[key] for key in differ if key in entries})
        for name in old.keys() | new.keys():
            value = new.get(name, MISSING)
            was = self._mirror.get(name, MISSING)
            quiet = firmly or alike(self._map.get(name, MISSING), was)
            if quiet and not alike(old.get(name, MISSING), value):
                self._put(name, value)
        for key in differ:
            if key not in entries and f"{key}/@by" in self._map:
                del self._map[f"{key}/@by"]
        self._known = entries

    def _scan(self) -> dict[str, Value]:
        with self._doc.transaction():
            return {name: self._map[name] for name in self._map if is_field(name)}

    def _put(self, name: str, value: Value) -> None:
        """Give a field a value in the map, unless it has it; the mirror says so in any case."""
        if value is MISSING:
            self._mirror.pop(name, None)
            if name in self._map:
                del self._map[name]
            return
        self._mirror[name] = value
        if not alike(self._map.get(name, MISSING), value):
            self._map[name] = value

    def _put_back(self, found: Judged, known: Mapping[str, Entry]) -> None:
        if found.back:
            rightful = flatten(known)
            with self._writing():
                for name in found.back:
                    self._put(name, rightful.get(name, MISSING))

    def _accept(self, found: Judged, changed: set[str], now: Mapping[str, Value]) -> None:
        for name in changed - found.back:
            if name in now:
                self._mirror[name] = now[name]
            else:
                self._mirror.pop(name, None)

    def _mend(self, found: Judged, now: Mapping[str, Value]) -> None:
        for name, value in found.mended.items():
            if alike(self._map.get(name, MISSING), now.get(name, MISSING)):
                self._put(name, value)

    def _acknowledge(self, vector: bytes, problem: str) -> None:
        at = datetime.now(UTC).isoformat()
        self._answers["saved"] = {"at": at, "vector": base64.b64encode(vector).decode()}
        self._say(problem)

    def _say(self, problem: str) -> None:
        if self._answers.get("error", "") != problem:
            self._answers["error"] = problem

    @contextmanager
    def _writing(self) -> Iterator[None]:
        # No origin: where the room is loading the notebook anew, this joins its transaction, which has none.
        try:
            with self._doc.transaction():
                yield
                self._own = True
        finally:
            self._own = False
