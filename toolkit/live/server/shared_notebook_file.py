"""State of a shared notebook's file, between the server's writes and what others write to it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

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
