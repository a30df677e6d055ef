"""A session's server as the tests start it, and its clients."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import websocket

from tests.patience import PATIENCE_S
from toolkit.live.process.supervisor import LiveServerSupervisor
from toolkit.live.session_settings import LiveSettings

# The program itself is out of the sandbox's sight, so that its text is given.
_PYTHON = [sys.executable, "-s", "-P", "-c"]
STAND_IN = [*_PYTHON, (Path(__file__).parent / "stock_server.py").read_text()]
"""A stock Jupyter server that runs what it is sent."""

QUICK = [
    *_PYTHON,
    """
import json, os, signal, socket, sys
settings = json.load(open(sys.argv[-1]))
listener = socket.socket(fileno=settings["listener"])
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
print("ready", flush=True)
while True:
    client, name = listener.accept()
    with client:
        client.recv(65536)
        client.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + repr((name, settings["public_url"])).encode())
""",
]
"""The least that answers; it says who asks, and what it is told of its address."""


def settings_in(folder: Path, **more: Any) -> LiveSettings:
    """Return the settings of a session whose two folders are made."""
    (folder / "work").mkdir()
    (folder / "state").mkdir(mode=0o700)
    return LiveSettings(
        session="one", root=folder / "work", notebook="n.ipynb", state=folder / "state", guests=(), **more
    )


def ran(process: LiveServerSupervisor, code: str) -> str:
    """Run code in the server's process; return its output."""
    with urllib.request.urlopen(f"{process.url}/run", data=code.encode(), timeout=PATIENCE_S) as answer:
        said = json.load(answer)
    assert not said["error"], said["error"]
    return str(said["printed"])


def asked(process: LiveServerSupervisor, path: str, body: object = None, method: str = "POST") -> Any:
    """Return an answer of Jupyter's API."""
    request = urllib.request.Request(
        process.url + path, data=None if body is None else json.dumps(body).encode(), method=method
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        said = answer.read()
    return json.loads(said) if said else None


class Talk:
    """A kernel of the server, and a websocket to it."""

    def __init__(self, process: LiveServerSupervisor, url: str = "", **wanted: str) -> None:
        self.id = asked(process, "/api/kernels", {"name": "mentoring", **wanted})["id"]
        address = (url or process.url).replace("http", "ws", 1)
        self.channels = f"{address}/api/kernels/{self.id}/channels"
        self.socket = websocket.create_connection(self.channels, timeout=PATIENCE_S)

    def reconnect(self) -> None:
        """Connect again, as JupyterLab does after a restart; messages sent to the ended kernel are lost."""
        self.socket.close()
        self.socket = websocket.create_connection(self.channels, timeout=PATIENCE_S)

    def send(self, code: str) -> str:
        message = {
            "channel": "shell",
            "header": {
                "msg_id": uuid.uuid4().hex,
                "msg_type": "execute_request",
                "username": "",
                "session": "s",
                "version": "5.3",
            },
            "parent_header": {},
            "metadata": {},
            "content": {"code": code, "silent": False, "allow_stdin": False},
        }
        self.socket.send(json.dumps(message))
        return str(message["header"]["msg_id"])  # type: ignore[index]

    def run(self, code: str, meanwhile: Callable[[], object] = lambda: None) -> str:
        """Run a cell; return its output and its error; call a function at each output."""
        number = self.send(code)
        text = ""
        while True:
            message = json.loads(self.socket.recv())
            if message["parent_header"].get("msg_id") != number:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                text += content["text"]
                meanwhile()
            if message["msg_type"] == "error":
                text += f"{content['ename']}: {content['evalue']}"
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return text

    def close(self) -> None:
        self.socket.close()


def until(true: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> float:
    """Wait for a condition; return the time it took, s."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not yet: {what}"
        time.sleep(0.01)
    return time.monotonic() - began
