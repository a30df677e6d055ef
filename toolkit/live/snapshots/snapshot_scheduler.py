"""Takes a session's snapshots while it is open, at the moments that somebody will want back."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Self

from toolkit._internal.atomic_io import read_plain
from toolkit.domain.agenda import AgendaState
from toolkit.domain.record_entries import AgendaEntry, TimerEntry
from toolkit.errors import MentoringError
from toolkit.live.snapshots.snapshot_store import Snapshot, Snapshots, Why
from toolkit.workspace.session_record import Record

__all__ = ["Keeper"]

EVERY = 180.0
"""Seconds after which what changed is kept."""

_APART = 5.0
"""Seconds between two, however often somebody ticks."""

_MOST = 2_000_000_000
"""Bytes of one session's, after which none is taken but when somebody asks for it."""

_LARGEST_NOTEBOOK = 50_000_000  # bytes, as at the close
_LARGEST_RECORD = 8 * 1024 * 1024


class Keeper:
    """The one who takes them: the mentor's process, which sees the workspace's files.

    Used in a ``with`` block for as long as the session is open: nothing is put back meanwhile.

    Parameters
    ----------
    snapshots : Snapshots
        Where they are kept.
    notebook : Path
        The session's notebook.
    workspace : Path
        The student's folder: no link below it is followed.
    clock : callable
        Seconds that only grow.
    record : Path, optional
        The session's record, where it does not lie beside the notebook.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        notebook: Path,
        workspace: Path,
        clock: Callable[[], float] = time.monotonic,
        record: Path | None = None,
    ) -> None:
        self._snapshots = snapshots
        self._notebook = notebook
        self._record = record or notebook.with_name("record.json")
        self._workspace = workspace
        self._clock = clock
        self._held = ExitStack()
        self._last: float | None = None
        self._agenda: dict[str, AgendaEntry] = {}
        self._running: str | None = None
        self._stamp: object = None
        self._about: str | None = None

    def __enter__(self) -> Self:
        self._held.enter_context(self._snapshots.held())
        return self

    def __exit__(self, *_exc: object) -> None:
        self._held.close()

    def take(self, why: Why, about: str = "") -> Snapshot | None:
        """Take a snapshot; returns None where the last one is the same, or there is nothing to take.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        return self._take(why, about, self._read_record())

    def step(self) -> Snapshot | None:
        """Take one if it is time; to be called every second or so.

        The first is taken at once: before anybody's first edit.

        Raises
        ------
        StorageError
            If the disk refuses; it is tried again at the next step.
        """
        if self._last is None:
            record = self._read_record()
            self._look(record)
            taken = self._take(Why.FIRST, "", record)
            self._stamp = self._stamps()
            return taken
        stamp = self._stamps()
        if stamp == self._stamp:
            return None
        record = self._read_record()
        self._about = self._look(record) or self._about
        waited = self._clock() - self._last
        # Until then the stamp stays the old one: there is a change that still waits to be kept.
        if waited < (EVERY if self._about is None else _APART) or self._snapshots.size() > _MOST:
            return None
        taken = self._take(Why.CLOCK if self._about is None else Why.AGENDA, self._about or "", record)
        self._stamp, self._about = stamp, None
        return taken

    def watch(self, ended: Event, failed: Callable[[MentoringError], None]) -> None:
        """Take them until ``ended``; what the disk refuses is told, and tried again.

        Parameters
        ----------
        ended : Event
            Ends it, within a second.
        failed : callable
            Told of each step that did not succeed.
        """
        while True:
            try:
                self.step()
            except MentoringError as error:
                failed(error)
            if ended.wait(1):
                return

    def _take(self, why: Why, about: str, record: bytes | None) -> Snapshot | None:
        notebook = read_plain(self._notebook, _LARGEST_NOTEBOOK, within=self._workspace)
        taken = self._snapshots.add(why, notebook, record, about=about)
        self._last = self._clock()
        return taken

    def _read_record(self) -> bytes | None:
        return read_plain(self._record, _LARGEST_RECORD, within=self._workspace)

    def _stamps(self) -> tuple[object, ...]:
        return Record(self._notebook).stamp(), Record(self._record).stamp()

    def _look(self, record: bytes | None) -> str | None:
        """Look at the agenda; return the talking point that something became of since, or None."""
        before, running = self._agenda, self._running
        entries, _problems, _data = Record(self._record).believed(record or b"")
        self._agenda = {entry.id: entry for entry in entries.values() if isinstance(entry, AgendaEntry)}
        timer = entries.get("timer")
        self._running = timer.item if isinstance(timer, TimerEntry) else None
        for name, entry in self._agenda.items():
            old = before[name].state if name in before else AgendaState.OPEN
            if entry.state is not old:
                return entry.text
        if self._running == running:
            return None
        # What was just talked about is what one looks for afterwards.
        ended = self._agenda.get(running or "") or self._agenda.get(self._running or "")
        return ended.text if ended else None
