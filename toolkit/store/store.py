"""The practice's database: opened, upgraded, and used one transaction at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from toolkit.durable import disk_errors
from toolkit.errors import PracticeBusyError, PracticeError, SchemaError, StorageError
from toolkit.i18n import _
from toolkit.store.actions import Actions
from toolkit.store.attempts import Attempts
from toolkit.store.feedback import Feedbacks
from toolkit.store.ledger import Ledger
from toolkit.store.marks import Marks
from toolkit.store.notes import Notes
from toolkit.store.sessions import Sessions
from toolkit.store.students import Students

__all__ = ["Store", "Transaction"]

_MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Transaction:
    """Everything that is read and written together."""

    session: Session

    @cached_property
    def students(self) -> Students:
        """The students."""
        return Students(self.session)

    @cached_property
    def sessions(self) -> Sessions:
        """The sessions with their agendas."""
        return Sessions(self.session)

    @cached_property
    def actions(self) -> Actions:
        """The action items."""
        return Actions(self.session)

    @cached_property
    def attempts(self) -> Attempts:
        """The attempts and the hints given."""
        return Attempts(self.session)

    @cached_property
    def feedback(self) -> Feedbacks:
        """The feedback on attempts."""
        return Feedbacks(self.session)

    @cached_property
    def marks(self) -> Marks:
        """The ticks and confirmations of skills."""
        return Marks(self.session)

    @cached_property
    def notes(self) -> Notes:
        """The notes."""
        return Notes(self.session)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger."""
        return Ledger(self.session)


class Store:
    """The database of one practice.

    Parameters
    ----------
    path : Path
        The SQLite file; made when the store is opened for the first time.
    migrations : Path
        Alembic's script folder.
    busy_ms : int
        How long a writer waits for another, milliseconds.

    Raises
    ------
    SchemaError
        If the file was written by a newer toolkit, or is no database of ours.
    """

    def __init__(self, path: Path, migrations: Path = _MIGRATIONS, busy_ms: int = 5000) -> None:
        self.path = path
        self._migrations = migrations
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = _engine(path, busy_ms)
        with self._errors():
            self._upgrade()

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction: committed when the block ends, undone when it raises."""
        with self._errors(), Session(self._engine) as session, session.begin():
            session.connection()  # take the writer's place now, not at the first statement
            yield Transaction(session)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that only reads: one moment of the database, in nobody's way."""
        engine = self._engine.execution_options(reading=True)
        with self._errors(), Session(engine, autoflush=False) as session:
            yield Transaction(session)

    def close(self) -> None:
        """Let the file go."""
        self._engine.dispose()

    def _upgrade(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(self._migrations))
        config.set_main_option("path_separator", "os")
        scripts = ScriptDirectory.from_config(config)
        head = scripts.get_current_head()
        with self._engine.execution_options(reading=True).connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current == head:
            return
        if current is not None:
            if current not in {script.revision for script in scripts.walk_revisions()}:
                raise SchemaError(
                    _("{path} was written by a newer version of the toolkit (schema {revision}).").format(
                        path=self.path, revision=current
                    ),
                    _("Upgrade the toolkit: pip install --upgrade mentoring-toolkit. Nothing was changed."),
                )
            self._back_up(current)
        with self._engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _back_up(self, revision: str) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = self.path.parent / "backups" / f"{self.path.stem}-{revision}-{stamp}.db"
        target.parent.mkdir(exist_ok=True)
        # SQLite's own backup: a plain copy could miss what still is in the write-ahead log.
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise _explained(self.path, error) from error
        except DatabaseError as error:
            if isinstance(error.orig, sqlite3.IntegrityError):
                raise
            raise SchemaError(
                _("{path} is damaged or is no database: {reason}.").format(path=self.path, reason=error.orig),
                _("Put a copy from {folder} in its place. The file was left as it is.").format(
                    folder=self.path.parent / "backups"
                ),
            ) from error


def _explained(path: Path, error: OperationalError) -> PracticeError:
    reason = str(error.orig)
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


def _engine(path: Path, busy_ms: int) -> Engine:
    # NullPool: a connection is gone when its block ends, so that no file stays open behind a notebook's back.
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _settings(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:  # noqa: ARG001
        # The driver's own transaction handling begins too late for a read that is followed by a write.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={busy_ms}")
        cursor.execute("PRAGMA journal_mode=WAL")
        # In WAL mode only FULL makes a commit durable before it is acknowledged.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes its place at once: a read that turns into a write later could be refused half-way.
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
