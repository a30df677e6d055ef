"""Scheduler of a session's snapshots: at intervals, and when the agenda changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Self

from toolkit._internal.atomic_io import read_regular_file
from toolkit.domain.agenda import AgendaState
from toolkit.domain.record_entries import AgendaEntry, TimerEntry
from toolkit.errors import MentoringError
from toolkit.live.snapshots.snapshot_store import SessionSnapshot, SnapshotReason, SnapshotStore
from toolkit.workspace.session_record import Record

__all__ = ["SnapshotScheduler"]

INTERVAL_SECONDS = 180.0
"""Maximum time between a change and its snapshot, s."""

_MIN_INTERVAL_S = 5.0
"""Minimum time between two snapshots, however often the agenda changes."""

_MAX_TOTAL_BYTES = 2_000_000_000
"""Size of a session's snapshots above which only requested ones are taken."""

_MAX_NOTEBOOK_BYTES = 50_000_000  # as at the close
_MAX_RECORD_BYTES = 8 * 1024 * 1024


class SnapshotScheduler:
    """Takes snapshots, in the mentor's process, which sees the workspace's files.

    Used in a ``with`` block while the session is open: no file is restored during that time.

    Parameters
    ----------
    snapshots : SnapshotStore
        The store of the snapshots.
    notebook : Path
        The session's notebook.
    workspace : Path
        The student's folder: no link below it is followed.
    clock : callable
        A monotonic clock, s.
    record : Path, optional
        The session's record, if it does not lie beside the notebook.
    """

    def __init__(
        self,
        snapshots: SnapshotStore,
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
        self._exit_stack = ExitStack()
        self._last_taken_at: float | None = None
        self._agenda: dict[str, AgendaEntry] = {}
        self._running_item: str | None = None
        self._last_stamps: object = None
        self._changed_item: str | None = None

    def __enter__(self) -> Self:
        self._exit_stack.enter_context(self._snapshots.held())
        return self

    def __exit__(self, *_exc: object) -> None:
        self._exit_stack.close()

    def take_snapshot(self, why: SnapshotReason, about: str = "") -> SessionSnapshot | None:
        """Take a snapshot; return None if the last one is the same, or if there is no file.

        Parameters
        ----------
        why : SnapshotReason
            The reason.
        about : str
            The talking point, if the snapshot is taken for one.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        return self._take(why, about, self._read_record())

    def step(self) -> SessionSnapshot | None:
        """Take a snapshot if one is due; called about once per second.

        The first is taken at once, before the first edit.

        Raises
        ------
        StorageError
            If the disk refuses; the next call tries again.
        """
        if self._last_taken_at is None:
            record = self._read_record()
            self._find_change(record)
            taken = self._take(SnapshotReason.FIRST, "", record)
            self._last_stamps = self._stamps()
            return taken
        stamps = self._stamps()
        if stamps == self._last_stamps:
            return None
        record = self._read_record()
        self._changed_item = self._find_change(record) or self._changed_item
        waited = self._clock() - self._last_taken_at
        # The stamps stay the old ones until the change is in a snapshot.
        if (
            waited < (INTERVAL_SECONDS if self._changed_item is None else _MIN_INTERVAL_S)
            or self._snapshots.size() > _MAX_TOTAL_BYTES
        ):
            return None
        taken = self._take(
            SnapshotReason.CLOCK if self._changed_item is None else SnapshotReason.AGENDA,
            self._changed_item or "",
            record,
        )
        self._last_stamps, self._changed_item = stamps, None
        return taken

    def watch(self, ended: Event, failed: Callable[[MentoringError], None]) -> None:
        """Take snapshots until ``ended`` is set; a refusal of the disk is reported and tried again.

        Parameters
        ----------
        ended : Event
            Stops the loop, within a second.
        failed : callable
            Called with the error of each step that failed.
        """
        while True:
            try:
                self.step()
            except MentoringError as error:
                failed(error)
            if ended.wait(1):
                return

    def _take(self, why: SnapshotReason, about: str, record: bytes | None) -> SessionSnapshot | None:
        notebook = read_regular_file(self._notebook, _MAX_NOTEBOOK_BYTES, within=self._workspace)
        taken = self._snapshots.add(why, notebook, record, about=about)
        self._last_taken_at = self._clock()
        return taken

    def _read_record(self) -> bytes | None:
        return read_regular_file(self._record, _MAX_RECORD_BYTES, within=self._workspace)

    def _stamps(self) -> tuple[object, ...]:
        return Record(self._notebook).fingerprint(), Record(self._record).fingerprint()

    def _find_change(self, record: bytes | None) -> str | None:
        """Read the agenda; return the text of a talking point that changed since the last call, or None."""
        before, running = self._agenda, self._running_item
        entries, _problems, _data = Record(self._record).load_validated(record or b"")
        self._agenda = {entry.id: entry for entry in entries.values() if isinstance(entry, AgendaEntry)}
        timer = entries.get("timer")
        self._running_item = timer.item if isinstance(timer, TimerEntry) else None
        for name, entry in self._agenda.items():
            old = before[name].state if name in before else AgendaState.OPEN
            if entry.state is not old:
                return entry.text
        if self._running_item == running:
            return None
        # The item that just ended is the more useful label of the snapshot.
        ended = self._agenda.get(running or "") or self._agenda.get(self._running_item or "")
        return ended.text if ended else None
