"""Connections to the practice's SQLite file, also where nothing can be written beside it.

SQLite keeps two files beside a database in WAL mode. On a full or a read-only disk it cannot make them, so a
reader takes the file as it is, or a copy in memory.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

__all__ = ["connect", "connect_to_read"]


def connect(path: Path, busy_ms: int) -> sqlite3.Connection:
    """Return a connection that can read and write.

    Parameters
    ----------
    path : Path
        The SQLite file; created if missing.
    busy_ms : int
        Time that a writer waits for another one, milliseconds.

    Raises
    ------
    sqlite3.DatabaseError
        SQLite refuses.
    """
    # The driver's implicit transactions begin too late for a read that is followed by a write.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout={busy_ms}")
        connection.execute("PRAGMA journal_mode=WAL")
        # In WAL mode only FULL makes a commit durable before it is acknowledged.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path, busy_ms: int) -> sqlite3.Connection:
    """Return a connection that can read, whether or not the disk can be written.

    Parameters
    ----------
    path : Path
        The SQLite file; created if missing, where that is possible.
    busy_ms : int
        Time that a reader waits for a writer that locks the file, milliseconds.

    Raises
    ------
    sqlite3.DatabaseError
        SQLite refuses.
    """
    try:
        connection = connect(path, busy_ms)
        try:
            # The first statement that reads opens the file, and those beside it.
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or not path.is_file() or path.stat().st_size == 0:
            raise
        try:
            return _connect_beside_nothing(path)
        except (OSError, sqlite3.OperationalError):
            raise error from None
    return connection


def _connect_beside_nothing(path: Path) -> sqlite3.Connection:
    """Return a connection that makes no file; with the changes of a process that was killed."""
    log = path.with_name(f"{path.name}-wal")
    if not log.is_file() or log.stat().st_size == 0:
        return _opened(path, "mode=ro&immutable=1")
    with tempfile.TemporaryDirectory(prefix="mentoring-") as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        shutil.copyfile(log, copy.with_name(log.name))
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        with closing(_opened(copy, "mode=rw")) as source:
            source.backup(memory)
    return memory


def _opened(path: Path, options: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?{options}"
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
