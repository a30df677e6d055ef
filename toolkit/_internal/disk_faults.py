"""Finds the disk's refusal behind any error of a library: a full disk has many names."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from toolkit._internal.atomic_io import is_disk_error, no_space_error, storage_error
from toolkit.errors import StorageError

__all__ = ["disk_fault", "write_error"]

_PROBE_BYTES = 1 << 18  # more than SQLite adds to a file at a time
_MAX_CAUSES = 20
# Primary result codes: https://www.sqlite.org/rescode.html
_SQLITE_READONLY, _SQLITE_IOERR, _SQLITE_FULL, _SQLITE_CANTOPEN = 8, 10, 13, 14


def disk_fault(error: BaseException, path: Path | str) -> StorageError | None:
    """Return the error of the disk that an error comes from; None if it comes from something else.

    Parameters
    ----------
    error : BaseException
        An error of any library.
    path : Path or str
        The file or folder concerned, or words for it, where the error does not name one.
    """
    for cause in _causes(error):
        if isinstance(cause, StorageError):
            return cause
        if isinstance(cause, OSError) and is_disk_error(cause):
            return storage_error(cause.filename or path, cause)
        if isinstance(cause, sqlite3.OperationalError):
            code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
            if code == _SQLITE_FULL:
                return no_space_error(path)
            if code in {_SQLITE_READONLY, _SQLITE_IOERR, _SQLITE_CANTOPEN} and isinstance(path, Path):
                return write_error(path)
    return None


def write_error(path: Path) -> StorageError | None:
    """Return the error that keeps anybody from writing a file, or others beside it; None if nothing does.

    SQLite's message says the same of a full, of a read-only and of a broken disk.

    Parameters
    ----------
    path : Path
        The file, or a folder.
    """
    try:
        if path.is_file():
            with path.open("r+b"):
                pass
        # Without a name, so that nothing is left of it.
        with tempfile.TemporaryFile(dir=path if path.is_dir() else path.parent, buffering=0) as file:
            file.write(bytes(_PROBE_BYTES))
    except OSError as error:
        return storage_error(path, error) if is_disk_error(error) else None
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _number in range(_MAX_CAUSES):
        if error is None:
            return
        yield error
        # SQLAlchemy keeps the driver's error in `orig`.
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
