"""The log of a server's output, limited in size and without terminal control characters."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from io import FileIO
from pathlib import Path

from toolkit._internal.atomic_io import disk_errors

__all__ = ["ProcessLog"]

_MAX_FILE_BYTES = 1 << 20
_TAIL_BYTES = 1 << 16
_MAX_MESSAGE_CHARS = 300
_CONTROL_CHARACTERS = bytes(set(range(32)) - {9, 10}) + b"\x7f"


class ProcessLog:
    """A log file that several servers in turn write to.

    Parameters
    ----------
    path : Path
        The file, created anew: only its owner can read it, and it never exceeds 1 MiB.

    Raises
    ------
    StorageError
        If it cannot be created.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tail = bytearray()
        self._size = 0
        with disk_errors(path):
            # The server can write to this folder, and could have put a link at this path.
            path.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = FileIO(os.open(path, flags, 0o600), "w")
        self._thread: threading.Thread | None = None

    def follow(self) -> FileIO:
        """Return the file for the next server's output; a thread reads it until its last holder closes it."""
        read_end, write_end = os.pipe()
        self._thread = threading.Thread(
            target=self._read, args=(FileIO(read_end, "r"),), name="mentoring journal", daemon=True
        )
        self._thread.start()
        return FileIO(write_end, "w")

    def finish(self, seconds: float) -> None:
        """Wait at most ``seconds`` until the last server's output is written."""
        if self._thread is not None:
            self._thread.join(seconds)

    def write(self, data: bytes) -> None:
        """Append to the log; a full one is replaced by its end."""
        data = data.translate(None, _CONTROL_CHARACTERS)
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        # A full disk must not stop the server.
        with suppress(OSError):
            if self._size + len(data) > _MAX_FILE_BYTES:
                self._file.truncate(0)
                self._file.seek(0)
                self._size, data = 0, bytes(self._tail)
            self._file.write(data)
            self._size += len(data)

    @property
    def last_words(self) -> str:
        """The last line that is not empty."""
        lines = bytes(self._tail).decode(errors="replace").split("\n")
        non_empty = [line.strip() for line in lines if line.strip()]
        return non_empty[-1][-_MAX_MESSAGE_CHARS:] if non_empty else ""

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self, pipe: FileIO) -> None:
        with pipe:
            while data := pipe.read(1 << 16):
                self.write(data)
