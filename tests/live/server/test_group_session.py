"""A group of three and the mentor at the real server: rights to read, write and run each notebook."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import websocket
from pycrdt import Map, create_update_message

from tests.live.kernel_channels import Channels
from tests.live.live_server import Live
from tests.live.room_member import Member
from tests.patience import PATIENCE_S
from toolkit.kernels import fork_servers
from toolkit.services.practice import create_practice, mentorships
from toolkit.services.sessions import group_sessions, live_session
from toolkit.workspace.session_record import Record

NAMES = ("Ana Roy", "Ben Okafor", "Zoé Lefèvre")
ANA, BEN, ZOE = IDS = ("ana-roy", "ben-okafor", "zoe-lefevre")


class Table(Live):
    """The group's server, by notebook."""

    def at(self, notebook: str) -> SimpleNamespace:
        def room(client) -> str:
            asked = {"format": "json", "type": "notebook"}
            answer = self.ask(client, "PUT", f"/api/collaboration/session/{notebook}", json=asked)
            told = answer.raise_for_status().json()
            return f"/api/collaboration/room/json:notebook:{told['fileId']}?sessionId={told['sessionId']}"

        return SimpleNamespace(open=self.open, room=room)

    def member(self, guest: str, notebook: str) -> Member:
        return Member(self.at(notebook), self.guest(guest))

    def start(self, guest: str, notebook: str):
        asked = {"path": notebook, "type": "notebook", "name": "", "kernel": {"name": "mentoring"}}
        return self.ask(self.guest(guest), "POST", "/api/sessions", json=asked)


def copy(name: str) -> str:
    return f"{name}/{name}.ipynb"


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    made = create_practice.create_practice(
        tmp_path_factory.mktemp("group") / "practice", mentor="Ada", course=False
    ).practice
    for name in NAMES:
        mentorships.add_student(made, name)
    return made


@pytest.fixture(scope="module")
def table(practice, tmp_path_factory) -> Iterator[Table]:
    runtime: Path = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MENTORING_RUNTIME_DIR", str(runtime))
        session = group_sessions.group_session_to_hold(practice, IDS)
        with live_session.serve_session(practice, session) as served:
            running = Table(served.address, served.settings, process=None)
            with running.stack:
                yield running
        for server in fork_servers.running_fork_servers():
            server.stop()


def until(true, member: Member, seconds: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        member.hear(0.05)


def line(record: Record, number: int) -> str:
    return next(key for key in record.items("check:") if key.startswith(f"check:{number}-"))


def test_guests_open_their_notebook_and_the_mentor_the_first(table):
    """Each student opens their own notebook, and the mentor opens the first."""
    homes = {name: table.guest(name).get("/").headers["location"] for name in ("mentor", *IDS)}
    assert homes == {
        "mentor": f"/doc/tree/{copy(ANA)}",
        **{name: f"/doc/tree/{copy(name)}" for name in IDS},
    }
    page = table.guest(BEN).get(homes[BEN]).text
    assert "Ana Roy" in page
    assert str(table.settings.root) not in page


def test_group_notebook_is_written_by_owner_and_mentor_only(table):
    """Everybody reads a copy; only its owner and the mentor write it."""
    with (
        table.member(ANA, copy(ANA)) as ana,
        table.member(BEN, copy(ANA)) as ben,
        table.member("mentor", copy(ANA)) as mentor,
    ):
        ana.type(0, " by Ana")
        mentor.hear(1)
        mentor.type(0, " by Ada")
        until(lambda: "by Ana" in ben.text(0) and "by Ada" in ben.text(0), ben)
        # What a reader sends, in whatever words, is not taken.
        ben.type(0, " by Ben")
        everything = ben.doc.get_update()
        ben.socket.send_binary(create_update_message(everything))
        ben.socket.send_binary(bytes([0x80, 0x00]) + create_update_message(everything)[1:])
        ana.type(0, " and again")
        until(lambda: "and again" in mentor.text(0), mentor)
        mentor.hear(1)
        assert "Ben" not in mentor.text(0)
    assert "by Ben" not in (table.settings.root / copy(ANA)).read_text()


def test_kernel_starts_for_owner_and_mentor_in_its_own_folder(table):
    """Only its owner and the mentor start a kernel, and it sees only its own folder."""
    assert table.start(BEN, copy(ANA)).status_code == 403
    for guest in ("mentor", ANA):
        assert table.start(guest, "board.ipynb").status_code == 403
        assert table.start(guest, "nowhere.ipynb").status_code == 403
    kernels = {name: table.start(name, copy(name)).json()["kernel"]["id"] for name in (ANA, BEN)}
    assert kernels[ANA] != kernels[BEN]
    assert table.start("mentor", copy(ANA)).json()["kernel"]["id"] == kernels[ANA]

    ana = Channels(table, table.guest(ANA), kernels[ANA])
    code = "import os; print(os.listdir(), *map(os.path.exists, ('../ben-okafor', '../record.json')))"
    _reply, told = ana.run(code)
    printed = "".join(one["text"] for one in told if one["type"] == "stream")
    assert "ana-roy.ipynb" in printed
    assert "True" not in printed

    # Another student hears what goes on there, and sends nothing but the question what kernel it is.
    ben = Channels(table, table.guest(BEN), kernels[ANA])
    assert ben.ask("shell", "kernel_info_request", {})[0]["status"] == "ok"
    for channel, kind in (
        ("shell", "execute_request"),
        ("shell", "comm_open"),
        ("shell", "complete_request"),
        ("control", "interrupt_request"),
    ):
        reply, _told = ben.ask(channel, kind, {"code": "1"})
        assert reply["ename"] == "Refused", kind
    for action in ("interrupt", "restart"):
        path = f"/api/kernels/{kernels[ANA]}/{action}"
        assert table.ask(table.guest(BEN), "POST", path).status_code == 403
    session = next(
        one["id"] for one in table.guest(BEN).get("/api/sessions").json() if one["path"] == copy(ANA)
    )
    change = {"path": copy(ANA), "kernel": {"name": "mentoring"}}
    assert table.ask(table.guest(BEN), "PATCH", f"/api/sessions/{session}", json=change).status_code == 403

    # The owner runs, whoever drives; the mentor as the driver.
    mentor = Channels(table, table.guest("mentor"), kernels[ANA])
    with table.member(BEN, "board.ipynb") as board:
        for driver, runs in ((BEN, False), (None, True)):
            board.state["@wheel/driver"] = driver and {"role": "student", "name": "Ben Okafor"}
            board.send()
            board.hear(0.5)
            assert ana.run("1")[0]["status"] == "ok"
            assert (mentor.run("1")[0]["status"] == "ok") is runs


def test_checklist_line_belongs_to_its_student(table):
    """Only its student and the mentor may tick a line of the checklist; the server sets the name."""
    record = Record(table.settings.record)
    hers, his = line(record, 1), line(record, 2)
    with table.member(BEN, "board.ipynb") as ben:
        ben.state[f"{his}/ticked"] = True
        ben.state[f"{his}/@by"] = {"role": "mentor", "name": "Ada", "at": "2026-11-25T18:00:00Z"}
        ben.send()
        until(lambda: record.get(his).ticked, ben)
        until(lambda: ben.state[f"{his}/@by"]["name"] == "Ben Okafor", ben)
        assert ben.state[f"{his}/@by"]["role"] == "student"
        ben.state[f"{hers}/ticked"] = True
        ben.send()
        until(lambda: ben.state[f"{hers}/ticked"] is False, ben)
    assert not record.get(hers).ticked
    with table.member("mentor", "board.ipynb") as mentor:
        mentor.state[f"{hers}/ticked"] = True
        mentor.send()
        until(lambda: record.get(hers).ticked, mentor)


@pytest.mark.parametrize("levels", [15_000, 200_000])
def test_server_ending_value_disconnects_its_sender(table, levels):
    """The server disconnects the sender of a value that would end it."""
    record = Record(table.settings.record)
    his = line(record, 2)
    deep = b"\x01\x01\x05\x00\x28\x01\x09mentoring\x01x\x01" + b"\x75\x01" * levels + b"\x7e\x00"
    with table.member(BEN, "board.ipynb") as ben:
        for notebook in (copy(ANA), "board.ipynb"):
            with table.member(ANA, notebook) as ana:
                ana.socket.send_binary(create_update_message(deep))
                with pytest.raises(websocket.WebSocketConnectionClosedException):
                    ana.hear(10)
        # It is the same server, on the same connection.
        on = not record.get(his).ticked
        ben.state[f"{his}/ticked"] = on
        ben.send()
        until(lambda: record.get(his).ticked is on, ben)
        assert "x" not in ben.state


def test_nothing_of_a_workspace_is_reached(table, practice):
    (practice.workspace(BEN) / "mine.txt").write_text("Ben's")
    for path in ("/api/contents/../../students", f"/api/contents/../../students/{BEN}/mine.txt"):
        answer = table.guest(ANA).get(path)
        assert answer.status_code in {403, 404}, path
    listed = table.guest(ANA).get("/api/contents/").json()["content"]
    assert {one["name"] for one in listed} == {*IDS, "board.ipynb", "record.json"}


def test_unwritable_notebook_does_not_block_saving_the_others(table):
    """A copy that cannot be written does not prevent other changes from being saved."""
    ana = Channels(table, table.guest(ANA), table.start(ANA, copy(ANA)).json()["kernel"]["id"])
    assert ana.run("import os; os.chmod('.', 0o555)")[0]["status"] == "ok"
    record = Record(table.settings.record)
    his = line(record, 2)
    try:
        with table.member(ANA, copy(ANA)) as hers, table.member(BEN, "board.ipynb") as ben:
            hers.type(0, " that stays with the server")
            hers.hear(2)
            on = not record.get(his).ticked
            said = ben.doc.get("mentoring:server", type=Map)
            before = said["saved"]["at"]
            ben.state[f"{his}/ticked"] = on
            ben.send()
            until(lambda: said["saved"]["at"] > before, ben)
            assert record.get(his).ticked is on
            ben.hear(2)
            assert not said.get("error")
    finally:
        ana.run("os.chmod('.', 0o755)")
