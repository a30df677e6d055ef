"""What a server prints, in a file that stays small and holds nothing that a terminal would obey."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from io import FileIO
from pathlib import Path

from toolkit._internal.atomic_io import disk_errors

__all__ = ["Journal"]

_MOST_BYTES = 1 << 20
_KEPT_BYTES = 1 << 16
_LONGEST_WORDS = 300
_FORBIDDEN = bytes(set(range(32)) - {9, 10}) + b"\x7f"


class Journal:
    """A log that several servers write to in turn.

    Parameters
    ----------
    path : Path
        The file, made anew: readable for its owner alone, never longer than 1 MiB.

    Raises
    ------
    StorageError
        It cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tail = bytearray()
        self._size = 0
        with disk_errors(path):
            # The server may write in this folder, so that what lies there may be a link of its own.
            path.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = FileIO(os.open(path, flags, 0o600), "w")
        self._thread: threading.Thread | None = None

    def follow(self) -> FileIO:
        """Return what the next server prints to; it is followed until all who hold it have closed it."""
        reading, writing = os.pipe()
        self._thread = threading.Thread(
            target=self._read, args=(FileIO(reading, "r"),), name="mentoring journal", daemon=True
        )
        self._thread.start()
        return FileIO(writing, "w")

    def finish(self, seconds: float) -> None:
        """Wait until all is written that the last server printed."""
        if self._thread is not None:
            self._thread.join(seconds)

    def write(self, data: bytes) -> None:
        """Add to the log."""
        data = data.translate(None, _FORBIDDEN)
        self._tail = (self._tail + data)[-_KEPT_BYTES:]
        # A full disk is no reason for the server to stop.
        with suppress(OSError):
            if self._size + len(data) > _MOST_BYTES:
                self._file.truncate(0)
                self._file.seek(0)
                self._size, data = 0, bytes(self._tail)
            self._file.write(data)
            self._size += len(data)

    @property
    def last_words(self) -> str:
        """The last line that says something."""
        lines = bytes(self._tail).decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return said[-1][-_LONGEST_WORDS:] if said else ""

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self, pipe: FileIO) -> None:
        with pipe:
            while data := pipe.read(1 << 16):
                self.write(data)
