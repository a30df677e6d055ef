"""Kernel messages of a browser: the server adds the sender's name, and refuses all but some types."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import websocket

from tests.live.kernel_channels import Channels
from tests.live.live_server import NOTEBOOK, Live, serving
from tests.live.room_member import Member


@pytest.fixture(scope="module")
def kernel(live: Live) -> str:
    return live.kernel(live.guest())


@pytest.fixture
def student(live, kernel) -> Channels:
    return Channels(live, live.guest(), kernel)


def closed(socket: websocket.WebSocket) -> int:
    """Return the code by which the server closed the connection."""
    while True:
        kind, data = socket.recv_data(control_frame=True)
        if kind == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2], "big")


def test_a_cell_runs_and_says_who_ran_it(student):
    reply, told = student.run("print(6 * 7)")
    assert reply["status"] == "ok"
    assert {"type": "stream", "by": "zoe-lefevre", "name": "stdout", "text": "42\n"} in told


def test_both_have_one_kernel(live, kernel, student):
    mentor = live.guest("mentor")
    assert live.kernel(mentor) == kernel
    student.run("x = 'from the student'")
    _reply, told = Channels(live, mentor, kernel).run("print(x)")
    assert [one["text"] for one in told if one["type"] == "stream"] == ["from the student\n"]
    assert {one["by"] for one in told} == {"mentor"}


@pytest.mark.parametrize("name", ["mentor", "", None, 42, {"a": 1}, "x" * 10_000])
def test_a_claimed_name_is_overwritten(student, name):
    _reply, told = student.run("1", username=name)
    assert {one["by"] for one in told} == {"zoe-lefevre"}


@pytest.mark.parametrize("channel", ["shell", "control", "stdin"])
@pytest.mark.parametrize("kind", ["shutdown_request", "debug_request", "apply_request", "no_such", ""])
def test_what_is_not_for_guests_is_answered_with_an_error(student, channel, kind):
    reply, told = student.ask(channel, kind, {"restart": False})
    assert (reply["channel"], reply["status"], reply["ename"]) == (channel, "error", "Refused")
    assert told[-1]["execution_state"] == "idle"
    assert student.run("1 + 1")[0]["status"] == "ok"


def test_cells_run_on_their_own_channel_alone(student):
    for channel in ("control", "stdin"):
        reply, _told = student.ask(channel, "execute_request", {"code": "1"})
        assert reply["status"] == "error"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\0" * 8,
        b"\xff" * 64,
        (6).to_bytes(8, "little") + b"\xff" * 48,
        (2**40).to_bytes(8, "little"),
        (6).to_bytes(8, "little") + b"".join((56).to_bytes(8, "little") for _ in range(6)),
    ],
    ids=["empty", "zeros", "ones", "offsets", "huge", "no parts"],
)
def test_what_is_no_message_ends_the_connection_alone(live, kernel, student, message):
    bad = Channels(live, live.guest(), kernel)
    bad.socket.send_binary(message)
    assert closed(bad.socket) == 1007
    assert student.run("1 + 1")[0]["status"] == "ok"


def test_another_protocol_ends_the_connection(live, kernel):
    socket = live.open(live.guest(), f"/api/kernels/{kernel}/channels?session_id=old")
    socket.send('{"channel": "shell", "header": {"msg_type": "execute_request"}, "content": {"code": "1"}}')
    assert closed(socket) == 1002


def test_two_browsers_that_come_at_once_share_a_kernel(tmp_path):
    with serving(tmp_path) as live:
        guests = [live.join("zoe-lefevre"), live.join("mentor")]
        made_up = "sessions/first/0b7c8d9e-1111-4222-8333-444455556666"
        asked = {"path": made_up, "type": "notebook", "name": "", "kernel": {"name": "mentoring"}}

        def ask(client):
            return live.ask(client, "POST", "/api/sessions", json=asked).raise_for_status().json()

        with ThreadPoolExecutor(2) as pool:
            one, two = pool.map(ask, guests)
        assert one["kernel"]["id"] == two["kernel"]["id"]
        assert one["path"] == made_up, "what a browser asked for, or it would end the session"
        assert len(guests[0].get("/api/kernels").json()) == 1
        change = {"path": NOTEBOOK, "name": "session.ipynb"}
        moved = live.ask(guests[0], "PATCH", f"/api/sessions/{one['id']}", json=change).raise_for_status()
        assert moved.json()["path"] == NOTEBOOK
        assert moved.json()["kernel"]["id"] == one["kernel"]["id"]
        anew = {"kernel": {"name": "mentoring"}}
        assert live.ask(guests[0], "PATCH", f"/api/sessions/{one['id']}", json=anew).status_code == 200
        assert len(guests[0].get("/api/kernels").json()) == 1


def test_only_the_driver_runs_cells(live, kernel, student):
    mentor = Channels(live, live.guest("mentor"), kernel)
    with Member(live, live.guest("mentor")) as member:
        member.state["@wheel/driver"] = {"role": "mentor", "name": "Ada Byron"}
        member.send()
        member.hear(0.3)
        reply, told = student.run("x = 1")
        assert (reply["status"], reply["ename"]) == ("error", "NotDriving")
        assert told[-1]["execution_state"] == "idle"
        assert mentor.run("1 + 1")[0]["status"] == "ok"
        assert student.ask("shell", "complete_request", {"code": "pri", "cursor_pos": 3})[0]["status"] == "ok"
        del member.state["@wheel/driver"]
        member.send()
        member.hear(0.3)
    assert student.run("1 + 1")[0]["status"] == "ok"
