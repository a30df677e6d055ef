"""What a guest reaches of the running server: the notebook and its kernel. Everything else is refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import websocket

from tests.live.kernel import Channels
from tests.live.rooms import Member
from tests.live.serving import NOTEBOOK, PROTOCOL, Live
from tests.security.live.conftest import SECRET
from toolkit.live.routes import ALLOWED, REFUSED

UUID = "0b7c8d9e-1111-4222-8333-444455556666"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PATHS = (
    "/api/fileid/id?path=notes.md",
    "/api/fileid/path?id=1",
    f"/api/collaboration/fork/json:notebook:{UUID}",
    f"/api/collaboration/timeline/{NOTEBOOK}?format=json&type=notebook",
    f"/api/collaboration/undo_redo/json:notebook:{UUID}?action=undo&steps=1&forkRoom=x",
    "/lab/api/build",
    "/lab/api/extensions",
    "/lab/api/plugins",
    "/lab/api/update",
    "/lab/api/news",
    "/lab/api/workspaces",
    "/lab/api/workspaces/",
    "/lab/api/listings/x",
    "/lab/api/licenses/",
    "/lab/nowhere",
    "/robots.txt",
    "/favicon.ico",
    "/api/spec.yaml",
    "/api/resolvePath?path=/etc/passwd",
    "/api/config/notebook",
    f"/api/contents/{NOTEBOOK}/checkpoints/1",
    f"/api/contents/{NOTEBOOK}/trust",
    "/api/notebooks/x",
    "/kernelspecs/mentoring/logo-64x64.png",
    "/kernelspecs/mentoring/..%2f..%2fprovisioner.py",
    "/api/kernelspecs/mentoring",
    "/nbconvert/html",
    f"/nbconvert/html/{NOTEBOOK}",
    "/nbconvert/python/..%2fother%2fsecret.ipynb",
    "/api/security/csp-report",
    "/api/shutdown",
    f"/view/{NOTEBOOK}",
    "/api/events",
    "/some/where/",
    "/api",
    "/metrics",
    "/api/terminals",
    "/api/terminals/1",
    "/terminals/1",
    "/terminals/websocket/1",
    "/lsp/status",
    "/lsp/ws/pyright",
    f"/api/kernels/{UUID}/execute",
    "/nbdime/api/diff",
    "/formgrader",
    "/assignments",
    "/edit/notes.md",
    "/tree",
    "/notebooks/x.ipynb",
    "/custom/custom.css",
    "/logout",
)


def raw(live: Live, client: httpx.Client, method: str, path: str, **kwargs) -> httpx.Response:
    """Send a path as it is: a client would tidy up its dots."""
    request = client.build_request(
        method, live.url, headers={"X-XSRFToken": client.cookies.get("_xsrf", "")}, **kwargs
    )
    request.url = httpx.URL(live.url).copy_with(raw_path=path.encode())
    return client.send(request)


@pytest.fixture(params=["student", "mentor"])
def guest(request, live) -> httpx.Client:
    return live.guest({"student": "zoe-lefevre"}.get(request.param, request.param))


def test_every_handler_is_decided_about(live, tmp_path):
    """A new one, of a newer Jupyter, fails this test until somebody has looked at it."""
    settings = tmp_path / "settings.json"
    told = live.settings.model_copy(update={"state": tmp_path / "state", "listener": -1})
    settings.write_text(told.model_dump_json())
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("list_rules.py")), str(settings)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = {(pattern, handler) for pattern, handler in json.loads(done.stdout)}
    assert found == ALLOWED.keys() | REFUSED
    assert not ALLOWED.keys() & REFUSED
    assert "nobody has decided" not in live.log


def test_every_refused_handler_is_attacked():
    for pattern, _handler in REFUSED - {("/", "jupyter_server.base.handlers.MainHandler")}:
        assert any(re.fullmatch(pattern, path.split("?")[0]) for path in PATHS), pattern


@pytest.mark.parametrize("path", PATHS)
def test_a_refused_handler_answers_403_to_everybody(live, path):
    student = live.guest()
    for method in METHODS:
        assert raw(live, student, method, path).status_code == 403, method
    for other in (live.guest("mentor"), live.guest("nobody")):
        for method in ("GET", "POST"):
            assert raw(live, other, method, path).status_code == 403, method
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        live.open(student, path)


def test_allowed_handlers_have_no_more_methods(live, guest):
    kernel = live.kernel(guest)
    session = guest.get("/api/sessions").json()[0]["id"]
    room = live.room(guest).split("?")[0]
    paths = {
        "/lab": "GET HEAD",
        "/lab/extensions/x.js": "GET HEAD",
        "/lab/api/themes/x.css": "GET HEAD",
        "/static/lab/x.js": "GET HEAD",
        "/lab/api/translations/fr": "GET",
        "/lab/api/settings": "GET",
        "/lab/api/settings/@jupyterlab/apputils-extension:themes": "GET",
        "/lab/api/workspaces/default": "GET PUT",
        "/api/me": "GET",
        "/api/status": "GET",
        f"/api/collaboration/session/{NOTEBOOK}": "PUT",
        room: "GET",
        "/api/contents": "GET",
        "/api/contents/notes.md": "GET",
        f"/api/contents/{NOTEBOOK}": "GET",
        f"/api/contents/{NOTEBOOK}/checkpoints": "GET",
        "/api/nbconvert": "GET",
        "/files/x.png": "GET HEAD",
        "/api/kernelspecs": "GET",
        "/api/kernels": "GET",
        f"/api/kernels/{kernel}": "GET",
        f"/api/kernels/{kernel}/interrupt": "POST",
        "/api/sessions": "GET POST",
        f"/api/sessions/{session}": "GET PATCH",
    }
    for path, allowed in paths.items():
        for method in set(METHODS) - set(allowed.split()):
            answer = live.ask(guest, method, path, content=b"{}")
            assert answer.status_code == 403, (method, path)
    assert (live.settings.root / NOTEBOOK).exists()
    assert (live.settings.root / "notes.md").read_text() == "# Mine\n"


@pytest.mark.parametrize(
    "path", ["/api/contents", "/api/me", "/lab/api/settings", "/static/lab/x.js", "/api/events/subscribe"]
)
def test_nobody_gets_nothing(live, path):
    assert live.nobody().get(path).status_code == 403
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        live.open(live.nobody(), path)


PLACES = (
    "/etc/passwd",
    "//etc/passwd",
    "../secret.txt",
    "../other/secret.ipynb",
    "sessions/../../secret.txt",
    "..%2fsecret.txt",
    "%2e%2e/secret.txt",
    "%2e%2e%2fsecret.txt",
    "%252e%252e/secret.txt",
    "..\\secret.txt",
    "sessions/first/..%2f..%2f..%2fsecret.txt",
    ".hidden",
    ".hidden/secret.txt",
    ".secret",
    "sessions/../.secret",
    "%2esecret",
    "secret.txt%00.md",
    "link.txt",
    "folder/secret.txt",
    "folder",
    "sessions/link.ipynb",
    "sessions/state/invitations.json",
    "pipe",
    "chain",
)


@pytest.fixture(scope="module")
def links(live) -> None:
    """What the student's code may plant in the workspace."""
    root, outside = live.settings.root, live.settings.root.parent
    (root / "link.txt").symlink_to(outside / "secret.txt")
    (root / "folder").symlink_to(outside)
    (root / "sessions" / "link.ipynb").symlink_to(outside / "other" / "secret.ipynb")
    (root / "sessions" / "state").symlink_to(live.settings.state)
    (root / "chain").symlink_to("link.txt")
    os.mkfifo(root / "pipe")


@pytest.mark.parametrize("place", PLACES)
def test_no_file_outside_is_read(live, links, place):
    guest = live.guest()
    for query in ("", "?content=1", "?type=file&format=text", "?type=notebook", "?hash=1", "?content=0"):
        answer = raw(live, guest, "GET", f"/api/contents/{place}{query}")
        assert answer.status_code in {400, 403, 404}, answer.text
        assert SECRET not in answer.text
        assert str(live.settings.root.parent) not in answer.text


def test_a_listing_shows_no_link_and_nothing_hidden(live, guest, links):
    names = {one["name"] for one in guest.get("/api/contents").json()["content"]}
    assert names == {"notes.md", "sessions"}
    assert guest.get("/api/contents/notes.md").json()["content"] == "# Mine\n"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [("json", "notebook"), ("text", "file")])
def test_no_other_document_is_shared(live, links, place, kind):
    guest = live.guest()
    asked = {"format": kind[0], "type": kind[1]}
    answer = raw(live, guest, "PUT", f"/api/collaboration/session/{place}", json=asked)
    assert answer.status_code in {403, 404}


@pytest.mark.parametrize(
    "asked", [{"format": "text", "type": "file"}, {"format": "base64", "type": "file"}, {}, []]
)
def test_the_notebook_is_shared_in_one_way(live, guest, asked):
    assert live.ask(guest, "PUT", f"/api/collaboration/session/{NOTEBOOK}", json=asked).status_code in {
        400,
        403,
    }


def test_no_other_room_is_made(live, guest):
    room = live.room(guest).split("?")[0]
    index = room.rsplit(":", 1)[1]
    others = (
        f"text:file:{index}",
        f"json:notebook:{UUID}",
        f"json:notebook:{index}:x",
        f"json:notebook:{index}%00",
        "x",
        "",
        "JupyterLab:globalawareness",
        quote(f"../room/json:notebook:{index}"),
    )
    for other in others:
        with pytest.raises(websocket.WebSocketBadStatusException, match=r"40[34]"):
            live.open(guest, f"/api/collaboration/room/{other}")
    live.open(guest, "/api/collaboration/room/JupyterLab:globalAwareness").shutdown()


def test_nobody_makes_a_room(live):
    live.room(live.guest())
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        live.open(None, "/api/collaboration/room/JupyterLab:globalAwareness")


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


@pytest.mark.parametrize(
    "name", ["..%2f..%2f{state}:invitations", "{state}:invitations", "%2e%2e:x", "x:..%2fy", "x"]
)
def test_settings_are_no_way_to_other_files(live, guest, name):
    place = quote(str(live.settings.state), safe="")
    answer = raw(live, guest, "GET", f"/lab/api/settings/{name.format(state=place)}")
    assert answer.status_code == 404
    assert "hash" not in answer.text
    assert str(live.settings.state.parent) not in answer.text
    assert raw(live, guest, "GET", "/lab/api/translations/..%2f..%2fx").status_code in {200, 404}
    good = raw(live, guest, "GET", "/lab/api/settings/@jupyterlab%2fapputils-extension:themes")
    assert good.json()["id"] == "@jupyterlab/apputils-extension:themes"


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


def test_a_file_that_turns_into_a_link_is_not_followed(live):
    """When its name is looked at it is a file, when it is opened it may be a link, and the reverse."""
    target = live.settings.root.parent / "secret.txt"
    moving, next_one = live.settings.root / "moving.txt", live.settings.root / "next.txt"
    ended = threading.Event()

    def swap() -> None:
        while not ended.is_set():
            next_one.write_text("mine")
            next_one.replace(moving)
            next_one.symlink_to(target)
            next_one.replace(moving)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        student = live.guest()
        answers = [student.get("/api/contents/moving.txt?type=file&format=text") for _ in range(150)]
    finally:
        ended.set()
        swapping.join()
        moving.unlink()
    assert not [answer for answer in answers if SECRET in answer.text]
    assert {answer.status_code for answer in answers} <= {200, 400, 404}


def test_a_notebook_that_turns_into_a_link_is_not_written_through(live):
    target = live.settings.root.parent / "secret.txt"
    notebook = live.settings.root / NOTEBOOK
    kept = notebook.read_bytes()
    with Member(live, live.guest()) as member:
        notebook.unlink()
        notebook.symlink_to(target)
        member.type(0, "  # typed")
        member.hear(1)
        assert target.read_text() == SECRET
        notebook.unlink()
        notebook.write_bytes(kept)


def test_a_folder_that_turns_into_a_link_is_not_written_through(live):
    folder = (live.settings.root / NOTEBOOK).parent
    outside = live.settings.root.parent / "elsewhere"
    outside.mkdir()
    (outside / "session.ipynb").write_text(SECRET)
    with Member(live, live.guest()) as member:
        folder.rename(folder.with_name("aside"))
        folder.symlink_to(outside)
        member.type(0, "  # typed again")
        member.hear(1)
        assert (outside / "session.ipynb").read_text() == SECRET
        assert [path.name for path in outside.iterdir()] == ["session.ipynb"]
        # It is put out of the way, and the notebook written where it belongs.
        assert folder.with_name("first-damaged-1").readlink() == outside
        assert "typed again" in (folder / "session.ipynb").read_text()
        folder.rename(folder.with_name("made"))
        folder.with_name("aside").rename(folder)
