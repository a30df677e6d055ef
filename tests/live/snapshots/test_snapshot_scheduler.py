"""Snapshots are taken at useful moments, and only of the session's own files."""

from __future__ import annotations

import os
from threading import Event, Thread

import pytest

from tests.patience import PATIENCE_S
from toolkit.errors import StateError, StorageError
from toolkit.live.snapshots.snapshot_scheduler import INTERVAL_SECONDS, SnapshotScheduler
from toolkit.live.snapshots.snapshot_store import SnapshotReason, SnapshotStore
from toolkit.widgets import Agenda


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def snapshots(tmp_path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "private" / "s1")


@pytest.fixture
def keeper(settings, snapshots, clock) -> SnapshotScheduler:
    return SnapshotScheduler(snapshots, settings.root / settings.notebook, settings.root, clock)


@pytest.fixture
def write(settings):
    def write(text: str) -> None:
        path = settings.root / settings.notebook
        draft = path.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(path)

    return write


def test_snapshots_before_first_edit_then_periodically(keeper, clock, write, snapshots):
    """A snapshot is taken before the first edit, then every few minutes, only of changed files."""
    first = keeper.step()
    assert first.why is SnapshotReason.FIRST
    clock.now += 10 * INTERVAL_SECONDS
    assert keeper.step() is None, "nothing has changed"
    write("one")
    assert keeper.step().why is SnapshotReason.CLOCK
    clock.now += INTERVAL_SECONDS - 1
    write("two")
    assert keeper.step() is None
    clock.now += 1
    second = keeper.step()
    assert second.why is SnapshotReason.CLOCK
    assert snapshots.content(second.notebook) == b"two"
    clock.now += INTERVAL_SECONDS
    assert keeper.step() is None


def test_when_something_becomes_of_a_talking_point(keeper, clock, record, write):
    keeper.step()
    agenda = Agenda(record)
    clock.now += 10
    agenda.start("a0")
    assert (taken := keeper.step()).why is SnapshotReason.AGENDA
    assert taken.about == "Point 0"
    clock.now += 10
    write("said in Point 0")
    agenda.start("a1")
    assert keeper.step().about == "Point 0", "it is what was talked about until now"
    clock.now += 10
    agenda.discuss("a1")
    assert keeper.step().about == "Point 1"
    agenda.discuss("a2")
    assert keeper.step() is None, "not one for each click"
    clock.now += 10
    assert keeper.step().about == "Point 2"


def test_a_record_that_is_damaged_stops_nothing(keeper, clock, settings, snapshots):
    settings.record.write_bytes(b"{")
    first = keeper.step()
    assert snapshots.content(first.record) == b"{"
    settings.record.write_bytes(b'{"schema": 1, "items": {"agenda:a0": 5}}')
    clock.now += INTERVAL_SECONDS
    assert keeper.step().why is SnapshotReason.CLOCK


def test_links_pipes_and_giants_are_not_followed(keeper, settings, tmp_path, snapshots):
    notebook = settings.root / settings.notebook
    notebook.rename(tmp_path / "secret")
    notebook.symlink_to(tmp_path / "secret")
    assert keeper.take_snapshot(SnapshotReason.HAND).notebook is None
    notebook.unlink()
    os.mkfifo(notebook)
    assert keeper.take_snapshot(SnapshotReason.HAND) is None, "still only the record"
    notebook.unlink()
    with notebook.open("wb") as file:
        file.truncate(50_000_001)
    assert keeper.take_snapshot(SnapshotReason.HAND) is None
    sessions = settings.root / "sessions"
    sessions.rename(tmp_path / "elsewhere")
    sessions.symlink_to(tmp_path / "elsewhere")
    assert keeper.take_snapshot(SnapshotReason.HAND) is None
    assert len(snapshots.all()) == 1


def test_while_the_session_is_open_nothing_is_put_back(keeper, snapshots):
    with keeper:
        with pytest.raises(StateError), snapshots.held():
            pass
        assert keeper.take_snapshot(SnapshotReason.CLOSE).why is SnapshotReason.CLOSE
    with snapshots.held():
        pass


def test_what_the_disk_refuses_is_told_and_tried_again(keeper, snapshots):
    snapshots.folder.parent.mkdir(parents=True)
    snapshots.folder.touch()
    told = []
    ended, heard = Event(), Event()

    def failed(error):
        told.append(error)
        heard.set()

    watching = Thread(target=keeper.watch, args=(ended, failed))
    watching.start()
    try:
        assert heard.wait(PATIENCE_S)
        snapshots.folder.unlink()
    finally:
        for _wait in range(300):
            if snapshots.all():
                break
            ended.wait(0.01)
        ended.set()
        watching.join(10)
    assert isinstance(told[0], StorageError)
    assert [one.why for one in snapshots.all()] == [SnapshotReason.FIRST]
