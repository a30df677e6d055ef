"""The practice's database: opened, upgraded, and used one transaction at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from toolkit._internal.atomic_io import disk_errors
from toolkit.errors import InputError, PracticeBusyError, PracticeError, SchemaError, StorageError
from toolkit.i18n import _
from toolkit.store.actions import Actions
from toolkit.store.attempt_summaries import TriedRows
from toolkit.store.attempts import Attempts
from toolkit.store.cell_remarks import Remarks
from toolkit.store.cohort_queries import Cohort
from toolkit.store.consents import Consents
from toolkit.store.feedback_log import Feedbacks
from toolkit.store.ledger_lines import Ledger
from toolkit.store.note_drafts import Drafts
from toolkit.store.notes import Notes
from toolkit.store.observations import Observations
from toolkit.store.opinions import Opinions
from toolkit.store.report_versions import Reports
from toolkit.store.sessions import Sessions
from toolkit.store.skill_marks import Marks
from toolkit.store.students import Students
from toolkit.store.wishes import Wishes

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["Condition", "Store", "Transaction"]

_HOUR = 3600  # seconds
_MIGRATIONS = Path(__file__).parent / "migrations"


class Condition(Enum):
    """How a database is before it is opened."""

    MISSING = auto()
    OLDER = auto()
    CURRENT = auto()


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
    def opinions(self) -> Opinions:
        """What the two say about skills."""
        return Opinions(self.session)

    @cached_property
    def tried(self) -> TriedRows:
        """How each exercise stands with each student."""
        return TriedRows(self.session, self.attempts)

    @cached_property
    def cohort(self) -> Cohort:
        """The students as a table."""
        return Cohort(self.session)

    @cached_property
    def remarks(self) -> Remarks:
        """What a person wrote to attempts."""
        return Remarks(self.session)

    @cached_property
    def notes(self) -> Notes:
        """The notes."""
        return Notes(self.session)

    @cached_property
    def observations(self) -> Observations:
        """What the mentor saw live."""
        return Observations(self.session)

    @cached_property
    def drafts(self) -> Drafts:
        """What is being written during a session."""
        return Drafts(self.session)

    @cached_property
    def consents(self) -> Consents:
        """What students have agreed to."""
        return Consents(self.session)

    @cached_property
    def wishes(self) -> Wishes:
        """What students wish for."""
        return Wishes(self.session)

    @cached_property
    def reports(self) -> Reports:
        """What is known of the reports."""
        return Reports(self.session)

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
            tx = Transaction(session)
            yield tx
            # With the attempts, or not at all: the summary is never older than they are.
            if tx.attempts.touched:
                tx.tried.make(tx.attempts.touched)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that only reads: one moment of the database, in nobody's way."""
        engine = self._engine.execution_options(reading=True)
        with self._errors(), Session(engine, autoflush=False) as session:
            yield Transaction(session)

    def close(self) -> None:
        """Let the file go."""
        self._engine.dispose()

    @staticmethod
    def condition(path: Path, migrations: Path = _MIGRATIONS) -> Condition:
        """Return how the database at ``path`` is; it is neither made nor upgraded by this.

        Raises
        ------
        SchemaError
            If the file was written by a newer toolkit, or is no database of ours.
        StorageError
            If it cannot be read.
        """
        with disk_errors(path):
            if not path.exists():
                return Condition.MISSING
        # mode=rw: SQLite makes no file that is not there, and leaves none of its own behind.
        address = f"{path.absolute().as_uri()}?mode=rw"
        engine = create_engine(
            "sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool
        )
        with _errors(path):
            return _condition(path, _current(engine), migrations)

    def _upgrade(self) -> None:
        current = _current(self._engine.execution_options(reading=True))
        if _condition(self.path, current, self._migrations) is Condition.CURRENT:
            return
        if current is not None:
            self._back_up(current)
        from alembic import command

        config = _config(self._migrations)
        with self._engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def back_up_daily(self, keep: int = 14, now: datetime | None = None) -> None:
        """Copy the database aside, a copy a day, renewed at most once an hour; ``keep`` copies stay.

        One with no student in it is not worth a copy. A disk that refuses keeps nobody from working.
        """
        now = now or datetime.now(UTC)
        target = self.path.parent / "backups" / f"{self.path.stem}-{now:%Y-%m-%d}.db"
        if target.exists() and now.timestamp() - target.stat().st_mtime < _HOUR:
            return
        with self.read() as tx:
            if not tx.students.all():
                return
        with suppress(StorageError):
            self._copy_to(target)
            for old in sorted(target.parent.glob(f"{self.path.stem}-????-??-??.db"))[:-keep]:
                old.unlink(missing_ok=True)

    def _back_up(self, revision: str) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        self._copy_to(self.path.parent / "backups" / f"{self.path.stem}-{revision}-{stamp}.db")

    def _copy_to(self, target: Path) -> None:
        with disk_errors(target):
            target.parent.mkdir(exist_ok=True)
        # Half a backup would be taken for a whole one, so it has its name only when it is whole.
        part = target.with_suffix(".part")
        try:
            # SQLite's own backup: a plain copy could miss what still is in the write-ahead log.
            with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
            part.replace(target)
        except sqlite3.OperationalError as error:
            part.unlink(missing_ok=True)
            raise _explained(target, str(error)) from error

    def _errors(self) -> AbstractContextManager[None]:
        return _errors(self.path)


# Alembic takes a tenth of a second to import: who has the newest schema does without it.


def _config(migrations: Path) -> Config:
    from alembic.config import Config

    config = Config()
    # Alembic reads its options as an INI file's, where % begins a reference.
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _current(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found


def _condition(path: Path, current: str | None, migrations: Path) -> Condition:
    if current is None:
        return Condition.MISSING
    # Each is named by its number, and the newest has the greatest.
    if current == max(one.stem.partition("_")[0] for one in (migrations / "versions").glob("*.py")):
        return Condition.CURRENT
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config(migrations))
    if current == scripts.get_current_head():
        return Condition.CURRENT
    if current in {script.revision for script in scripts.walk_revisions()}:
        return Condition.OLDER
    raise SchemaError(
        _("{path} was written by a newer version of the toolkit (schema {revision}).").format(
            path=path, revision=current
        ),
        _("Upgrade the toolkit: pip install --upgrade mentoring-toolkit. Nothing was changed."),
    )


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise _explained(path, str(error.orig)) from error
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.IntegrityError):
            raise
        raise _damaged(path, str(error.orig)) from error
    except sqlite3.DatabaseError as error:  # while a backup is made, which is SQLite's own business
        raise _damaged(path, str(error)) from error
    except UnicodeEncodeError as error:
        raise InputError(
            _("'{key}' cannot be kept: it has characters or numbers that no file can hold.").format(
                key=ascii(error.object)[1:41]
            )
        ) from error


def _damaged(path: Path, reason: str) -> SchemaError:
    return SchemaError(
        _("{path} is damaged or is no database: {reason}.").format(path=path, reason=reason),
        _("Put a copy from {folder} in its place. The file was left as it is.").format(
            folder=path.parent / "backups"
        ),
    )


def _explained(path: Path, reason: str) -> PracticeError:
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
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)

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
