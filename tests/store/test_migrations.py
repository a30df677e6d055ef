"""An older database is upgraded after a backup; a newer or damaged one is refused and left unchanged."""

from __future__ import annotations

import resource
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

import toolkit.store.store as store_module
from tests.store.example_rows import NOW, ZOE, fill
from toolkit.domain.session import SessionState
from toolkit.errors import SchemaError, StorageError
from toolkit.store import DatabaseCondition, NoteDraft, NoteSide, Observation, Store
from toolkit.store.base import Base

MIGRATIONS = Path(store_module.__file__).parent / "migrations"
HEAD = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
POPULATED = """
INSERT INTO students VALUES
    ('zoe-lefevre', 'Zoé Lefèvre', '', 'fr', 'tu', 'python-foundations', 'active', '2026-11-01 08:00:00');
INSERT INTO sessions VALUES
    ('zoe-1', 'zoe-lefevre', '2026-11-23 18:00:00', 30, 'regular', NULL, 'live', '', NULL, NULL);
INSERT INTO attempts
    (student_id, exercise_id, sha256, received_at, source, hints_used, aided, results, reason, environment)
    VALUES ('zoe-lefevre', 'till', 'ab', '2026-11-20 10:00:00', 'mail', 0, 0, '[]', '', '');
INSERT INTO notes (student_id, session_id, side, text, written_at)
    VALUES ('zoe-lefevre', 'zoe-1', 'private to the mentor', 'shy', '2026-11-23 18:40:00')
"""
"""What a practice had in it before there were observations and drafts, as an earlier toolkit wrote it."""


def test_the_migrations_make_what_the_tables_say(store):
    engine = create_engine(f"sqlite:///{store.path}", poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_a_newer_database_is_refused_and_left_alone(store):
    fill(store)
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = store.path.read_bytes()
    with pytest.raises(SchemaError, match="newer version"):
        Store(store.path)
    assert store.path.read_bytes() == before


def later(folder, more=""):
    """Return our migrations and an additional one, which runs ``more`` at its end."""
    migrations = folder / "migrations"
    shutil.copytree(Path(store_module.__file__).parent / "migrations", migrations)
    (migrations / "versions" / "later.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = 'later'\n"
        f"down_revision = {HEAD!r}\n"
        "def upgrade():\n    op.add_column('students', sa.Column('later', sa.String(), nullable=True))\n"
        + more
    )
    return migrations


def test_an_older_database_is_upgraded_after_a_backup(store, tmp_path):
    fill(store)
    migrations = later(tmp_path)
    with Store(store.path, migrations).read() as tx:
        assert tx.students.all() == [ZOE]
    (backup,) = (tmp_path / "backups").iterdir()
    with sqlite3.connect(backup) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        assert copy.execute("SELECT count(*) FROM students").fetchone() == (1,)
    copy.close()


def test_an_upgrade_that_fails_leaves_the_old_database(store, tmp_path):
    fill(store)
    migrations = later(tmp_path, "    1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        Store(store.path, migrations)
    with Store(store.path).read() as tx:
        assert tx.students.all() == [ZOE]


def test_the_toolkit_s_own_folder_may_have_a_percent_sign(store, tmp_path):
    fill(store)
    (tmp_path / "50%(here)s").mkdir()
    with Store(store.path, later(tmp_path / "50%(here)s")).read() as tx:
        assert tx.students.all() == [ZOE]


def test_a_backup_that_cannot_be_made_stops_the_upgrade(store, tmp_path):
    fill(store)
    before = store.path.read_bytes()
    migrations = later(tmp_path)
    (tmp_path / "backups").symlink_to("/proc")
    with pytest.raises(StorageError, match="unable to open"):
        Store(store.path, migrations)
    (tmp_path / "backups").unlink()
    (tmp_path / "backups").write_text("")
    with pytest.raises(StorageError, match="backups"):
        Store(store.path, migrations)
    assert store.path.read_bytes() == before


def test_half_a_backup_is_taken_away(store, tmp_path):
    fill(store)
    migrations = later(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No file may grow beyond this: for whoever writes one it is as if the disk were full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (store.path.stat().st_size // 2, limits[1]))
    try:
        with pytest.raises(StorageError, match="backups"):
            Store(store.path, migrations)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "backups").iterdir()) == []


def test_looking_at_a_database_changes_nothing(store, tmp_path):
    fill(store)
    migrations = later(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.db*")}
    assert Store.condition(store.path) is DatabaseCondition.CURRENT
    assert Store.condition(store.path, migrations) is DatabaseCondition.OLDER
    assert Store.condition(tmp_path / "no.db") is DatabaseCondition.MISSING
    assert {path: path.read_bytes() for path in tmp_path.glob("*.db*")} == before
    (tmp_path / "bad.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(SchemaError, match="damaged or is no database"):
        Store.condition(tmp_path / "bad.db")
    with pytest.raises(SchemaError, match="newer version"):
        Store.condition(Store(tmp_path / "new.db", migrations).path)


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_a_practice_of_an_earlier_toolkit_is_taken_along(tmp_path, revision):
    path = tmp_path / "practice.db"
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in POPULATED.split(";"):
            connection.exec_driver_sql(statement)
    store = Store(path)
    with store.read() as tx:
        (student,) = tx.students.all()
        assert student.name == "Zoé Lefèvre"
        assert tx.sessions.get("zoe-1").state is SessionState.LIVE
        assert tx.attempts.for_student(ZOE.id)[0].outcome is None
        assert tx.notes.for_student(ZOE.id, NoteSide.MENTOR)[0].text == "shy"
        assert tx.observations.for_student(ZOE.id) == []
    with store.begin() as tx:
        tx.observations.add(Observation(ZOE.id, "zoe-1", "loops", aided=False, seen_at=NOW))
        tx.drafts.save("zoe-1", NoteDraft("tired"), NOW)
    assert [backup.name.split("-")[1] for backup in (tmp_path / "backups").iterdir()] == [revision]
