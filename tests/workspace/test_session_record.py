"""The record file: no change is lost, no write is partial, and everything read is validated."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
import unicodedata

import pytest

from tests.patience import PATIENCE_S
from toolkit.domain.record_entries import AgendaEntry, CheckEntry
from toolkit.errors import (
    DuplicateError,
    InputError,
    NotFoundError,
    PracticeBusyError,
    SchemaError,
    StorageError,
    UnreadableError,
)
from toolkit.widgets import Record
from toolkit.workspace.session_record import parse_entry

HOSTILE = ["<script>alert(1)</script>", "é\u202eabc", "\x00", "𝔘𝔫𝔦", "' OR 1=1 --", "{n}", "`", "a\nb"]


def python(code: str, *arguments: object, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)], text=True, **options
    )


def test_what_is_put_is_read_by_another_record(record):
    record.put({"agenda:a9": {"id": "a9", "text": " Sets ", "order": -1}, "agenda:a0": None})
    again = Record(record.path)
    assert again.get("agenda:a9") == AgendaEntry(id="a9", text="Sets", order=-1)
    assert again.get("agenda:a0") is None
    assert list(again.items("agenda:")) == ["agenda:a9", "agenda:a1", "agenda:a2"]
    content = json.loads(record.path.read_text(encoding="utf-8"))
    assert content["schema"] == 1
    assert "Anaïs" in record.path.read_text(encoding="utf-8")
    assert list(record.path.parent.iterdir()) == [record.path]


def test_here_is_the_working_directory(record, monkeypatch, tmp_path):
    monkeypatch.chdir(record.path.parent)
    assert Record.here().path == record.path
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(NotFoundError, match=r"There is no record\.json"):
        Record.here()


def test_a_record_is_not_made_twice(record):
    before = record.path.read_bytes()
    with pytest.raises(DuplicateError):
        Record.create(record.path, {})
    assert record.path.read_bytes() == before


def test_two_kernels_lose_nothing_of_each_other(record):
    code = """
        import sys
        from toolkit.widgets import Record
        record = Record(sys.argv[1])
        for number in range(30):
            name = f"{sys.argv[2]}{number}"
            record.put({f"agenda:{name}": {"id": name, "text": name}})
        """
    workers = [python(code, record.path, name) for name in "pq"]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    assert len(record.items("agenda:")) == 3 + 60


def test_a_tick_and_a_confirmation_of_one_skill_both_stay(record):
    seen = record.items("check:")
    record.put({"check:loops": seen["check:loops"].model_copy(update={"ticked": True})}, since=seen)
    record.put({"check:loops": seen["check:loops"].model_copy(update={"confirmed": True})}, since=seen)
    after = record.get("check:loops")
    assert isinstance(after, CheckEntry)
    assert (after.ticked, after.confirmed) == (True, True)


def test_kill_9_in_the_middle_leaves_the_old_or_the_new(record):
    code = """
        import sys
        from toolkit.widgets import Record
        record = Record(sys.argv[1])
        print("begun", flush=True)
        for number in range(10**6):
            record.put({"agenda:a0": {"id": "a0", "text": f"{number:06}" * 80}})
        """
    for pause in (0.0, 0.004, 0.011, 0.03):
        worker = python(code, record.path, stdout=subprocess.PIPE)
        assert worker.stdout.readline() == "begun\n"
        # Somewhere in the middle of writing.
        time.sleep(pause)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        entry = record.get("agenda:a0")
        assert entry.text == "Check-in" or entry.text == entry.text[:6] * 80
        assert len(record.items("agenda:")) == 3
    # What the killed one left lying about is used up by the next.
    record.put({"agenda:a0": None})
    assert list(record.path.parent.iterdir()) == [record.path]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"items": {}}',
        b'{"schema": 1}',
        b'{"schema": 1, "items": {"agenda:x": {"id": "x"}}}',
        b'{"schema": 1, "items": {"agenda:x": {"id": "y", "text": "t"}}}',
        b'{"schema": 1, "items": {"agenda:x": {"id": "x", "text": "t", "order": NaN}}}',
        b'{"schema": 1, "items": {"agenda:x": {"id": "x", "text": "t", "private": "n"}}}',
        b'{"schema": 1, "items": {"secrets:x": {}}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_record_is_never_written_over(record, content):
    record.path.write_bytes(content)
    with pytest.raises(UnreadableError, match="damaged") as caught:
        record.items()
    assert "stays as it is" in caught.value.hint
    with pytest.raises(UnreadableError):
        record.put({"agenda:a9": {"id": "a9", "text": "new"}})
    assert record.path.read_bytes() == content


def test_a_newer_record_is_never_written_over(record):
    content = b'{"schema": 2, "items": [1]}'
    record.path.write_bytes(content)
    with pytest.raises(SchemaError, match="newer"):
        record.put({"agenda:a9": {"id": "a9", "text": "new"}})
    assert record.path.read_bytes() == content


def test_links_pipes_and_giants_are_refused(record, tmp_path):
    record.path.rename(tmp_path / "else.json")
    record.path.symlink_to(tmp_path / "else.json")
    with pytest.raises(UnreadableError, match="link"):
        record.items()
    record.path.unlink()
    os.mkfifo(record.path)
    with pytest.raises(UnreadableError, match="no plain file"):
        record.items()
    record.path.unlink()
    record.path.mkdir()
    with pytest.raises(UnreadableError, match="no plain file"):
        record.items()
    record.path.rmdir()
    with record.path.open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(UnreadableError, match="no plain file"):
        record.items()


def test_a_missing_file_or_folder_is_said_so(tmp_path):
    with pytest.raises(NotFoundError):
        Record(tmp_path / "record.json").items()
    with pytest.raises(StorageError, match="folder is not there"):
        Record.create(tmp_path / "no" / "record.json", {})
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="folder is not there"):
        Record.create(tmp_path / "file" / "record.json", {})


def test_a_full_disk_leaves_the_old(record):
    before = record.path.read_bytes()
    code = """
        import resource, signal, sys
        from toolkit.errors import StorageError
        from toolkit.widgets import Record
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        try:
            Record(sys.argv[1]).put({"agenda:a0": None})
        except StorageError as error:
            sys.exit(7 if "large" in error.message else 8)
        """
    assert python(code, record.path).wait(PATIENCE_S) == 7
    assert record.path.read_bytes() == before
    assert list(record.path.parent.iterdir()) == [record.path]


def test_no_permission_is_said_so(record):
    before = record.path.read_bytes()
    record.path.parent.chmod(0o500)
    code = """
        import os, sys
        from toolkit.errors import StorageError
        from toolkit.widgets import Record
        if os.geteuid() == 0:
            os.seteuid(65534)  # root may write everywhere
        try:
            Record(sys.argv[1]).put({"agenda:a0": None})
        except StorageError as error:
            sys.exit(7 if "no permission" in error.message else 8)
        """
    try:
        assert python(code, record.path).wait(PATIENCE_S) == 7
    finally:
        record.path.parent.chmod(0o700)
    assert record.path.read_bytes() == before


def test_folder_lock_is_waited_for_with_a_timeout(record, monkeypatch):
    """A locked folder is waited for, with a timeout."""
    monkeypatch.setattr("toolkit.workspace.session_record._LOCK_TIMEOUT_S", 0.1)
    code = """
        import fcntl, os, sys
        fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
        print("held", flush=True)
        sys.stdin.read()
        """
    holder = python(code, record.path.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(PracticeBusyError):
            record.put({"agenda:a0": None})
    finally:
        holder.communicate()
    record.put({"agenda:a0": None})


def test_the_mode_of_the_file_stays(record):
    record.path.chmod(0o640)
    record.put({"agenda:a0": None})
    assert stat.S_IMODE(record.path.stat().st_mode) == 0o640


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_kept_except_control_characters(record, text):
    """Hostile texts are kept unchanged except for control characters."""
    record.put({"action:x9": {"id": "x9", "text": f"a{text}"}})
    plain = "a" + "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    assert Record(record.path).get("action:x9").text == plain.strip()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("agenda:../../x", {"id": "../../x", "text": "t"}),
        ("agenda", {"id": "a", "text": "t"}),
        ("session:1", {}),
        ("nothing", {}),
        ("agenda:a", None.__class__),
        ("agenda:a", {"id": "b", "text": "t"}),
        ("agenda:a", {"id": "a", "text": " "}),
        ("agenda:a", {"id": "a", "text": "t" * 501}),
        ("agenda:a", {"id": "a", "text": "half \ud800 a pair"}),
        ("agenda:a", {"id": "a", "text": "t", "order": float("inf")}),
        ("agenda:a", {"id": "a", "text": "t", "minutes": 241}),
        ("exercise:a", {"id": "a", "title": "t", "tests": [{"name": "n", "source": "\ud800"}]}),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(record, key, value):
    before = record.path.read_bytes()
    with pytest.raises(InputError):
        record.put({"agenda:a0": None, key: value})
    assert record.path.read_bytes() == before


def test_a_record_that_nobody_could_read_again_is_not_written(record):
    tests = [{"name": "n", "source": "x" * 10**7}]
    with pytest.raises(InputError, match="too large"):
        record.put({"exercise:big": {"id": "big", "title": "t", "tests": tests}})
    assert len(record.items("agenda:")) == 3


def test_a_value_is_parsed_into_its_model():
    assert isinstance(parse_entry("agenda:a", {"id": "a", "text": "t"}), AgendaEntry)


def test_a_stamp_tells_each_state_of_the_file_from_the_others(record):
    before = record.fingerprint()
    assert record.fingerprint() == before
    record.put({"agenda:a0": None})
    assert record.fingerprint() != before
    record.path.unlink()
    assert record.fingerprint() is None
