"""The database: durable, upgraded after a backup, refused where it is not ours to use."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

import toolkit.store.store as store_module
from toolkit.domain.agenda import ActionItem, ActionState, AgendaItem
from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.domain.ledger import BillingRules, line_for
from toolkit.domain.opinion import Opinion, Stance
from toolkit.domain.people import Student
from toolkit.domain.session import Session, SessionState
from toolkit.domain.trial import sum_up
from toolkit.errors import (
    DuplicateError,
    InputError,
    NotFoundError,
    PracticeBusyError,
    SchemaError,
    StorageError,
)
from toolkit.store import Condition, Draft, Mark, Note, NoteSide, Observation, Remark, Store
from toolkit.store.base import Base
from toolkit.store.drafts import DraftRow
from toolkit.store.tried import TriedRow

MIGRATIONS = Path(store_module.__file__).parent / "migrations"
HEAD = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
ZOE = Student("zoe-lefevre", "Zoé Lefèvre", NOW, language="fr")

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


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "practice.db")


def fill(store):
    with store.begin() as tx:
        tx.students.add(ZOE)
        session = Session(
            "zoe-1", ZOE.id, NOW, agenda=(AgendaItem("b", "two", 5, 2.0), AgendaItem("a", "one", 5, 1.0))
        )
        tx.sessions.save(session)
        tx.actions.save(ActionItem("x", "practise", due=date(2026, 12, 1)), ZOE.id, "zoe-1")
        tx.attempts.add(Attempt(ZOE.id, "till", "0" * 64, NOW, "mail"))


def test_what_is_written_is_read_back(store):
    fill(store)
    with store.read() as tx:
        assert tx.students.get("zoe-lefevre") == ZOE
        assert tx.students.get("Zoé") == ZOE
        assert tx.students.get("zoé lefèvre") == ZOE
        assert [item.text for item in tx.sessions.get("zoe-1").agenda] == ["one", "two"]
        assert tx.sessions.next_id(ZOE.id) == "zoe-lefevre-2"
        assert tx.actions.of(ZOE.id, ActionState.OPEN)[0].due == date(2026, 12, 1)
        assert tx.actions.of(ZOE.id, ActionState.DONE) == []
        assert len(tx.attempts.waiting()) == 1


def test_an_outcome_is_written_and_read_back(store):
    fill(store)
    outcome = Outcome(
        Verdict.PARTLY_GRADED, (TestResult("t", None, 2.0), TestResult("u", 1.0, 1.0)), "", "3.11"
    )
    with store.begin() as tx:
        attempt = tx.attempts.waiting()[0]
        tx.attempts.set_outcome(attempt.id, outcome)
    with store.read() as tx:
        assert tx.attempts.of(ZOE.id)[0].outcome == outcome
        assert tx.attempts.waiting() == []


def test_the_same_bytes_are_the_same_attempt(store):
    fill(store)
    with store.begin() as tx:
        kept, new = tx.attempts.add(Attempt(ZOE.id, "till", "0" * 64, NOW, "again"))
    assert not new
    assert kept.source == "mail"


def test_names_that_are_not_there_propose_the_near_one(store):
    fill(store)
    with store.read() as tx, pytest.raises(NotFoundError, match=r"zoe-lefevre"):
        tx.students.get("zoe-lefevr")
    with store.read() as tx, pytest.raises(NotFoundError, match=r"zoe-1"):
        tx.sessions.get("zoe-11")
    with store.begin() as tx, pytest.raises(DuplicateError):
        tx.students.add(ZOE)


def test_two_students_of_one_name_are_told_apart(store):
    with store.begin() as tx:
        tx.students.add(replace(ZOE, id="zoe-a", name="Zoé A"))
        tx.students.add(replace(ZOE, id="zoe-b", name="Zoé B"))
    with store.read() as tx, pytest.raises(NotFoundError, match="zoe-a, zoe-b"):
        tx.students.get("zoé")


def test_a_session_is_billed_once(store):
    fill(store)
    with store.begin() as tx:
        held = replace(tx.sessions.get("zoe-1"), state=SessionState.HELD)
        line = line_for(held, BillingRules())
        tx.ledger.add(line)
    with pytest.raises(IntegrityError), store.begin() as tx:
        tx.ledger.add(line)
    with store.read() as tx:
        assert tx.ledger.all() == [line]


def test_one_action_item_is_continued_by_one(store):
    fill(store)
    with store.begin() as tx:
        for item in tx.actions.of(ZOE.id)[0].carry("y"):
            tx.actions.save(item, ZOE.id)
    with pytest.raises(IntegrityError), store.begin() as tx:
        tx.actions.save(ActionItem("z", "practise", carried_from="x"), ZOE.id)


def test_notes_keep_to_their_side(store):
    fill(store)
    with store.begin() as tx:
        tx.notes.add(Note(ZOE.id, "zoe-1", NoteSide.MENTOR, "shy", NOW))
        tx.marks.add(Mark(ZOE.id, "loops", "student", "zoe-1", NOW))
        tx.marks.add(Mark(ZOE.id, "loops", "student", "zoe-1", NOW))
    with store.read() as tx:
        assert tx.notes.of(ZOE.id, NoteSide.SHARED) == []
        assert tx.notes.of(ZOE.id, NoteSide.MENTOR)[0].text == "shy"
        assert len(tx.marks.of(ZOE.id)) == 1


def test_a_transaction_that_raises_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError), store.begin() as tx:
        tx.students.add(ZOE)
        raise ZeroDivisionError
    with store.read() as tx:
        assert tx.students.all() == []


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


def later(folder):
    """Return our migrations and one more."""
    migrations = folder / "migrations"
    shutil.copytree(Path(store_module.__file__).parent / "migrations", migrations)
    (migrations / "versions" / "later.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = 'later'\n"
        f"down_revision = {HEAD!r}\n"
        "def upgrade():\n    op.add_column('students', sa.Column('later', sa.String(), nullable=True))\n"
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
    migrations = tmp_path / "migrations"
    shutil.copytree(Path(store_module.__file__).parent / "migrations", migrations)
    (migrations / "versions" / "later.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = 'later'\n"
        f"down_revision = {HEAD!r}\n"
        "def upgrade():\n    op.add_column('students', sa.Column('later', sa.String(), nullable=True))\n"
        "    1 / 0\n"
    )
    with pytest.raises(ZeroDivisionError):
        Store(store.path, migrations)
    with Store(store.path).read() as tx:
        assert tx.students.all() == [ZOE]


def test_a_damaged_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "practice.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(SchemaError, match="damaged or is no database"):
        Store(path)
    assert path.read_bytes() == b"this is no database" * 100


def test_a_writer_that_does_not_let_go_is_named(store):
    fill(store)
    blocker = sqlite3.connect(store.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(PracticeBusyError), Store(store.path, busy_ms=50).begin():
            pass
        with Store(store.path).read() as tx:
            assert tx.students.all() == [ZOE], "readers are in nobody's way"
    finally:
        blocker.close()


def test_writers_wait_for_one_another(store):
    def add(number):
        with store.begin() as tx:
            tx.students.add(replace(ZOE, id=f"s{number}"))

    threads = [threading.Thread(target=add, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        assert len(tx.students.all()) == 12


def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        Store(tmp_path / "file" / "practice.db")


def test_a_naive_time_is_refused(store):
    with pytest.raises(Exception, match="naive datetime"), store.begin() as tx:
        tx.students.add(replace(ZOE, since=NOW.replace(tzinfo=None)))


@pytest.mark.parametrize("name", ["what?x", "50% off", "a#b", "a b&c=d"])
def test_the_folder_s_name_may_hold_anything(tmp_path, name):
    (tmp_path / name).mkdir()
    path = tmp_path / name / "practice.db"
    fill(Store(path))
    assert path.is_file()
    assert [item.name for item in tmp_path.iterdir()] == [name]
    assert Store.condition(path) is Condition.CURRENT


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
    assert Store.condition(store.path) is Condition.CURRENT
    assert Store.condition(store.path, migrations) is Condition.OLDER
    assert Store.condition(tmp_path / "no.db") is Condition.MISSING
    assert {path: path.read_bytes() for path in tmp_path.glob("*.db*")} == before
    (tmp_path / "bad.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(SchemaError, match="damaged or is no database"):
        Store.condition(tmp_path / "bad.db")
    with pytest.raises(SchemaError, match="newer version"):
        Store.condition(Store(tmp_path / "new.db", migrations).path)


def test_what_no_file_can_hold_is_refused(store):
    half = "Zo\udce9"
    with pytest.raises(InputError, match="no file can hold"), store.read() as tx:
        tx.students.get(half)
    with pytest.raises(InputError, match=r"udce9.*no file can hold"), store.begin() as tx:
        tx.students.add(replace(ZOE, name=half))
    with store.read() as tx:
        assert tx.students.all() == []


def test_a_student_without_a_name_is_no_obstacle(store):
    # An earlier version took them on.
    fill(store)
    with store.begin() as tx:
        tx.students.add(replace(ZOE, id="x", name=""))
    with store.read() as tx:
        assert tx.students.get("Zoé") == ZOE
        assert tx.students.get("x").given_name == "x"


def test_a_copy_is_kept_each_day_and_the_oldest_go(store):
    fill(store)
    folder = store.path.parent / "backups"
    folder.mkdir(exist_ok=True)
    for day in range(1, 17):
        (folder / f"practice-2020-01-{day:02}.db").write_bytes(b"old")
    store.back_up_daily()
    store.back_up_daily()
    kept = sorted(path.name for path in folder.glob("practice-????-??-??.db"))
    assert len(kept) == 14
    with Store(folder / kept[-1]).read() as tx:
        assert tx.students.all() == [ZOE]


def test_what_was_seen_is_kept_once_and_can_be_taken_back(store):
    fill(store)
    seen = Observation(ZOE.id, "zoe-1", "loops", aided=False, seen_at=NOW)
    with store.begin() as tx:
        tx.observations.add(seen)
        tx.observations.add(replace(seen, seen_at=NOW.replace(hour=19)))
        tx.observations.add(replace(seen, aided=True))
    with store.begin() as tx:
        assert tx.observations.of(ZOE.id) == [seen, replace(seen, aided=True)]
        assert tx.observations.of("ben") == []
        tx.observations.take_back(replace(seen, seen_at=NOW.replace(hour=20)))
        tx.observations.take_back(seen)
    with store.read() as tx:
        assert tx.observations.of(ZOE.id) == [replace(seen, aided=True)]
    with pytest.raises(IntegrityError), store.begin() as tx:
        tx.observations.add(replace(seen, session_id="zoe-2"))


def test_a_draft_is_written_over_and_goes_when_it_is_empty(store):
    fill(store)
    with store.begin() as tx:
        assert tx.drafts.of("zoe-1") == Draft()
        tx.drafts.save("zoe-1", Draft("shy"), NOW)
        tx.drafts.save("zoe-1", Draft("shy", "well done"), NOW)
    with store.begin() as tx:
        assert tx.drafts.of("zoe-1") == Draft("shy", "well done")
        tx.drafts.save("zoe-1", Draft(), NOW)
        tx.drafts.save("zoe-1", Draft(), NOW)
    with store.read() as tx:
        assert tx.drafts.of("zoe-1") == Draft()
        assert tx.session.scalars(select(DraftRow)).all() == []


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
        assert tx.attempts.of(ZOE.id)[0].outcome is None
        assert tx.notes.of(ZOE.id, NoteSide.MENTOR)[0].text == "shy"
        assert tx.observations.of(ZOE.id) == []
    with store.begin() as tx:
        tx.observations.add(Observation(ZOE.id, "zoe-1", "loops", aided=False, seen_at=NOW))
        tx.drafts.save("zoe-1", Draft("tired"), NOW)
    assert [backup.name.split("-")[1] for backup in (tmp_path / "backups").iterdir()] == [revision]


def test_opinions_and_confirmations_are_told_in_the_order_in_which_they_were_said(store):
    fill(store)
    with store.begin() as tx:
        tx.opinions.add(Opinion(ZOE.id, "loops", "student", Stance.ALONE, NOW + timedelta(1), "I can."))
        tx.opinions.add(Opinion(ZOE.id, "loops", "mentor", Stance.CONTESTED, NOW + timedelta(2)))
        tx.marks.add(Mark(ZOE.id, "loops", "mentor", "zoe-1", NOW))
        tx.marks.add(Mark(ZOE.id, "loops", "student", "zoe-1", NOW))
    with store.read() as tx:
        assert [(one.by, one.stance, one.words) for one in tx.opinions.of(ZOE.id)] == [
            ("mentor", Stance.CONFIRMED, ""),
            ("student", Stance.ALONE, "I can."),
            ("mentor", Stance.CONTESTED, ""),
        ]
        assert tx.opinions.of_each(["nobody"]) == {"nobody": []}


moves = st.lists(
    st.tuples(
        st.sampled_from(["zoe-lefevre", "ben"]),
        st.sampled_from(["till", "fare"]),
        st.integers(0, 30),
        st.integers(0, 2),
        st.booleans(),
        st.sampled_from([None, Verdict.TIMED_OUT, (0.0,), (1.0, 0.0), (1.0,), (1.0, None)]),
    ),
    max_size=12,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_the_summary_is_what_the_attempts_amount_to(tmp_path_factory, moved):
    store = Store(tmp_path_factory.mktemp("summary") / "practice.db")
    with store.begin() as tx:
        tx.students.add(ZOE)
        tx.students.add(replace(ZOE, id="ben", name="Ben"))
    for number, (student, exercise, day, hints, aided, result) in enumerate(moved):
        received = NOW + timedelta(day, minutes=number)
        with store.begin() as tx:
            kept, _new = tx.attempts.add(
                Attempt(student, exercise, f"{number:064x}", received, "mail", hints, aided)
            )
        outcome = None
        if isinstance(result, tuple):
            tests = [
                TestResult(f"t{n}", points, 1.0, "no" if points == 0 else "")
                for n, points in enumerate(result)
            ]
            outcome = Outcome(Verdict.GRADED, tuple(tests))
        elif result is not None:
            outcome = Outcome(result, reason="slow")
        if outcome is not None:
            with store.begin() as tx:
                tx.attempts.set_outcome(kept.id, outcome)
    with store.read() as tx:
        found = {(one.student_id, one.exercise_id): one for one in tx.tried.of_each([ZOE.id, "ben"])}
        by_pair = {}
        for attempt in tx.attempts.all():
            by_pair.setdefault((attempt.student_id, attempt.exercise_id), []).append(attempt)
        assert tx.tried.missing([ZOE.id, "ben"]) == set()
    assert found == {pair: sum_up(attempts) for pair, attempts in by_pair.items()}
    store.close()


def test_a_summary_that_fails_takes_the_attempt_with_it(store):
    fill(store)
    with pytest.raises(ZeroDivisionError), store.begin() as tx:
        tx.attempts.add(Attempt(ZOE.id, "fare", "1" * 64, NOW, "mail"))
        1 / 0  # noqa: B018
    with store.read() as tx:
        assert [(one.exercise_id, one.attempts) for one in tx.tried.of_each([ZOE.id])] == [("till", 1)]


def test_summaries_that_are_not_there_yet_are_found_and_made(store):
    fill(store)
    with store.begin() as tx:
        tx.session.execute(delete(TriedRow))
    with store.begin() as tx:
        assert tx.tried.missing(["nobody"]) == set()
        missing = tx.tried.missing([ZOE.id])
        assert missing == {(ZOE.id, "till")}
        tx.tried.make(missing)
        assert tx.tried.missing([ZOE.id]) == set()
        assert tx.tried.count() == 1


def test_remarks_are_kept_replaced_and_taken_back(store):
    fill(store)
    with store.begin() as tx:
        number = tx.attempts.waiting()[0].id
        tx.remarks.save(Remark(number, "solution", "till", "Sort first.", NOW))
        tx.remarks.save(Remark(number, "solution", "till", "Sort it first.", NOW))
        tx.remarks.save(Remark(number, "other", "till", " ", NOW))
        assert [one.text for one in tx.remarks.on(["till", "fare"])] == ["Sort it first."]
        tx.remarks.save(Remark(number, "solution", "till", "", NOW))
        assert tx.remarks.on(["till"]) == []


def test_a_student_s_rows_are_found_by_an_index(store):
    fill(store)
    tables = ("attempts", "sessions", "action_items", "marks", "opinions", "observations", "tried")
    with closing(sqlite3.connect(store.path)) as connection:
        for table in tables:
            query = f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE student_id IN ('a', 'b')"
            plan = [row[3] for row in connection.execute(query)]
            assert any("SEARCH" in step and "INDEX" in step for step in plan), (table, plan)
            assert not any(step.startswith("SCAN") for step in plan), (table, plan)
