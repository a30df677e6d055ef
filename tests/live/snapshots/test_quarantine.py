"""A student of a group damages their own copy, at the real server: it is restored, the others go on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.damaged_notebooks import BEGIN, GARBLED
from tests.live.kernel_channels import Channels
from tests.live.server.test_group_session import ANA, BEN, IDS, NAMES, ZOE, Table, copy, line, until
from tests.patience import PATIENCE_S
from toolkit._internal.atomic_io import read_regular_file
from toolkit.kernels import fork_servers
from toolkit.live.snapshots.quarantine import QuarantineLog, quarantine_path
from toolkit.services.practice import create_practice, mentorships
from toolkit.services.sessions import group_sessions, live_session
from toolkit.workspace.session_record import Record

LIVE = ("no JSON", "a folder", "a link", "removed", "deep in place", "a cell that is none", "large")


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    made = create_practice.create_practice(
        tmp_path_factory.mktemp("group") / "practice", mentor="Ada", course=False
    ).practice
    for name in NAMES:
        mentorships.add_student(made, name)
    runtime = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MENTORING_RUNTIME_DIR", str(runtime))
        yield made
        for server in fork_servers.running_fork_servers():
            server.stop()


@contextmanager
def served(practice, told: list | None = None) -> Iterator[tuple[Table, live_session.ServedSession]]:
    failed = [].append if told is None else told.append
    with live_session.serve_session(
        practice, group_sessions.group_session_to_hold(practice, IDS), failed=failed
    ) as running:
        table = Table(running.address, running.settings, process=None)
        with table.stack:
            yield table, running


class Hand:
    """A student's kernel, which runs the student's code on the copy."""

    def __init__(self, table: Table, name: str) -> None:
        kernel = table.start(name, copy(name)).json()["kernel"]["id"]
        self._channels = Channels(table, table.guest(name), kernel)
        self.run(f"name = '{name}.ipynb'{BEGIN}")

    def run(self, code: str) -> None:
        reply, _told = self._channels.run(code)
        assert reply["status"] == "ok", reply


def kill(running: live_session.ServedSession) -> None:
    before = running.process.restarts
    os.kill(running.process.pid, 9)
    deadline = time.monotonic() + PATIENCE_S
    while running.process.restarts == before:
        assert time.monotonic() < deadline
        running.process.wait(0.05)
    running.process.wait_until_ready(60)


def typed(table: Table, name: str, words: str) -> None:
    with table.member(name, copy(name)) as there:
        there.type(0, words)
        until(lambda: words in (table.settings.root / copy(name)).read_text(), there)


def the_others_go_on(table: Table) -> None:
    record = Record(table.settings.record)
    his = line(record, 2)
    on = not record.get(his).ticked
    with table.member(BEN, "board.ipynb") as ben:
        ben.state[f"{his}/ticked"] = on
        ben.send()
        until(lambda: record.get(his).ticked is on, ben)
    with table.member("mentor", copy(BEN)) as mentor:
        assert mentor.text(0)


def test_a_garbled_copy_comes_back_and_the_others_go_on(practice):
    told: list = []
    with served(practice, told) as (table, running):
        root = table.settings.root
        ana, zoe = Hand(table, ANA), Hand(table, ZOE)
        typed(table, ANA, "by Ana")
        typed(table, ZOE, "by Zoé")
        with table.member("mentor", copy(ANA)) as mentor:
            for number, harm in enumerate(LIVE):
                ana.run(GARBLED[harm])
                # It is mended at the next look, or when something is typed.
                mentor.type(0, f", {number}")
                try:
                    until(lambda n=number: f", {n}" in text(root / copy(ANA)), mentor)
                except AssertionError:
                    found = sorted(path.name for path in (root / ANA).iterdir())
                    pytest.fail(f"after {harm}: {mentor.text(0)!r}, {found}, {list(map(str, told))}")
        the_others_go_on(table)
        assert running.goes_on()
        assert len(told) == len(LIVE)
        assert f"{ANA}/{ANA}-damaged-1.ipynb" in told[0].hint
        assert "was gone" in told[LIVE.index("removed")].message

        # Two at once, and the server is killed before it looks.
        zoe.run(f"{GARBLED['Latin-1']}\nos.chmod('.', 0)")
        ana.run(GARBLED["a pipe"])
        kill(running)
        the_others_go_on(table)
        for name, words in ((ANA, "by Ana, 0, 1"), (ZOE, "by Zoé")):
            with table.member(name, copy(name)) as there:
                assert words in there.text(0)

    (root / copy(ANA)).unlink()
    (root / copy(BEN)).write_text("[")
    with served(practice, told) as (table, running):
        for name, words in ((ANA, "by Ana, 0, 1"), (ZOE, "by Zoé"), (BEN, "Ben Okafor")):
            with table.member(name, copy(name)) as there:
                assert words in there.text(0)
        the_others_go_on(table)
        assert text(root / copy(ZOE))


def text(path: Path) -> str:
    return (read_regular_file(path, 1_000_000, within=path.parent) or b"").decode(errors="replace")


def test_mentor_is_told_once_and_without_control_characters(tmp_path):
    """The mentor gets one message per case, without control characters."""
    theirs = QuarantineLog(tmp_path)
    theirs.note("a/a.ipynb", "a/a-damaged-1.ipynb", "size")
    ours = QuarantineLog(tmp_path)
    assert ours.news() == []
    for number in range(25):
        theirs.note("a/a.ipynb", f"a/a-damaged-{number}.ipynb", "text")
    assert len(ours.news()) == 20
    assert ours.news() == []
    theirs.note("a/a.ipynb", "", "place")
    assert [str(one.message) for one in ours.news()] == ["a/a.ipynb was gone. It is back as it was last."]
    listed = tmp_path / "asides.json"
    for harm in ('{"asides": 3}', "[" * 10_000, listed.read_text().replace("a/a.ipynb", "a\\u001b[2J")):
        listed.write_text(harm)
        assert QuarantineLog(tmp_path).news() == []
        assert ours.news() == []


def test_a_link_in_the_place_of_a_folder_is_what_is_put_aside(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "one.ipynb").write_text("theirs")
    (root / "folder").symlink_to(outside)
    assert quarantine_path(root, root / "folder" / "one.ipynb") == "folder-damaged-1"
    assert quarantine_path(root, root / "folder" / "one.ipynb") == ""
    assert (outside / "one.ipynb").read_text() == "theirs"
