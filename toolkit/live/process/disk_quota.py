"""How much a session's server and its kernels have written, in folders that have no end of their own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["Growth"]

_MOST_BYTES = 8 << 30
"""A kernel has an end at 512 MiB; snapshots lie elsewhere. So this is no session that somebody holds."""

_MOST_FILES = 200_000


class Growth:
    """Folders, and what they have come to hold since this was made.

    Parameters
    ----------
    folders : iterable of Path
        No link in them is followed.
    most_bytes, most_files : int
        How much may come.
    """

    def __init__(
        self, folders: Iterable[Path], most_bytes: int = _MOST_BYTES, most_files: int = _MOST_FILES
    ) -> None:
        self._folders = tuple(folders)
        self.most_bytes = most_bytes
        self._most_files = most_files
        self._bytes = self._files = 0
        self._bytes, self._files = self._measure()

    def is_too_much(self) -> bool:
        """Look again."""
        size, files = self._measure()
        return size > self.most_bytes or files > self._most_files

    def _measure(self) -> tuple[int, int]:
        """Return how many bytes on the disk and how many files there are more than at the beginning."""
        size, files = -self._bytes, -self._files
        for folder in self._folders:
            for found in _sizes(str(folder)):
                size += found
                files += 1
        return size, files


def _sizes(folder: str) -> Iterator[int]:
    waiting = [folder]
    while waiting:
        # What is gone in the meantime, or was made unreadable, is not counted.
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    yield entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
