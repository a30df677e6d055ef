"""Opens files and folders that others can replace: no link is followed, and a pipe does not block."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

__all__ = ["FileFingerprint", "open_file", "open_folder", "open_folder_below"]


def open_file(path: Path | str, folder: int | None = None) -> int:
    """Open a file for reading; the caller checks its type, which may be a pipe or a device.

    Parameters
    ----------
    path : Path or str
    folder : int, optional
        The descriptor of the folder that ``path`` is relative to.

    Returns
    -------
    int
        The descriptor; the caller closes it.

    Raises
    ------
    OSError
        It is missing, a link (``ELOOP``), or not readable.
    """
    # Non-blocking: opening a pipe would block, and the type is known only after opening.
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)


def open_folder(path: Path | str, folder: int | None = None) -> int:
    """Open a folder.

    Parameters
    ----------
    path : Path or str
    folder : int, optional
        The descriptor of the folder that ``path`` is relative to.

    Returns
    -------
    int
        The descriptor; the caller closes it.

    Raises
    ------
    OSError
        It is missing, a link (``ELOOP``), no folder (``ENOTDIR``), or not readable.
    """
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)


def open_folder_below(root: Path, parts: Iterable[str]) -> int:
    """Open a folder below ``root`` without following any link on the way.

    Parameters
    ----------
    root : Path
        The first folder; it may be a link itself.
    parts : iterable of str
        Names of the folders on the way, outermost first.

    Returns
    -------
    int
        The descriptor; the caller closes it.

    Raises
    ------
    OSError
        One of them is missing, a link, or no folder.
    """
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for part in parts:
        try:
            below = open_folder(part, folder)
        finally:
            os.close(folder)
        folder = below
    return folder


class FileFingerprint(NamedTuple):
    """Fingerprint of a file's state, taken without reading the file.

    Parameters
    ----------
    mtime : int
        Modification time, ns.
    inode : int
        The inode's number.
    size : int
        Size, bytes.
    """

    mtime: int
    inode: int
    size: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Return the fingerprint for a `stat` result."""
        return cls(status.st_mtime_ns, status.st_ino, status.st_size)
