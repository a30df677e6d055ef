"""Keeps the live state in the shared document and the session's record in step.

A change that a browser made is judged, written to the record, and acknowledged when it is on the disk; what
others wrote to the record is put into the document. One task does all of it, so there are never two writes at
a time: what comes in during one goes into the next.

See docs/decisions/0007-the-shared-session.md.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from jupyter_ydoc import YNotebook

from toolkit.domain.record_entries import Entry, TimerEntry
from toolkit.domain.student_group import line_of
from toolkit.errors import InputError, MentoringError, NotFoundError, UnreadableError
from toolkit.i18n import _, use_language
from toolkit.live.session_settings import Guest, LiveSettings
from toolkit.live.snapshots.quarantine import Asides, put_aside
from toolkit.live.sync.change_validation import judge
from toolkit.live.sync.current_guest import speaker
from toolkit.live.sync.field_codec import entry_of
from toolkit.live.sync.page_requests import HINT, SUBMIT, Errands
from toolkit.live.sync.shadow_document import Twin
from toolkit.live.sync.sync_checkpoint import Agreed
from toolkit.live.sync.update_causality import Causes
from toolkit.live.sync.ydoc_adapter import SharedMap
from toolkit.workspace.session_record import Record, Stamp

__all__ = ["Bridge"]

_log = logging.getLogger("mentoring.live.bridge")

_LOOK = 0.02
"""Seconds between two looks at whether others wrote to the record."""

_COURTESY = 0.005
"""Seconds that a change has to itself, so that the other person sees it before anything is written."""

_AGAIN = 1.0
"""Seconds after which what the disk refused is tried again."""

_YOUNG = 100_000_000
"""A file that is younger than this (nanoseconds) could be written again without its stamp changing."""


class Bridge:
    """Between the shared document of a session's notebook and the session's record.

    Parameters
    ----------
    document : YNotebook
        The room's own document, loaded. It is touched in the running loop's thread alone.
    settings : LiveSettings
        Where the record lies, who is in the session, and its language.
    keep : callable
        Has all that is in the document on the disk, text too, before a page is told that it is; raises
        `StorageError` where it cannot.
    """

    def __init__(
        self, document: YNotebook, settings: LiveSettings, keep: Callable[[], Awaitable[None]]
    ) -> None:
        self._keep = keep
        self._settings = settings
        self._record = Record(settings.record, within=settings.root)
        self._errands = Errands(Record(settings.record, within=settings.root), document)
        self._agreed = Agreed(settings.state / "agreed.json")
        self._stirred = asyncio.Event()
        self._pending = self._stopping = False
        self._speakers: dict[str, Guest] = {}
        twin = Twin(document.ydoc)
        self.causes = Causes(twin)
        """Asks of what comes in whether it can be done now; the room is to ask it before it does anything."""
        self._table = SharedMap(document.ydoc, twin, self._heard)
        self._known: dict[str, Entry] | None = None
        self._vector = b""
        self._seen: Stamp | None = None
        self._again: float | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def driver(self) -> str | None:
        """The role of who drives; None while nobody does."""
        return self._table.driver

    async def start(self) -> None:
        """Bring record and document together, and go on doing so.

        A record that cannot be read is said in the document and looked at again a second later; until then
        nothing is written anywhere. Then it is put aside, and written again as it was last, if that is known.
        """
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
            self._table.close()

    def _heard(self, names: list[str]) -> None:
        guest = speaker(self._settings.guests)
        for name in names:
            if guest is None:
                self._speakers.pop(name, None)
            else:
                self._speakers[name] = guest
        if not self._settings.copies:
            # The exercise is one student's: a group's board hands nothing in.
            self._errands.heard(names, guest.role if guest is not None else None)
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
                        await asyncio.sleep(_COURTESY)

    async def _round(self, *, hurry: bool) -> None:
        self._stirred.clear()
        if self._again is not None and time.monotonic() < self._again and not hurry:
            return
        try:
            if self._known is None:
                self._known = await self._begin()
            elif not self._pending or not await self._bring(self._known):
                await self._look(self._known)
            wishes = {key: self._table.value(key) for key in (SUBMIT, HINT)}
            self._table.answer(await self._errands.run(wishes, self._known))
        except Exception as error:  # noqa: BLE001 - whatever it is, what comes next has to be kept
            if not isinstance(error, MentoringError):
                _log.exception("The bridge of session %s", self._settings.session)
            if self._again is not None and isinstance(error, (UnreadableError, NotFoundError)):
                # It was so a moment ago, too: nobody is just writing it.
                await self._put_back()
            self._again = time.monotonic() + _AGAIN
            self._pending = True
            reason = (
                error.message if isinstance(error, MentoringError) else f"{type(error).__name__}: {error}."
            )
            text = _("Not saved. {reason} What you change stays in the notebook, and is tried again.")
            self._table.say(text.format(reason=reason))
        else:
            if self._again is not None:
                self._again = None
                self._table.say("")
            self._table.repeat()

    async def _put_back(self) -> None:
        """Put aside what is no record, and write it again as far as it is known."""
        entries = self._known or self._agreed.last()
        if entries is None:
            return
        record, root = self._settings.record, self._settings.root
        try:
            name = await asyncio.to_thread(put_aside, root, record)
            await asyncio.to_thread(Record.create, record, entries, within=root)
            Asides(self._settings.state).note(record.relative_to(root).as_posix(), name, "record")
        except (OSError, MentoringError):
            _log.exception("The record of session %s cannot be put back", self._settings.session)

    async def _begin(self) -> dict[str, Entry]:
        """Bring the two together for the first time, and return what the record says."""
        stamp = self._record.stamp()
        entries = await asyncio.to_thread(self._record.items)
        vector = self._table.state()
        agreed, covered = self._agreed.read(vector, entries) or (None, False)
        if agreed is not None and covered:
            # The document is at least as new as what both last agreed on: what differs from that is a
            # change which had not been saved yet when the server ended. It is brought in next.
            self._table.compare(agreed)
            self._table.take(agreed, entries, firmly=True)
            self._vector = self._table.reached(vector)
            self._pending = True
        else:
            self._table.compare(entries)
            self._pending = self._table.overwrite(agreed)
            vector = self._vector = self._table.reached(vector)
            await asyncio.to_thread(self._agreed.write, entries, vector, entries, vector)
            if not self._pending:
                await self._keep()
                self._table.acknowledge(vector, "")
        self._noted(stamp)
        return entries

    async def _bring(self, known: dict[str, Entry]) -> bool:
        """Take over what the browsers changed; return whether something was written."""
        # What is written and the vector that says so are taken in one step: no update comes in between.
        now, changed, vector = self._table.scan()
        speakers, self._speakers = self._speakers, {}
        self._pending = False
        self._table.sign({n: guest for n, guest in speakers.items() if n.endswith("/@by")})
        roles = {name: guest.role for name, guest in speakers.items()}
        found = judge(now, changed, known, roles, self._foreign(speakers))
        self._table.put_back(found.back, known)
        changed -= found.back
        if not found.changes:
            self._table.accept(changed, now, found.mended)
            await self._keep()
            self._table.acknowledge(vector, found.problem)
            return False
        expected = {key: e for key, e in {**known, **found.changes}.items() if e is not None}
        try:
            merged = await asyncio.to_thread(self._write, found.changes, known, expected, vector)
        except BaseException as error:
            if not isinstance(error, InputError) or isinstance(error, (NotFoundError, UnreadableError)):
                self._speakers = speakers | self._speakers
                raise
            # The record would become too large: it stays as it was, and so does the document.
            self._table.put_back(changed, known)
            await self._keep()
            self._table.acknowledge(vector, error.message)
            return False
        self._seen = None
        self._table.accept(changed, now, found.mended)
        self._agree(expected, merged, vector)
        await self._keep()
        self._table.acknowledge(vector, found.problem)
        return True

    def _foreign(self, speakers: Mapping[str, Guest]) -> set[str]:
        """Return the fields that a student of a group changed in another's line of the checklist."""
        if not self._settings.copies:
            return set()
        owners = {number: copy.guest for number, copy in enumerate(self._settings.copies, 1)}
        return {
            name
            for name, guest in speakers.items()
            if name.startswith("check:")
            and guest.role == "student"
            and owners.get(line_of(entry_of(name).partition(":")[2])[0]) != guest.id
        }

    def _write(
        self,
        changes: Mapping[str, Entry | None],
        known: Mapping[str, Entry],
        expected: Mapping[str, Entry],
        vector: bytes,
    ) -> dict[str, Entry]:
        self._agreed.write(expected, vector, known, self._vector)
        # The clock has two writers from the first moment, so its fields are always told apart.
        return self._record.put(changes, since={"timer": TimerEntry(), **known})

    async def _look(self, known: dict[str, Entry]) -> None:
        """Take over what others wrote to the record."""
        stamp = self._record.stamp()
        if stamp is None or stamp != self._seen:
            entries = await asyncio.to_thread(self._record.items)
            if entries != known:
                self._agree(known, entries, self._vector)
            self._noted(stamp)

    def _agree(self, before: dict[str, Entry], entries: dict[str, Entry], vector: bytes) -> None:
        self._table.take(before, entries)
        # Only a document that has what was put into it now may be compared with these entries later.
        self._known, self._vector = entries, self._table.reached(vector)

    def _noted(self, stamp: Stamp | None) -> None:
        old = stamp is not None and time.time_ns() - stamp.mtime > _YOUNG
        self._seen = stamp if old else None
