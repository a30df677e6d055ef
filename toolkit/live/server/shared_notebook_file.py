"""State of a shared notebook's file, between the server's writes and what others write to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from jupyter_server_ydoc.loaders import FileLoader
from jupyter_server_ydoc.rooms import DocumentRoom

from toolkit.errors import StorageError
from toolkit.live.snapshots.quarantine import QuarantineReason
from toolkit.live.sync.write_journal import WriteJournal

__all__ = ["SharedNotebookFile"]

_MAX_WRITE_S = 1.0
"""An incomplete notebook that changed within this time may still be being written; else it is damaged."""


@dataclass
class SharedNotebookFile:
    """State of a shared notebook's file.

    Parameters
    ----------
    handwriting : WriteJournal
        The journal of the server's writes to the file.
    first : callable, optional
        Awaited before each write: stores the updates of the shared document, so that file and store agree.
    last : callable, optional
        Returns the last known content, which replaces a damaged file.
    aside : callable, optional
        Called with the quarantined file's name and its fault.
    failure : StorageError, optional
        The error of the last write, if it failed.
    live : bool
        True if ``last`` returns the content of the open document.
    seen : tuple of int, optional
        The fingerprint of the file when it was last valid.
    invalid : tuple of int, optional
        The fingerprint of the file when it was last invalid.
    invalid_since : float
        When that fingerprint was first seen, by the monotonic clock, s.
    is_own : bool
        True if a server of this session wrote the file's present content.
    mending : bool
        True while the file is being repaired.
    room : DocumentRoom, optional
        The room of the notebook, once it is open.
    loaded, journalled : str
        SHA-256 of the file's content that the room has loaded last, and of the one that the journal has.
    journalling : Task, optional
        The task that journals it.
    """

    handwriting: WriteJournal
    first: Callable[[], Awaitable[None]] | None = None
    last: Callable[[], Awaitable[dict[str, Any] | None]] | None = None
    aside: Callable[[str, QuarantineReason], None] | None = None
    failure: StorageError | None = None
    live: bool = False
    seen: tuple[int, ...] | None = None
    invalid: tuple[int, ...] | None = None
    invalid_since: float = 0.0
    is_own: bool = False
    mending: bool = False
    room: DocumentRoom | None = None
    loaded: str = ""
    journalled: str = ""
    journalling: asyncio.Task[None] | None = None

    def note_loads(self, loader: FileLoader) -> None:
        """Journal from now on each content that the room loads.

        Parameters
        ----------
        loader : FileLoader
            The loader of the room's file.
        """
        load = loader.load_content

        async def load_content(*args: str, **kwargs: str) -> dict[str, Any]:
            model: dict[str, Any] = await load(*args, **kwargs)
            self.loaded = model.get("hash") or self.loaded
            self.journalling = asyncio.create_task(self._journal())
            return model

        loader.load_content = load_content

    async def flush(self) -> None:
        """Store the room's updates, and journal the content that it loaded: its document has it from then on.

        Without the journal a server that is killed before it has written the file would lose what is in the
        store: the file would count as newer.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        if self.room is None:
            return
        loaded = self.loaded
        if loaded != self.journalled:
            # The room loads a file and changes its document under this lock, in the order of the requests.
            async with self.room._update_lock:  # noqa: SLF001 - no public way to wait for the room
                pass
        await self.room.ystore.flush()
        if loaded != self.journalled:
            self.handwriting.take_in(loaded)
            self.journalled = loaded

    async def _journal(self) -> None:
        with suppress(StorageError):  # the store tries again, and so does the next flush
            await self.flush()

    def is_settled(self, invalid: tuple[int, ...]) -> bool:
        """Return whether an invalid file has not changed for the time that a write takes at most.

        The file's own times are not compared with the clock: a file server has another one.

        Parameters
        ----------
        invalid : tuple of int
            The fingerprint of the file.
        """
        if invalid != self.invalid:
            self.invalid, self.invalid_since = invalid, time.monotonic()
        return time.monotonic() - self.invalid_since >= _MAX_WRITE_S

    async def write(self, data: bytes, write: Callable[[], Awaitable[None]]) -> None:
        """Write the file, and journal the write.

        Parameters
        ----------
        data : bytes
            The file's new content.
        write : callable
            Writes it.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        try:
            if self.first is not None:
                await self.first()
            self.handwriting.begin(data)
            await write()
        except StorageError as error:
            self.failure = error
            raise
        self.failure = None
        self.handwriting.confirm(data)
