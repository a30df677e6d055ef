"""Conversion of the database's errors into the toolkit's errors, each with its next step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DatabaseError, OperationalError

from toolkit.errors import InputError, PracticeBusyError, PracticeError, SchemaError, StorageError
from toolkit.i18n import _

__all__ = ["database_errors", "operational_error"]


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Convert the errors of SQLite and SQLAlchemy about the file ``path`` into the toolkit's errors."""
    try:
        yield
    except OperationalError as error:
        raise operational_error(path, str(error.orig)) from error
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
        _("Put a copy from {folder} in its place. The file was left as it is.").format(
            folder=path.parent / "backups"
        ),
    )


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
    if "full" in reason:
        return StorageError(
            _("There is no space left for {path}.").format(path=path),
            _("Nothing that was there is lost. Free some space, then try again."),
        )
    return StorageError(
        _("{path} cannot be used: {reason}.").format(path=path, reason=reason),
        _("Check that you may write to the folder and that the disk is sound."),
    )
