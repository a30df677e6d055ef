"""`mentor doctor` examines the installation and changes nothing."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from toolkit.domain.session import Session
from toolkit.services.practice import create_practice, mentorships


@pytest.fixture
def practice(tmp_path):
    return create_practice.create_practice(tmp_path / "practice").practice


@pytest.fixture
def doctor(mentor, practice):
    def run():
        code, out, _err = mentor("--practice", practice.root, "doctor", "--json")
        return code, {line["subject"]: line for line in json.loads(out)}

    return run


def test_doctor_examines_each_sandbox_layer_and_tries_the_whole(doctor):
    """Each layer of the sandbox is examined, and the whole sandbox is tried."""
    code, findings = doctor()
    assert code == 0
    layers = {subject: finding for subject, finding in findings.items() if subject.startswith("Sandbox: ")}
    assert {"Sandbox: bubblewrap", "Sandbox: Namespaces", "Sandbox: System call filter"} <= set(layers)
    assert all(finding["mend"] == "" for finding in layers.values() if finding["state"] == "good")
    assert findings["Sandbox"]["state"] == "good"
    milliseconds = int(re.search(r"after (\d+) ms", findings["Sandbox"]["text"])[1])
    assert 0 < milliseconds < 10_000
    assert "mentoring" in findings["Kernels"]["text"]


def test_a_missing_layer_is_named_with_what_mends_it(doctor, monkeypatch):
    monkeypatch.setattr("toolkit.kernels.bubblewrap.find_bubblewrap", lambda: None)
    code, findings = doctor()
    assert code == 1
    assert findings["Sandbox: bubblewrap"]["state"] == "bad"
    assert findings["Sandbox: bubblewrap"]["mend"] == "apt-get install bubblewrap"
    assert findings["Sandbox"]["state"] == "bad"
    assert "refused" in findings["Sandbox"]["text"]


def test_a_layer_that_is_not_needed_is_no_fault(doctor, monkeypatch):
    monkeypatch.setattr("toolkit.kernels.forkserver.landlock.landlock_abi", lambda: 0)
    code, findings = doctor()
    assert code == 0
    assert findings["Sandbox: Landlock"]["state"] == "warning"
    assert findings["Sandbox: Landlock"]["mend"]
    assert findings["Sandbox"]["state"] == "good"


def test_unsafe_kernels_are_a_warning(doctor, monkeypatch):
    monkeypatch.setenv("MENTORING_KERNELS", "unsafe")
    code, findings = doctor()
    assert code == 0
    assert findings["Sandbox"]["state"] == "warning"
    assert findings["Sandbox"]["mend"] == "unset MENTORING_KERNELS"


def test_a_sandbox_that_cannot_be_entered_is_found_by_the_trial(doctor, tmp_path, monkeypatch):
    monkeypatch.setenv("MENTORING_RUNTIME_DIR", str(tmp_path / ("long" * 30)))
    code, findings = doctor()
    assert code == 1
    assert findings["Sandbox: Namespaces"]["state"] == "good"
    assert findings["Sandbox"]["state"] == "bad"
    assert "MENTORING_RUNTIME_DIR" in findings["Sandbox"]["mend"]


def test_missing_kernelspec_is_named_with_its_installation(doctor, tmp_path, monkeypatch):
    """A missing kernelspec is reported with the command that installs it."""
    from jupyter_client.kernelspec import KernelSpecManager

    folder = tmp_path / "kernels"
    shutil.copytree(KernelSpecManager().find_kernel_specs()["python3"], folder / "python3")
    monkeypatch.setattr("jupyter_client.kernelspec.jupyter_path", lambda *_names: [str(folder)])
    code, findings = doctor()
    assert code == 1
    assert "'mentoring'" in findings["Kernels"]["text"]
    line = findings["Kernels"]["mend"].replace("--sys-prefix", f"--prefix={tmp_path / 'made'}")
    subprocess.run(shlex.split(line), check=True, capture_output=True)
    made = tmp_path / "made/share/jupyter/kernels/mentoring/kernel.json"
    assert json.loads(made.read_text())["display_name"] == "Mentoring (sandboxed)"


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


def test_an_older_database_is_not_upgraded(doctor, practice):
    with closing(sqlite3.connect(practice.private / "practice.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0003'")
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
    student = mentorships.add_student(practice, "Ana")
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
