"""Writes replace the whole file, keep its permissions, and never follow a link in a student's folder."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from toolkit._internal.atomic_io import atomic_write, make_folder, read_regular_file, remove_partial_files
from toolkit.errors import StorageError


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "workspace").mkdir()
    return tmp_path / "workspace"


@pytest.mark.parametrize("planted", ["feedback", "feedback/bus-fare"])
def test_a_link_on_the_table_is_not_followed(workspace, planted):
    link = workspace / planted
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(workspace.parent / "outside")
    for write in (
        lambda: atomic_write(workspace / "feedback/bus-fare/page.html", b"x", within=workspace),
        lambda: make_folder(workspace / "feedback/bus-fare", within=workspace),
    ):
        with pytest.raises(StorageError, match=f"{planted} is a link") as raised:
            write()
        assert raised.value.hint
    assert list((workspace.parent / "outside").iterdir()) == []


def test_a_file_where_a_folder_should_be_is_named(workspace):
    (workspace / "feedback").write_text("")
    with pytest.raises(StorageError, match="feedback is a link or a file"):
        atomic_write(workspace / "feedback" / "page.html", b"x", within=workspace)


def test_there_is_no_way_up(workspace):
    with pytest.raises(StorageError, match="not followed"):
        atomic_write(workspace / ".." / "outside" / "page.html", b"x", within=workspace)
    assert list((workspace.parent / "outside").iterdir()) == []


@pytest.mark.parametrize("guarded", [True, False])
def test_a_link_in_the_file_s_place_is_replaced(workspace, guarded):
    target = workspace.parent / "outside" / "target"
    target.write_text("as it was")
    (workspace / "page.html").symlink_to(target)
    atomic_write(workspace / "page.html", b"page", within=workspace if guarded else None)
    assert target.read_text() == "as it was"
    assert (workspace / "page.html").read_bytes() == b"page"
    assert not (workspace / "page.html").is_symlink()


def test_folders_are_made_and_nothing_else_is_left(workspace):
    atomic_write(workspace / "a" / "b" / "page.html", [b"one ", b"two"], within=workspace)
    atomic_write(workspace / "c" / "page.html", b"three")
    assert (workspace / "a" / "b" / "page.html").read_bytes() == b"one two"
    assert sorted(path.name for path in workspace.rglob("*")) == ["a", "b", "c", "page.html", "page.html"]


def test_the_workspace_itself_may_be_a_link_of_the_mentor_s(workspace):
    shared = workspace.parent / "shared"
    shared.symlink_to(workspace)
    atomic_write(shared / "a" / "page.html", b"x", within=shared)
    assert (workspace / "a" / "page.html").read_bytes() == b"x"


def test_what_fails_leaves_the_old_file_and_no_other(workspace):
    path = workspace / "page.html"
    atomic_write(path, b"old")

    def broken():
        yield b"new"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        atomic_write(path, broken())
    assert path.read_bytes() == b"old"
    assert list(workspace.iterdir()) == [path]
    (workspace / "folder").mkdir()
    with pytest.raises(StorageError, match="folder cannot be used"):
        atomic_write(workspace / "folder", b"x")
    assert sorted(item.name for item in workspace.iterdir()) == ["folder", "page.html"]


def test_a_file_keeps_its_permissions(workspace):
    path = workspace / "page.html"
    atomic_write(path, b"old")
    for chosen in (0o600, 0o664):
        path.chmod(chosen)
        atomic_write(path, b"new")
        assert mode(path) == chosen


def test_the_umask_holds_and_is_never_touched(workspace, monkeypatch):
    before = os.umask(0o027)
    try:
        # It belongs to the whole process: a file made meanwhile by another thread would have the wrong mode.
        monkeypatch.setattr(os, "umask", lambda _mask: pytest.fail("the umask was changed"))
        atomic_write(workspace / "page.html", b"x")
    finally:
        monkeypatch.undo()
        os.umask(before)
    assert mode(workspace / "page.html") == 0o640


def test_writers_at_once_leave_one_of_their_files(workspace):
    path = workspace / "page.html"
    contents = [bytes([65 + n]) * 100_000 for n in range(8)]
    threads = [threading.Thread(target=atomic_write, args=(path, data, workspace)) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert list(workspace.iterdir()) == [path]


def test_what_a_kill_left_half_written_is_swept_away(tmp_path):
    (tmp_path / "work.ipynb").write_text("{}")
    (tmp_path / ".work.ipynb.0123456789abcdef").write_text("{")
    (tmp_path / ".hidden").write_text("mine")
    remove_partial_files(tmp_path)
    remove_partial_files(tmp_path / "not there")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "work.ipynb"]


def test_other_than_regular_files_are_refused_and_closed(tmp_path):
    """Other than regular files are not read, and no descriptor stays open."""
    (tmp_path / "plain").write_bytes(b"12")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("plain")
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert read_regular_file(tmp_path / "plain", 2, within=tmp_path) == b"12"
    assert read_regular_file(tmp_path / "plain", 1, within=tmp_path) is None
    for name in ("folder", "pipe", "link", "nothing", "folder/nothing"):
        assert read_regular_file(tmp_path / name, 2, within=tmp_path) is None
    assert len(list(Path("/proc/self/fd").iterdir())) == before
