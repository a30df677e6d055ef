"""The snapshots of a session are complete, stored once, and out of reach of its guests."""

from __future__ import annotations

import stat
import subprocess
import sys
import textwrap

import pytest

from toolkit.errors import InputError, NotFoundError, StateError, StorageError
from toolkit.live.snapshots.snapshot_store import SnapshotReason, SnapshotStore


@pytest.fixture
def snapshots(tmp_path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "private" / "snapshots" / "s1")


def test_the_same_content_twice_is_one(snapshots):
    first = snapshots.add(SnapshotReason.FIRST, b"notebook", b"record")
    assert first.number == 1
    assert snapshots.add(SnapshotReason.CLOCK, b"notebook", b"record") is None
    assert snapshots.add(SnapshotReason.END, b"notebook", b"record") is None
    second = snapshots.add(SnapshotReason.AGENDA, b"notebook", b"other", about="Recursion")
    assert snapshots.all() == (first, second)
    assert snapshots.get(2).about == "Recursion"
    assert second.reason == "agenda: Recursion"
    assert [snapshots.content(part) for part in (second.notebook, second.record)] == [b"notebook", b"other"]
    assert len(list((snapshots.folder / "content").iterdir())) == 3
    assert snapshots.size() == len(b"notebook") + len(b"record") + len(b"other")
    # What was kept at the close is found as that, whatever was kept before.
    assert snapshots.add(SnapshotReason.CLOSE, b"notebook", b"other").number == 3


def test_what_is_not_there_is_not_kept(snapshots):
    assert snapshots.all() == ()
    assert snapshots.add(SnapshotReason.HAND, None, None) is None
    one = snapshots.add(SnapshotReason.HAND, b"", None)
    assert one.notebook.size == 0
    assert one.record is None
    assert snapshots.content(one.notebook) == b""
    with pytest.raises(NotFoundError, match="no snapshot 7"):
        snapshots.get(7)


def test_what_was_changed_since_is_not_believed(snapshots):
    one = snapshots.add(SnapshotReason.HAND, b"notebook", None)
    (snapshots.folder / "content" / one.notebook.sha256).write_bytes(b"other")
    with pytest.raises(InputError, match="no longer what was kept"):
        snapshots.content(one.notebook)
    (snapshots.folder / "1.json").write_text('{"number": 1}')
    with pytest.raises(InputError, match="damaged"):
        snapshots.all()


def test_one_at_a_time_holds_the_session(snapshots):
    with snapshots.held():
        with pytest.raises(StateError, match="s1 is open"), snapshots.held():
            pass
        snapshots.add(SnapshotReason.HAND, b"notebook", None)
    with snapshots.held():
        pass


def test_a_full_disk_is_said_and_leaves_what_was_there(snapshots):
    one = snapshots.add(SnapshotReason.HAND, b"notebook", None)
    code = """
        import pathlib, resource, sys
        from toolkit.errors import StorageError
        from toolkit.live.snapshots.snapshot_store import SnapshotStore, SnapshotReason
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        try:
            SnapshotStore(pathlib.Path(sys.argv[1])).add(SnapshotReason.CLOCK, b"x" * 1000, None)
        except StorageError:
            sys.exit(7)
        """
    line = [sys.executable, "-c", textwrap.dedent(code), str(snapshots.folder)]
    assert subprocess.run(line, timeout=30, check=False).returncode == 7
    assert snapshots.all() == (one,)
    assert len(list((snapshots.folder / "content").iterdir())) == 1


def test_a_folder_that_may_not_be_written_is_said(snapshots):
    snapshots.folder.parent.mkdir(parents=True)
    snapshots.folder.touch()
    with pytest.raises(StorageError):
        snapshots.add(SnapshotReason.HAND, b"notebook", None)


def test_nobody_else_writes_there(snapshots):
    snapshots.add(SnapshotReason.HAND, b"notebook", None)
    assert not stat.S_IMODE((snapshots.folder / "1.json").stat().st_mode) & 0o022
