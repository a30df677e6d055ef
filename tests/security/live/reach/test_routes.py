"""Every handler of the server has a rule: refused to everybody, or allowed with listed methods only."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import websocket

from tests.live.live_server import NOTEBOOK
from tests.security.live.raw_requests import UUID, raw
from toolkit.live.server.route_allowlist import ALLOWED_ROUTES, REFUSED_ROUTES

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


def test_every_handler_is_decided_about(live, tmp_path):
    """A new handler of a newer Jupyter fails this test until somebody has reviewed it."""
    settings = tmp_path / "settings.json"
    told = live.settings.model_copy(update={"state": tmp_path / "state", "listener": -1})
    settings.write_text(told.model_dump_json())
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("list_rules.py")), str(settings)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = {(pattern, handler) for pattern, handler in json.loads(done.stdout)}
    assert found == ALLOWED_ROUTES.keys() | REFUSED_ROUTES
    assert not ALLOWED_ROUTES.keys() & REFUSED_ROUTES
    assert "is in no list of handlers" not in live.log


def test_every_refused_handler_is_attacked():
    for pattern, _handler in REFUSED_ROUTES - {("/", "jupyter_server.base.handlers.MainHandler")}:
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
