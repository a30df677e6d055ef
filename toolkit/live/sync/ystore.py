"""Store of the shared document's updates that does not lose an update the disk refused."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_server_ydoc.stores import SQLiteYStore
from pycrdt import Doc, Subscription, TransactionEvent, merge_updates
from traitlets import Unicode

from toolkit.errors import StorageError
from toolkit.i18n import _

__all__ = ["DurableYStore", "open_ystore"]

_log = logging.getLogger("mentoring.live.updates")

_DEBOUNCE_S = 0.005
"""Delay before an update is written: the write would compete with sending it to the other pages."""

_RETRY_DELAY_S = 1.0
"""Time after which a failed write is tried again."""

_CACHE_KIB = 256
"""Size of SQLite's page cache: pages are written and not read again."""


class DurableYStore(SQLiteYStore):  # type: ignore[misc]  # it has no types
    """SQLite store that keeps refused updates in memory, and can flush all updates to the disk.

    The room writes each update on its own, some time after it was made, and drops one that cannot be written:
    every later update of the same client is useless without it. So this store observes the document itself,
    from `follow` on, and keeps an update until it is on the disk.
    """

    checkpoint_interval = None
    """No checkpoints: each hundred writes, one would build a second copy of the whole document between two
    changes; reading ten thousand single updates takes only 0.1 s.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._pending: list[bytes] = []
        self._wakeup = asyncio.Event()
        self._flush_lock = asyncio.Lock()
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    def follow(self, doc: Doc[Any]) -> None:
        """Store the present state of ``doc``, and observe it to store each later update."""
        self._pending.append(doc.get_update())
        self._subscription = doc.observe(self._on_update)
        self._wakeup.set()
        self._task = asyncio.create_task(self._run())

    async def write(self, data: bytes) -> None:
        """Store an update; once the document is observed, the update is pending already."""
        if self._subscription is None:
            self._pending.append(data)
            await self.flush()

    async def flush(self) -> None:
        """Write every pending update to the disk.

        Raises
        ------
        StorageError
            If the disk refuses; the updates stay pending, and the write is tried again.
        """
        async with self._flush_lock:
            waiting, self._pending = self._pending, []
            if not waiting:
                return
            try:
                await self._write(waiting[0] if len(waiting) == 1 else merge_updates(*waiting))
            except BaseException as error:
                self._pending = waiting + self._pending
                if not isinstance(error, Exception):
                    raise
                self._wakeup.set()
                raise StorageError(
                    _("{name} cannot be written: {reason}.").format(
                        name=Path(str(self.db_path)).name, reason=error
                    ),
                    _("Nothing that was there is lost. Free some space, then try again."),
                ) from error

    async def _write(self, data: bytes) -> None:
        try:
            await super().write(data)
        except BaseException:
            # A failed commit leaves its transaction open.
            await self._db.rollback()
            raise

    async def _init_db(self) -> None:
        await super()._init_db()
        with suppress(sqlite3.DatabaseError):  # a damaged database is reported when it is read
            await (await self._db.cursor()).execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        # The handler logs an error and swallows it.
        self._db._exception_handler = None  # noqa: SLF001 - no public way to leave it out

    def _on_update(self, event: TransactionEvent) -> None:
        self._pending.append(event.update)
        self._wakeup.set()

    async def _run(self) -> None:
        is_reported = False
        while True:
            await self._wakeup.wait()
            await asyncio.sleep(_DEBOUNCE_S)
            self._wakeup.clear()
            try:
                await self.flush()
                is_reported = False
            except StorageError as error:
                if not is_reported:
                    _log.warning("%s", error)
                is_reported = True
                await asyncio.sleep(_RETRY_DELAY_S)


def open_ystore(path: Path) -> type[DurableYStore]:
    """Return a subclass of the store that uses the file ``path``.

    A subclass, since the extension makes rooms without passing any configuration on: the store would use a
    file in the server's working directory.
    """
    store: type[DurableYStore] = type("UpdatesThere", (DurableYStore,), {"db_path": Unicode(str(path))})
    return store
