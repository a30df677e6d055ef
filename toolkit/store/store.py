"""The practice's SQLite database: opening, schema upgrade, backups and transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from toolkit._internal.atomic_io import disk_errors
from toolkit.errors import SchemaError, StorageError
from toolkit.i18n import _
from toolkit.store.actions import ActionItemRepository
from toolkit.store.attempt_summaries import AttemptSummaryRepository
from toolkit.store.attempts import AttemptRepository
from toolkit.store.cell_remarks import RemarkRepository
from toolkit.store.cohort_queries import CohortRepository
from toolkit.store.connections import connect, connect_to_read
from toolkit.store.consents import ConsentRepository
from toolkit.store.database_errors import database_errors, operational_error
from toolkit.store.feedback_log import FeedbackRepository
from toolkit.store.ledger_lines import LedgerRepository
from toolkit.store.note_drafts import NoteDraftRepository
from toolkit.store.notes import NoteRepository
from toolkit.store.observations import ObservationRepository
from toolkit.store.opinions import OpinionRepository
from toolkit.store.report_versions import ReportRepository
from toolkit.store.sessions import SessionRepository
from toolkit.store.skill_marks import MarkRepository
from toolkit.store.students import StudentRepository
from toolkit.store.wishes import WishRepository

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["DatabaseCondition", "Store", "Transaction"]

_BACKUP_INTERVAL_S = 3600
_BUSY_MS = 5000
_MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseCondition(Enum):
    """State of a database file before it is opened."""

    MISSING = auto()
    OLDER = auto()
    CURRENT = auto()


@dataclass(frozen=True)
class Transaction:
    """One transaction with all repositories."""

    session: Session

    @cached_property
    def students(self) -> StudentRepository:
        """The students."""
        return StudentRepository(self.session)

    @cached_property
    def sessions(self) -> SessionRepository:
        """The sessions with their agendas."""
        return SessionRepository(self.session)

    @cached_property
    def actions(self) -> ActionItemRepository:
        """The action items."""
        return ActionItemRepository(self.session)

    @cached_property
    def attempts(self) -> AttemptRepository:
        """The attempts and the hints given."""
        return AttemptRepository(self.session)

    @cached_property
    def feedback(self) -> FeedbackRepository:
        """The feedback on attempts."""
        return FeedbackRepository(self.session)

    @cached_property
    def marks(self) -> MarkRepository:
        """The ticks and confirmations of skills."""
        return MarkRepository(self.session)

    @cached_property
    def opinions(self) -> OpinionRepository:
        """The opinions of mentor and student about skills."""
        return OpinionRepository(self.session)

    @cached_property
    def tried(self) -> AttemptSummaryRepository:
        """The attempt summaries per student and exercise."""
        return AttemptSummaryRepository(self.session, self.attempts)

    @cached_property
    def cohort(self) -> CohortRepository:
        """The aggregate queries of the cohort view."""
        return CohortRepository(self.session)

    @cached_property
    def remarks(self) -> RemarkRepository:
        """The mentor's remarks on cells of attempts."""
        return RemarkRepository(self.session)

    @cached_property
    def notes(self) -> NoteRepository:
        """The notes."""
        return NoteRepository(self.session)

    @cached_property
    def observations(self) -> ObservationRepository:
        """The mentor's live observations."""
        return ObservationRepository(self.session)

    @cached_property
    def drafts(self) -> NoteDraftRepository:
        """The mentor's drafts during a session."""
        return NoteDraftRepository(self.session)

    @cached_property
    def consents(self) -> ConsentRepository:
        """The students' consents."""
        return ConsentRepository(self.session)

    @cached_property
    def wishes(self) -> WishRepository:
        """The students' wishes before a session."""
        return WishRepository(self.session)

    @cached_property
    def reports(self) -> ReportRepository:
        """The written and the shared reports."""
        return ReportRepository(self.session)

    @cached_property
    def ledger(self) -> LedgerRepository:
        """The ledger."""
        return LedgerRepository(self.session)


class Store:
    """The database of one practice.

    Parameters
    ----------
    path : Path
        The SQLite file; created if missing.
    migrations : Path
        Alembic's script folder.
    busy_ms : int
        Time that a writer waits for another one, milliseconds.

    Raises
    ------
    SchemaError
        If a newer toolkit wrote the file, or the file is not a database of the toolkit.
    PracticeBusyError
        If another process keeps the database locked.
    StorageError
        If the file cannot be read or written.
    """

    def __init__(self, path: Path, migrations: Path = _MIGRATIONS, busy_ms: int = _BUSY_MS) -> None:
        self.path = path
        self._migrations = migrations
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = _engine(path, busy_ms)
        self._reader = _reading_engine(path, busy_ms)
        with self._errors():
            self._upgrade()

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction: committed when the block ends, rolled back when it raises."""
        with self._errors(), Session(self._engine) as session, session.begin():
            session.connection()  # take the write lock now, not at the first statement
            tx = Transaction(session)
            yield tx
            # In the same transaction, so that a summary is never older than its attempts.
            if tx.attempts.touched:
                tx.tried.make(tx.attempts.touched)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a read-only transaction: a consistent snapshot of the database that blocks no writer."""
        with self._errors(), Session(self._reader, autoflush=False) as session:
            yield Transaction(session)

    def close(self) -> None:
        """Close all connections to the file."""
        self._engine.dispose()
        self._reader.dispose()

    @staticmethod
    def condition(path: Path, migrations: Path = _MIGRATIONS) -> DatabaseCondition:
        """Return the state of the database at ``path`` without creating or upgrading it.

        Parameters
        ----------
        path : Path
            The SQLite file.
        migrations : Path
            Alembic's script folder.

        Raises
        ------
        SchemaError
            If a newer toolkit wrote the file, or the file is not a database of the toolkit.
        StorageError
            If it cannot be read.
        """
        with disk_errors(path):
            if not path.exists():
                return DatabaseCondition.MISSING
        with database_errors(path):
            return _condition(path, _current(_reading_engine(path, _BUSY_MS)), migrations)

    def _upgrade(self) -> None:
        current = _current(self._reader)
        if _condition(self.path, current, self._migrations) is DatabaseCondition.CURRENT:
            return
        if current is not None:
            self._back_up(current)
        from alembic import command

        config = _config(self._migrations)
        with self._engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def back_up_daily(self, keep: int = 14, now: datetime | None = None) -> None:
        """Back up the database: one copy per day, renewed at most once an hour.

        A database without students is not copied. A failure of the disk is ignored, so that it does not stop
        the work.

        Parameters
        ----------
        keep : int
            Number of daily copies that are kept.
        now : datetime, optional
            Current time, aware; the clock's time if None.
        """
        now = now or datetime.now(UTC)
        target = self.path.parent / "backups" / f"{self.path.stem}-{now:%Y-%m-%d}.db"
        if target.exists() and now.timestamp() - target.stat().st_mtime < _BACKUP_INTERVAL_S:
            return
        with self.read() as tx:
            if not tx.students.all():
                return
        with suppress(StorageError):
            self._copy_to(target)
            with disk_errors(target):
                for old in sorted(target.parent.glob(f"{self.path.stem}-????-??-??.db"))[:-keep]:
                    old.unlink(missing_ok=True)

    def _back_up(self, revision: str) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        self._copy_to(self.path.parent / "backups" / f"{self.path.stem}-{revision}-{stamp}.db")

    def _copy_to(self, target: Path) -> None:
        with disk_errors(target):
            target.parent.mkdir(exist_ok=True)
        # The backup gets its name only when it is complete, so that a partial one is never restored.
        part = target.with_suffix(".part")
        try:
            # SQLite's backup API: a copy of the file could miss changes in the write-ahead log.
            with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
            part.replace(target)
        except (sqlite3.OperationalError, OSError) as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise operational_error(target, str(error)) from error

    def _errors(self) -> AbstractContextManager[None]:
        return database_errors(self.path)


# Importing Alembic takes 0.1 s, so it is imported only if the schema is not the newest.


def _config(migrations: Path) -> Config:
    from alembic.config import Config

    config = Config()
    # Alembic reads its options like an INI file, where % begins a reference.
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _current(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found


def _condition(path: Path, current: str | None, migrations: Path) -> DatabaseCondition:
    if current is None:
        return DatabaseCondition.MISSING
    # Each migration's file name begins with its number, and the newest has the largest.
    if current == max(one.stem.partition("_")[0] for one in (migrations / "versions").glob("*.py")):
        return DatabaseCondition.CURRENT
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config(migrations))
    if current == scripts.get_current_head():
        return DatabaseCondition.CURRENT
    if current in {script.revision for script in scripts.walk_revisions()}:
        return DatabaseCondition.OLDER
    raise SchemaError(
        _("{path} was written by a newer version of the toolkit (schema {revision}).").format(
            path=path, revision=current
        ),
        _("Upgrade the toolkit: pip install --upgrade mentoring-toolkit. Nothing was changed."),
    )


def _engine(path: Path, busy_ms: int) -> Engine:
    return _engine_of(lambda: connect(path, busy_ms), "BEGIN IMMEDIATE")


def _reading_engine(path: Path, busy_ms: int) -> Engine:
    return _engine_of(lambda: connect_to_read(path, busy_ms), "BEGIN")


def _engine_of(creator: Callable[[], sqlite3.Connection], begin: str) -> Engine:
    # NullPool: a connection is closed when its block ends, so that a notebook's kernel keeps no file open.
    engine = create_engine("sqlite://", creator=creator, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: upgrading a read transaction later could fail.
        connection.exec_driver_sql(begin)

    return engine
