"""Conversion of the database's errors into the toolkit's errors, each with its next step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DatabaseError, OperationalError

from toolkit._internal.atomic_io import no_space_error
from toolkit._internal.disk_faults import write_error
from toolkit.errors import InputError, PracticeBusyError, PracticeError, SchemaError, StorageError
from toolkit.i18n import _

__all__ = ["advise_backup", "database_errors", "operational_error"]


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Convert the errors of SQLite and SQLAlchemy about the file ``path`` into the toolkit's errors."""
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as error:
        raise operational_error(path, str(getattr(error, "orig", error))) from error
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.IntegrityError):
            raise
        raise _damaged_error(path, str(error.orig)) from error
    except sqlite3.DatabaseError as error:  # a backup uses sqlite3 directly, without SQLAlchemy
        raise _damaged_error(path, str(error)) from error
    except UnicodeEncodeError as error:
        raise InputError(
            _("'{key}' cannot be kept: it has characters or numbers that no file can hold.").format(
                key=ascii(error.object)[1:41]
            )
        ) from error


def _damaged_error(path: Path, reason: str) -> SchemaError:
    return SchemaError(
        _("{path} is damaged or is no database: {reason}.").format(path=path, reason=reason),
        _("{advice} The file was left as it is.").format(advice=advise_backup(path)),
    )


def advise_backup(path: Path) -> str:
    """Return the advice for a missing or damaged database: its newest copy, if there is one.

    Parameters
    ----------
    path : Path
        The database file.
    """
    copies = list((path.parent / "backups").glob(f"{path.stem}-*.db"))
    if copies:
        newest = max(copies, key=lambda copy: copy.stat().st_mtime)
        return _("Put its newest copy in its place: {path}").format(path=newest)
    return _("Put a copy from your own backups in its place; the toolkit has none here.")


def operational_error(path: Path, reason: str) -> PracticeError:
    """Return the error for an operation that SQLite refused.

    Parameters
    ----------
    path : Path
        The database file, or the backup that was being written.
    reason : str
        SQLite's message.
    """
    if "locked" in reason or "busy" in reason:
        return PracticeBusyError(
            _("{path} is in use by another program.").format(path=path),
            _("Wait until it is done, then try again. Nothing was changed."),
        )
    refused = write_error(path)
    if refused is not None:
        return refused
    if "full" in reason:
        return no_space_error(path)
    return StorageError(
        _("{path} cannot be used: {reason}.").format(path=path, reason=reason),
        _("Check that you may write to the folder and that the disk is sound."),
    )
