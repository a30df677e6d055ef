"""Limit on the disk space that a session's server and its kernels use."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["DiskQuota"]

_MAX_BYTES = 8 << 30
"""Each kernel is limited to 512 MiB and snapshots lie elsewhere, so no ordinary session reaches this."""

_MAX_FILES = 200_000


class DiskQuota:
    """The growth of folders since this object was created.

    Parameters
    ----------
    folders : iterable of Path
        The folders; links in them are not followed.
    most_bytes, most_files : int
        Maximum growth: bytes on the disk, and number of files.
    """

    def __init__(
        self, folders: Iterable[Path], most_bytes: int = _MAX_BYTES, most_files: int = _MAX_FILES
    ) -> None:
        self._folders = tuple(folders)
        self.most_bytes = most_bytes
        self._most_files = most_files
        self._bytes = self._files = 0
        self._bytes, self._files = self._measure()

    def exceeded(self) -> bool:
        """Measure again; return True if a limit is exceeded."""
        size, files = self._measure()
        return size > self.most_bytes or files > self._most_files

    def _measure(self) -> tuple[int, int]:
        """Return the growth in bytes on the disk and in files."""
        size, files = -self._bytes, -self._files
        for folder in self._folders:
            for file_bytes in _sizes(str(folder)):
                size += file_bytes
                files += 1
        return size, files


def _sizes(folder: str) -> Iterator[int]:
    pending = [folder]
    while pending:
        # Files that disappear meanwhile, or are unreadable, are not counted.
        with suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    yield entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
