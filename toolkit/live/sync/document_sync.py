"""Synchronises the shared document with the session's record, in both directions.

A browser's change is validated, written to the record and acknowledged once it is on the disk; a change
that another program makes to the record is applied to the document. One task does both, so writes never
overlap: a change that arrives during a write is part of the next one.

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
from toolkit.domain.student_group import parse_board_check_id
from toolkit.errors import InputError, MentoringError, NotFoundError, UnreadableError
from toolkit.i18n import _, use_language
from toolkit.live.session_settings import Guest, LiveSettings
from toolkit.live.snapshots.quarantine import QuarantineLog, quarantine_path
from toolkit.live.sync.change_validation import validate_changes
from toolkit.live.sync.current_guest import current_guest_of
from toolkit.live.sync.field_codec import entry_key
from toolkit.live.sync.page_requests import HINT_KEY, SUBMIT_KEY, PageRequests
from toolkit.live.sync.shadow_document import ShadowDocument
from toolkit.live.sync.sync_checkpoint import SyncCheckpoint
from toolkit.live.sync.update_causality import UpdateCausality
from toolkit.live.sync.ydoc_adapter import YDocAdapter
from toolkit.workspace.session_record import FileFingerprint, Record

__all__ = ["DocumentRecordSync"]

_log = logging.getLogger("mentoring.live.bridge")

_POLL_INTERVAL_S = 0.02
"""Time between two checks of the record's file for changes by other programs."""

_DEBOUNCE_S = 0.005
"""Delay before a change is written, so that it reaches the other person first."""

_RETRY_DELAY_S = 1.0
"""Time after which a failed pass is tried again."""

_MIN_MTIME_AGE_NS = 100_000_000
"""A file younger than this could change again without a new time stamp, so its stamp is not trusted."""


class DocumentRecordSync:
    """Synchronisation of a session's shared document with its record.

    Parameters
    ----------
    document : YNotebook
        The room's own document, loaded. It is accessed only in the running loop's thread.
    settings : LiveSettings
        The session's settings: the record's path, the guests and the language.
    keep : callable
        Awaited before a page is told that its change is saved: stores every update of the document, text of
        cells included, on the disk; raises `StorageError` if it cannot.
    """

    def __init__(
        self, document: YNotebook, settings: LiveSettings, keep: Callable[[], Awaitable[None]]
    ) -> None:
        self._flush = keep
        self._settings = settings
        self._record = Record(settings.record, within=settings.root)
        self._page_requests = PageRequests(Record(settings.record, within=settings.root), document)
        self._checkpoint = SyncCheckpoint(settings.state / "agreed.json")
        self._wakeup = asyncio.Event()
        self._has_changes = self._is_stopping = False
        self._authors: dict[str, Guest] = {}
        twin = ShadowDocument(document.ydoc)
        self.causes = UpdateCausality(twin)
        """Checks an update for missing dependencies; the room calls it before it applies one."""
        self._shared = YDocAdapter(document.ydoc, twin, self._on_document_change)
        self._entries: dict[str, Entry] | None = None
        self._vector = b""
        self._record_stamp: FileFingerprint | None = None
        self._retry_at: float | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def driver(self) -> str | None:
        """The driver's role; None if nobody drives."""
        return self._shared.driver

    async def start(self) -> None:
        """Synchronise record and document for the first time, and start the task that keeps them so.

        An unreadable record is reported in the document and read again after a delay; until then nothing is
        written. If it is still unreadable, it is moved to quarantine and restored from the last known
        entries.
        """
        with use_language(self._settings.language):
            await self._sync_once(ignore_delay=True)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop the task; every change that arrived before is written first, unless the disk refuses."""
        self._is_stopping = True
        self._wakeup.set()
        if self._task is not None:
            await self._task
            self._task = None
            self._shared.close()

    def _on_document_change(self, names: list[str]) -> None:
        guest = current_guest_of(self._settings.guests)
        for name in names:
            if guest is None:
                self._authors.pop(name, None)
            else:
                self._authors[name] = guest
        if not self._settings.copies:
            # An exercise belongs to one student: a group's board submits nothing.
            self._page_requests.handle_change(names, guest.role if guest is not None else None)
        self._has_changes = True
        self._wakeup.set()

    async def _run(self) -> None:
        with use_language(self._settings.language):
            while True:
                stopping = self._is_stopping  # read first, so that the last pass sees every change
                await self._sync_once(ignore_delay=stopping)
                if stopping and (self._retry_at is not None or not self._has_changes):
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_INTERVAL_S):
                        await self._wakeup.wait()
                        await asyncio.sleep(_DEBOUNCE_S)

    async def _sync_once(self, *, ignore_delay: bool) -> None:
        self._wakeup.clear()
        if self._retry_at is not None and time.monotonic() < self._retry_at and not ignore_delay:
            return
        try:
            if self._entries is None:
                self._entries = await self._start_sync()
            elif not self._has_changes or not await self._push_changes(self._entries):
                await self._pull_record(self._entries)
            wishes = {key: self._shared.value(key) for key in (SUBMIT_KEY, HINT_KEY)}
            self._shared.set_values(await self._page_requests.run(wishes, self._entries))
        except Exception as error:  # noqa: BLE001 - later changes must still be saved after any error
            if not isinstance(error, MentoringError):
                _log.exception("The bridge of session %s", self._settings.session)
            if self._retry_at is not None and isinstance(error, (UnreadableError, NotFoundError)):
                # The retry failed as well, so no program is in the middle of writing it.
                await self._restore_record()
            self._retry_at = time.monotonic() + _RETRY_DELAY_S
            self._has_changes = True
            reason = (
                error.message if isinstance(error, MentoringError) else f"{type(error).__name__}: {error}."
            )
            text = _("Not saved. {reason} What you change stays in the notebook, and is tried again.")
            self._shared.set_error(text.format(reason=reason))
        else:
            if self._retry_at is not None:
                self._retry_at = None
                self._shared.set_error("")
            self._shared.resend_error()

    async def _restore_record(self) -> None:
        """Move an unreadable record to quarantine, and write the last known entries in its place."""
        entries = self._entries or self._checkpoint.last()
        if entries is None:
            return
        record, root = self._settings.record, self._settings.root
        try:
            name = await asyncio.to_thread(quarantine_path, root, record)
            await asyncio.to_thread(Record.create, record, entries, within=root)
            QuarantineLog(self._settings.state).note(record.relative_to(root).as_posix(), name, "record")
        except (OSError, MentoringError):
            _log.exception("The record of session %s cannot be put back", self._settings.session)

    async def _start_sync(self) -> dict[str, Entry]:
        """Synchronise document and record for the first time; return the record's entries."""
        stamp = self._record.fingerprint()
        entries = await asyncio.to_thread(self._record.items)
        vector = self._shared.state()
        synced, is_reached = self._checkpoint.read(vector, entries) or (None, False)
        if synced is not None and is_reached:
            # The document is at least as new as the checkpoint: a difference is a change that was not saved
            # when the last server ended. The next pass writes it.
            self._shared.compare(synced)
            self._shared.apply_entries(synced, entries, firmly=True)
            self._vector = self._shared.own_state(vector)
            self._has_changes = True
        else:
            self._shared.compare(entries)
            self._has_changes = self._shared.overwrite(synced)
            vector = self._vector = self._shared.own_state(vector)
            await asyncio.to_thread(self._checkpoint.write, entries, vector, entries, vector)
            if not self._has_changes:
                await self._flush()
                self._shared.mark_synced(vector, "")
        self._remember_stamp(stamp)
        return entries

    async def _push_changes(self, known: dict[str, Entry]) -> bool:
        """Write the browsers' changes to the record; return True if something was written."""
        # Fields and state vector are read in one transaction: no update comes in between.
        now, changed, vector = self._shared.scan()
        authors, self._authors = self._authors, {}
        self._has_changes = False
        self._shared.correct_guest_names({n: guest for n, guest in authors.items() if n.endswith("/@by")})
        roles = {name: guest.role for name, guest in authors.items()}
        found = validate_changes(now, changed, known, roles, self._forbidden_fields(authors))
        self._shared.revert(found.back, known)
        changed -= found.back
        if not found.changes:
            self._shared.accept(changed, now, found.mended)
            await self._flush()
            self._shared.mark_synced(vector, found.problem)
            return False
        expected = {key: e for key, e in {**known, **found.changes}.items() if e is not None}
        try:
            merged = await asyncio.to_thread(self._write_record, found.changes, known, expected, vector)
        except BaseException as error:
            if not isinstance(error, InputError) or isinstance(error, (NotFoundError, UnreadableError)):
                self._authors = authors | self._authors
                raise
            # The record would become too large: record and document stay as they were.
            self._shared.revert(changed, known)
            await self._flush()
            self._shared.mark_synced(vector, error.message)
            return False
        self._record_stamp = None
        self._shared.accept(changed, now, found.mended)
        self._apply_record(expected, merged, vector)
        await self._flush()
        self._shared.mark_synced(vector, found.problem)
        return True

    def _forbidden_fields(self, authors: Mapping[str, Guest]) -> set[str]:
        """Return the fields that a student of a group changed in another student's line of the checklist."""
        if not self._settings.copies:
            return set()
        owners = {number: copy.guest for number, copy in enumerate(self._settings.copies, 1)}
        return {
            name
            for name, guest in authors.items()
            if name.startswith("check:")
            and guest.role == "student"
            and owners.get(parse_board_check_id(entry_key(name).partition(":")[2])[0]) != guest.id
        }

    def _write_record(
        self,
        changes: Mapping[str, Entry | None],
        known: Mapping[str, Entry],
        expected: Mapping[str, Entry],
        vector: bytes,
    ) -> dict[str, Entry]:
        self._checkpoint.write(expected, vector, known, self._vector)
        # Both people write the timer from the start, so it is always merged field by field.
        return self._record.put(changes, since={"timer": TimerEntry(), **known})

    async def _pull_record(self, known: dict[str, Entry]) -> None:
        """Apply to the document what other programs wrote to the record."""
        stamp = self._record.fingerprint()
        if stamp is None or stamp != self._record_stamp:
            entries = await asyncio.to_thread(self._record.items)
            if entries != known:
                self._apply_record(known, entries, self._vector)
            self._remember_stamp(stamp)

    def _apply_record(self, before: dict[str, Entry], entries: dict[str, Entry], vector: bytes) -> None:
        self._shared.apply_entries(before, entries)
        # A later comparison with these entries is valid only for a document that has this update.
        self._entries, self._vector = entries, self._shared.own_state(vector)

    def _remember_stamp(self, stamp: FileFingerprint | None) -> None:
        is_old = stamp is not None and time.time_ns() - stamp.mtime > _MIN_MTIME_AGE_NS
        self._record_stamp = stamp if is_old else None
