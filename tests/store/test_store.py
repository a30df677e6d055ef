"""The database file: complete or absent, one writer at a time, refused in a folder that cannot be used."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pytest

from tests.store.example_rows import NOW, ZOE, fill
from toolkit.errors import InputError, PracticeBusyError, SchemaError, StorageError
from toolkit.store import DatabaseCondition, Store


def test_a_transaction_that_raises_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError), store.begin() as tx:
        tx.students.add(ZOE)
        raise ZeroDivisionError
    with store.read() as tx:
        assert tx.students.all() == []


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
    assert Store.condition(path) is DatabaseCondition.CURRENT


def test_what_no_file_can_hold_is_refused(store):
    half = "Zo\udce9"
    with pytest.raises(InputError, match="no file can hold"), store.read() as tx:
        tx.students.get(half)
    with pytest.raises(InputError, match=r"udce9.*no file can hold"), store.begin() as tx:
        tx.students.add(replace(ZOE, name=half))
    with store.read() as tx:
        assert tx.students.all() == []


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


def test_a_student_s_rows_are_found_by_an_index(store):
    fill(store)
    tables = ("attempts", "sessions", "action_items", "marks", "opinions", "observations", "tried")
    with closing(sqlite3.connect(store.path)) as connection:
        for table in tables:
            query = f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE student_id IN ('a', 'b')"
            plan = [row[3] for row in connection.execute(query)]
            assert any("SEARCH" in step and "INDEX" in step for step in plan), (table, plan)
            assert not any(step.startswith("SCAN") for step in plan), (table, plan)
