"""A real session server, started as `mentor live` starts it: on a socket that it receives."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import websocket

from tests.patience import PATIENCE_S
from toolkit.live.access.invitations import INVITATION_LIFETIME, invite
from toolkit.live.session_settings import LiveSettings

NOTEBOOK = "sessions/first/session.ipynb"
GUESTS = (
    {"id": "mentor", "role": "mentor", "name": "Ada Byron"},
    {"id": "zoe-lefevre", "role": "student", "name": "Zoé Lefèvre"},
)
TAG = re.compile(r'name="_xsrf" value="([^"]+)"')
PROTOCOL = "v1.kernel.websocket.jupyter.org"


@dataclass
class Live:
    """A running server.

    Parameters
    ----------
    url : str
        Where, without a slash at the end.
    """

    url: str
    settings: LiveSettings
    process: subprocess.Popen[bytes]
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def log(self) -> str:
        """The whole log of the server."""
        return (self.settings.state / "logs" / "server.log").read_text(encoding="utf-8")

    def nobody(self) -> httpx.Client:
        """A browser that was never here before."""
        client = httpx.Client(base_url=self.url, timeout=PATIENCE_S)
        self.stack.callback(client.close)
        return client

    def invite(self, guest: str, lifetime: timedelta = INVITATION_LIFETIME) -> str:
        """Return the path of a new link."""
        return f"/join/{invite(self.settings.state, guest, lifetime)}"

    def join(self, guest: str) -> httpx.Client:
        """Return a browser that has joined as ``guest``."""
        client = self.nobody()
        answer = press(client, self.invite(guest))
        assert answer.status_code == 303, answer.text
        return client

    def guest(self, name: str = "zoe-lefevre") -> httpx.Client:
        """Return the one browser of a guest, or of "nobody", that the tests of a file share."""
        if name not in self.clients:
            self.clients[name] = self.nobody() if name == "nobody" else self.join(name)
        return self.clients[name]

    def ask(self, client: httpx.Client, method: str, path: str, **kwargs) -> httpx.Response:
        """Send a request as JupyterLab does: with the XSRF token."""
        headers = {"X-XSRFToken": client.cookies.get("_xsrf", ""), **kwargs.pop("headers", {})}
        return client.request(method, path, headers=headers, **kwargs)

    def open(self, client: httpx.Client | None, path: str, **kwargs) -> websocket.WebSocket:
        """Open a websocket as a page of this origin would."""
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items()) if client else None
        kwargs = {"origin": self.url, "cookie": cookies, "timeout": 30, **kwargs}
        opened = websocket.create_connection(self.url.replace("http", "ws", 1) + path, **kwargs)
        self.stack.callback(opened.shutdown)
        return opened

    def room(self, client: httpx.Client) -> str:
        """Return the path of the shared document."""
        asked = {"format": "json", "type": "notebook"}
        answer = self.ask(client, "PUT", f"/api/collaboration/session/{NOTEBOOK}", json=asked)
        told = answer.raise_for_status().json()
        return f"/api/collaboration/room/json:notebook:{told['fileId']}?sessionId={told['sessionId']}"

    def kernel(self, client: httpx.Client) -> str:
        """Return the id of the notebook's kernel."""
        asked = {"path": NOTEBOOK, "type": "notebook", "name": "", "kernel": {"name": "mentoring"}}
        answer = self.ask(client, "POST", "/api/sessions", json=asked)
        return answer.raise_for_status().json()["kernel"]["id"]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def press(client: httpx.Client, link: str) -> httpx.Response:
    """Open ``link`` and press its button, as a browser user does."""
    page = client.get(link)
    found = TAG.search(page.text)
    assert found, page.text
    # A form on a page without a referrer.
    return client.post(link, data={"_xsrf": found[1]}, headers={"Origin": "null"})


def plant(root: Path) -> None:
    """Make a student's workspace."""
    notebook = root / NOTEBOOK
    notebook.parent.mkdir(parents=True)
    spec = {"name": "mentoring", "display_name": "Mentoring (sandboxed)", "language": "python"}
    cell = {
        "cell_type": "code",
        "id": "one",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": "1 + 1",
    }
    content = {"cells": [cell], "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    notebook.write_text(json.dumps(content), encoding="utf-8")
    (root / "notes.md").write_text("# Mine\n", encoding="utf-8")


def _wait(live: Live) -> None:
    """Wait until it answers; early connections wait in the queue of the socket that it was given, if any."""
    client, deadline = live.nobody(), time.monotonic() + PATIENCE_S
    while live.process.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.ConnectError):
            client.get("/login", timeout=PATIENCE_S).raise_for_status()
            return
        time.sleep(0.05)
    pytest.fail("The server did not start")


@contextmanager
def serving(folder: Path, **changed: object) -> Iterator[Live]:
    """Start a server on a new workspace in ``folder``, and stop it at the end."""
    root, state = folder / "workspace", folder / "state"
    if not root.exists():
        plant(root)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        wanted = {
            "session": "zoe-lefevre-1",
            "root": root,
            "notebook": NOTEBOOK,
            "state": state,
            "guests": GUESTS,
            "listener": listener.fileno(),
            "port": port,
            **changed,
        }
        settings = LiveSettings.model_validate(wanted)
        file = folder / "settings.json"
        file.write_text(settings.model_dump_json(), encoding="utf-8")
        environ = {**os.environ, "HOME": str(folder / "home")}
        with (folder / "terminal.txt").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "toolkit.live.server", str(file)],
                env=environ,
                cwd=Path(__file__).parents[2],
                pass_fds=[listener.fileno()] if settings.listener >= 0 else [],
                stdout=output,
                stderr=output,
            )
    live = Live(f"http://127.0.0.1:{port}", settings, process)
    try:
        _wait(live)
        yield live
    finally:
        live.stack.close()
        if process.poll() is None:
            assert live.stop() == 0
        assert not (folder / "terminal.txt").read_text(), (folder / "terminal.txt").read_text()
