"""A guest reaches the notebook's kernel and no other, and the kernel reaches nothing of the server."""

from __future__ import annotations

import pytest
import websocket

from tests.live.kernel_channels import Channels
from tests.live.live_server import NOTEBOOK, PROTOCOL
from tests.security.live.raw_requests import UUID


@pytest.mark.parametrize(
    "asked",
    [
        {"path": "notes.md", "type": "file"},
        {"path": "notes.md", "type": "notebook"},
        {"path": "other.ipynb", "type": "notebook"},
        {"path": f"{UUID}", "type": "notebook"},
        {"path": f"../{UUID}", "type": "notebook"},
        {"path": f"sessions/first/../first/{UUID}", "type": "notebook"},
        {"path": f"/sessions/first/{UUID}", "type": "notebook"},
        {"path": NOTEBOOK, "type": "console"},
        {"path": NOTEBOOK, "type": "notebook", "kernel": {"name": "python3"}},
        {"path": NOTEBOOK, "type": "notebook", "kernel": {"name": "../x"}},
        {"path": NOTEBOOK, "type": "notebook", "kernel": {"id": UUID}},
        {"path": NOTEBOOK, "type": "notebook", "kernel": {"name": "mentoring", "id": UUID}},
        {"notebook": {"path": NOTEBOOK}, "type": "notebook"},
        {},
        [],
        None,
    ],
)
def test_no_other_kernel_is_started(live, guest, asked):
    before = guest.get("/api/kernels").json()
    assert live.ask(guest, "POST", "/api/sessions", json=asked).status_code in {400, 403}
    assert live.ask(guest, "POST", "/api/kernels", json={"name": "mentoring", "path": "/"}).status_code == 403
    assert [one["id"] for one in guest.get("/api/kernels").json()] == [one["id"] for one in before]


def test_the_session_stays_where_it_is(live, guest):
    live.kernel(guest)
    session = guest.get("/api/sessions").json()[0]
    for change in (
        {"path": "../x.ipynb"},
        {"path": "notes.md"},
        {"kernel": {"name": "python3"}},
        {"kernel": {"id": UUID}},
        {"kernel": {"name": "mentoring", "id": UUID}},
        {"kernel": {}},
    ):
        answer = live.ask(guest, "PATCH", f"/api/sessions/{session['id']}", json=change)
        assert answer.status_code == 403, change
    for path in (f"/api/sessions/{session['id']}", f"/api/kernels/{session['kernel']['id']}"):
        assert live.ask(guest, "DELETE", path).status_code == 403
    assert guest.get("/api/sessions").json()[0]["kernel"]["id"] == session["kernel"]["id"]


def test_one_guest_does_not_push_the_other_out(live):
    student, mentor = live.guest(), live.guest("mentor")
    kernel = live.kernel(student)
    mine = Channels(live, student, kernel)
    path = f"/api/kernels/{kernel}/channels?session_id={mine.session}"
    live.open(mentor, path, subprotocols=[PROTOCOL])
    assert mine.run("1 + 1")[0]["status"] == "ok"


def test_no_kernel_that_is_not_there_is_reached(live, guest):
    for action in ("restart", "interrupt"):
        assert live.ask(guest, "POST", f"/api/kernels/{UUID}/{action}").status_code in {403, 404}
    with pytest.raises(websocket.WebSocketBadStatusException):
        live.open(guest, f"/api/kernels/{UUID}/channels")


def test_the_kernel_sees_nothing_of_the_server(live):
    student = live.guest()
    channels = Channels(live, student, live.kernel(student))
    state, root = str(live.settings.state), str(live.settings.root.parent)
    look = f"""
import os, pathlib
places = ({state!r}, {root + "/secret.txt"!r}, {root + "/settings.json"!r})
found = [place for place in places if os.path.exists(place)]
seen = [e for e in os.environ if "JUPYTER" in e or "TOKEN" in e]
alive = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    if b"toolkit.live" in pathlib.Path("/proc", pid, "cmdline").read_bytes():
        alive.append(pid)
print("found:", found, seen, alive)
"""
    _reply, told = channels.run(look)
    assert [one["text"] for one in told if one["type"] == "stream"] == ["found: [] [] []\n"]
