"""The store of the shared document's updates: what it says that it has, it has."""

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

__all__ = ["Updates", "updates_in"]

_log = logging.getLogger("mentoring.live.updates")

_COURTESY = 0.005
"""Seconds that a change has to itself: what writes would take turns with what sends it to the others."""

_AGAIN = 1.0
"""Seconds after which what the disk refused is tried again."""

_CACHE_KIB = 256
"""Memory for pages that were written and are not read again."""


class Updates(SQLiteYStore):  # type: ignore[misc]  # it has no types
    """Keeps what the disk refuses, and can be asked whether all is there.

    The room writes each update by itself, some time after it was made, and drops one that cannot be written:
    all that the same person changes afterwards is of no use without it. So this listens to the document
    instead, once it follows it, and keeps what waits until it is on the disk.
    """

    checkpoint_interval = None
    """It would build the whole document beside the one that is shared, each hundred writes, between two of
    people's changes; to read ten thousand updates one by one takes a tenth of a second."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._waiting: list[bytes] = []
        self._stirred = asyncio.Event()
        self._turn = asyncio.Lock()
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    def follow(self, doc: Doc[Any]) -> None:
        """Keep all that ``doc`` has, and what it is given from now on."""
        self._waiting.append(doc.get_update())
        self._subscription = doc.observe(self._note)
        self._stirred.set()
        self._task = asyncio.create_task(self._run())

    async def write(self, data: bytes) -> None:
        """Store an update; where the document is followed it waits already."""
        if self._subscription is None:
            self._waiting.append(data)
            await self.flush()

    async def flush(self) -> None:
        """Have on the disk all that was changed until now.

        Raises
        ------
        StorageError
            If the disk refuses; it is tried again.
        """
        async with self._turn:
            waiting, self._waiting = self._waiting, []
            if not waiting:
                return
            try:
                await self._write(waiting[0] if len(waiting) == 1 else merge_updates(*waiting))
            except BaseException as error:
                self._waiting = waiting + self._waiting
                if not isinstance(error, Exception):
                    raise
                self._stirred.set()
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
            # A commit that fails leaves its transaction open.
            await self._db.rollback()
            raise

    async def _init_db(self) -> None:
        await super()._init_db()
        with suppress(sqlite3.DatabaseError):  # what is no database is found out, and said, by who reads it
            await (await self._db.cursor()).execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        # It would only log what went wrong, and call it done.
        self._db._exception_handler = None  # noqa: SLF001 - it cannot be left out otherwise

    def _note(self, event: TransactionEvent) -> None:
        self._waiting.append(event.update)
        self._stirred.set()

    async def _run(self) -> None:
        said = False
        while True:
            await self._stirred.wait()
            await asyncio.sleep(_COURTESY)
            self._stirred.clear()
            try:
                await self.flush()
                said = False
            except StorageError as error:
                if not said:
                    _log.warning("%s", error)
                said = True
                await asyncio.sleep(_AGAIN)


def updates_in(path: Path) -> type[Updates]:
    """Return the store in the file ``path``.

    A class of its own: where the extension makes the room itself it hands no configuration on, and the store
    would lie in whatever folder the server was started from.
    """
    store: type[Updates] = type("UpdatesThere", (Updates,), {"db_path": Unicode(str(path))})
    return store
