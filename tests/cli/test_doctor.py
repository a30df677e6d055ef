"""`mentor doctor` looks, and changes nothing."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from toolkit.domain.session import Session
from toolkit.journeys import found, students


@pytest.fixture
def practice(tmp_path):
    return found.init(tmp_path / "practice").practice


@pytest.fixture
def doctor(mentor, practice):
    def run():
        code, out, _err = mentor("--practice", practice.root, "doctor", "--json")
        return code, {line["subject"]: line for line in json.loads(out)}

    return run


def files(practice):
    return {path: path.read_bytes() for path in practice.private.rglob("*") if path.is_file()}


def test_a_database_that_is_not_there_is_not_made(doctor, practice):
    (practice.private / "practice.db").unlink()
    before = files(practice)
    code, findings = doctor()
    assert code == 1
    assert findings["Database"]["state"] == "bad"
    assert "backups" in findings["Database"]["mend"]
    assert "Submissions kept" not in findings
    assert files(practice) == before


def test_an_older_database_is_not_upgraded(doctor, practice, monkeypatch):
    # A head that this database does not have yet.
    monkeypatch.setattr("alembic.script.ScriptDirectory.get_current_head", lambda _scripts: "later")
    before = files(practice)
    code, findings = doctor()
    assert code == 0
    assert findings["Database"]["state"] == "warning"
    assert "older version" in findings["Database"]["text"]
    assert files(practice) == before


def test_a_newer_database_is_named(doctor, practice):
    with closing(sqlite3.connect(practice.private / "practice.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    code, findings = doctor()
    assert code == 1
    assert "newer version" in findings["Database"]["text"]


@pytest.mark.parametrize("which", ["record_sha256", "notebook_sha256"])
def test_what_was_kept_of_a_session_is_checked(doctor, practice, which):
    student = students.add(practice, "Ana")
    session = Session("ana-1", student.id, datetime(2026, 11, 23, 18, tzinfo=UTC))
    digest = practice.keep(b"what stood there at the close")
    with practice.store.begin() as tx:
        tx.sessions.save(replace(session, **{which: digest}))
    code, findings = doctor()
    assert code == 0, findings
    assert findings["Sessions kept"]["text"].startswith("1,")
    kept = practice.private / "received" / digest[:2] / digest
    kept.write_bytes(b"changed")
    code, findings = doctor()
    assert code == 1
    assert str(kept) in findings["Sessions kept"]["text"]
    kept.unlink()
    assert doctor()[1]["Sessions kept"]["state"] == "bad"
