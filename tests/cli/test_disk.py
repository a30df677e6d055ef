"""A full or read-only disk: a one-line error, the documented exit code, and reading still works."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from tests.small_disk import small_disk
from toolkit._internal.disk_faults import disk_fault
from toolkit.i18n import use_language
from toolkit.practice import Practice

STUDENT = "zoe-lefevre"
READING = (
    ("student", "list"),
    ("student", "show", STUDENT),
    ("session", "list"),
    ("session", "show", f"{STUDENT}-1"),
    ("session", "recap", f"{STUDENT}-1", "--text"),
    ("skill", "list", STUDENT),
    ("exercise", "list"),
    ("snapshot", "list", f"{STUDENT}-1"),
    ("cohort", "--json"),
    ("report", "--all"),
    ("path", "show"),
)
WRITING = (
    ("student", "add", "Somebody New"),
    ("session", "plan", STUDENT, "--at", "in 9 days 18:00"),
    ("session", "start", f"{STUDENT}-3"),
    ("cohort",),
    ("live", STUDENT),
)


@pytest.fixture(scope="module")
def disk(built_demo, tmp_path_factory) -> Iterator[Path]:
    """The demo practice on a small disk of its own, with its reports written."""
    with small_disk(tmp_path_factory.mktemp("small") / "disk") as place:
        if not place.is_mount():
            pytest.skip("no disk can be mounted here")
        yield Path(shutil.copytree(built_demo, place / "practice"))


@contextmanager
def full(disk: Path) -> Iterator[None]:
    fill = disk.parent / "fill"
    try:
        with fill.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    continue
        yield
    finally:
        fill.unlink()


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", disk.parent], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", disk.parent], check=True)


@pytest.mark.parametrize("state", [full, read_only])
def test_a_practice_that_cannot_be_written_is_read(mentor, disk, state):
    assert mentor("--practice", disk, "report", "--all")[0] == 0
    before = {words: mentor("--practice", disk, *words) for words in READING}
    with state(disk):
        for words in READING:
            code, out, err = mentor("--practice", disk, *words)
            assert (code, err) == (0, ""), words
            if words[0] != "report":
                assert out == before[words][1], words


@pytest.mark.parametrize(
    ("state", "says"), [(full, "There is no space left for"), (read_only, "its disk is read-only")]
)
def test_what_cannot_be_written_is_said_in_a_line(mentor, disk, state, says):
    with state(disk):
        for words in WRITING:
            code, _out, err = mentor("--practice", disk, *words)
            assert code == 4, (words, err)
            assert says in err
            assert err.count("\n") == 1
            assert "sound" not in err
        code, out, _err = mentor("--practice", disk, "doctor", "--json")
        findings = {line["subject"]: line for line in json.loads(out)}
        assert (code, findings["Disk"]["state"]) == (1, "bad")
        assert says in findings["Disk"]["text"]
        assert findings["Database"]["state"] == "good"
    code, out, _err = mentor("--practice", disk, "doctor", "--json")
    assert code == 0


def test_changes_of_a_killed_command_are_read_on_a_full_disk(mentor, disk):
    """Reads include changes that are only in the write-ahead log."""
    database = disk / ".mentoring" / "practice.db"
    script = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('PRAGMA wal_autocheckpoint=0');"
        "db.execute(\"UPDATE students SET name = 'Zoe of the log' WHERE id = 'zoe-lefevre'\");"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, database], check=False)
    assert database.with_name("practice.db-wal").stat().st_size
    with full(disk):
        code, out, _err = mentor("--practice", disk, "student", "list")
    assert (code, "Zoe of the log" in out) == (0, True)


def test_a_full_output_is_said(demo_practice):
    line = [Path(sys.executable).with_name("mentor"), "--practice", demo_practice.root, "session", "list"]
    with Path("/dev/full").open("w") as nowhere:
        done = subprocess.run(line, check=False, stdout=nowhere, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_disks_error_is_found_behind_that_of_a_library():
    with use_language("en"):
        wrapped = RuntimeError("nbgrader could not process it")
        wrapped.__cause__ = OSError(28, "No space left on device", "/there")
        assert "/there" in disk_fault(wrapped, "the files").message
        absent = FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")
        assert "TMPDIR" in disk_fault(absent, "the files").hint
        copied = shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")])
        assert disk_fault(copied, "the files").message == "There is no space left for the files."
        for other in (OSError("of a library"), ValueError(), FileNotFoundError(2, "No such file")):
            assert disk_fault(other, "the files") is None
        with sqlite3.connect(":memory:") as db:
            db.execute("CREATE TABLE a (b)")
            db.execute("PRAGMA max_page_count=1")
            try:
                db.execute("INSERT INTO a VALUES (zeroblob(100000))")
            except sqlite3.OperationalError as error:
                assert "no space left" in disk_fault(error, "the files").message


_RECEIVE = """
import sys
from pathlib import Path
from toolkit._internal.atomic_io import atomic_write
def pieces():
    yield b"begun"
    print("begun", flush=True)
    sys.stdin.read()
    yield b""
atomic_write(Path(sys.argv[1]), pieces())
"""


@pytest.mark.kills
def test_partial_files_are_named_and_removed(on_demo, demo_practice: Practice):
    received = demo_practice.private / "received"
    kept = sorted(path for path in received.rglob("*") if path.is_file())
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _RECEIVE, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for place in (received / "ab" / ("ab" * 32), received / "arriving", received / "cd" / ("cd" * 32))
    ]
    for one in writers:
        assert one.stdout.readline() == "begun\n"
    killed, alive = writers[:2], writers[2]
    for one in killed:
        one.send_signal(signal.SIGKILL)
        one.communicate()
    (received / "arriving").write_bytes(b"whole, and not in its place")
    left = [*received.glob("*/.ab*"), *received.glob(".arriving*"), received / "arriving"]
    assert len(left) == 3
    _code, out, _err = on_demo("doctor", "--json")
    found = next(line for line in json.loads(out) if line["subject"] == "Partial files")
    assert found["state"] == "warning"
    assert all(str(path) in found["text"] for path in left)
    assert "/cd/" not in found["text"]
    assert all(path.exists() for path in left)
    assert on_demo("student", "list")[0] == 0
    assert not any(path.exists() for path in left)
    # That of a process at work stays, and its file is written.
    alive.communicate("")
    assert alive.returncode == 0
    assert (received / "cd" / ("cd" * 32)).read_bytes() == b"begun"
    (received / "cd" / ("cd" * 32)).unlink()
    assert sorted(path for path in received.rglob("*") if path.is_file()) == kept
    _code, out, _err = on_demo("doctor", "--json")
    assert next(line for line in json.loads(out) if line["subject"] == "Partial files")["state"] == "good"


@contextmanager
def grading(practice: Practice) -> Iterator[subprocess.Popen[str]]:
    """Grade, and return the process once its workers' fork server has started."""
    line = [Path(sys.executable).with_name("mentor"), "--practice", practice.root, "grade", "--again"]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as grade:
        deadline = time.monotonic() + PATIENCE_S
        while not started(grade.pid, b"multiprocessing.forkserver"):
            assert grade.poll() is None
            assert time.monotonic() < deadline
        yield grade


def started(parent: int, program: bytes) -> list[int]:
    """Return the children of a process that run a program."""
    found = []
    for child in map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()):
        with suppress(OSError):  # it has ended
            if program in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


@pytest.mark.kills
def test_ctrl_c_while_the_workers_begin_prints_no_traceback(demo_practice):
    """Ctrl-C reaches every process of the terminal, including one that is still importing."""
    with grading(demo_practice) as grade:
        os.killpg(grade.pid, signal.SIGINT)
        said = grade.communicate()[0]
    assert grade.returncode == 130, said
    assert "Traceback" not in said


@pytest.mark.kills
@pytest.mark.parametrize("program", [b"multiprocessing.forkserver", b"multiprocessing.resource_tracker"])
def test_grading_goes_on_when_its_helpers_are_killed(demo_practice, program):
    with grading(demo_practice) as grade:
        for child in started(grade.pid, program):
            os.kill(child, signal.SIGKILL)
        said = grade.communicate()[0]
    assert grade.returncode == 0, said
    # Python starts another tracker where it needs one, which may say that it has lost count.
    assert "Traceback" not in said or program == b"multiprocessing.resource_tracker"


def test_no_message_names_a_folder_that_is_not_there(mentor, on_demo, demo_practice):
    database = demo_practice.private / "practice.db"
    backups = demo_practice.private / "backups"
    shutil.rmtree(backups, ignore_errors=True)
    for harm in (database.unlink, lambda: database.write_bytes(b"no database" * 1000)):
        harm()
        for words in (["student", "list"], ["doctor"]):
            _code, out, err = on_demo(*words)
            assert str(backups) not in out + err
    backups.mkdir()
    (backups / "practice-2026-01-01.db").write_bytes(b"")
    assert str(backups / "practice-2026-01-01.db") in on_demo("student", "list")[2]
