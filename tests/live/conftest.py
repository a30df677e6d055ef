"""One server for the tests of a file; a shared folder with a record and a notebook, and the bridge."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tests.live.live_server import Live, serving
from toolkit.live.session_settings import Guest, LiveSettings
from toolkit.workspace.session_record import Record

SERVED = Path(__file__).parent / "collaboration_server.py"
NOTEBOOK = "sessions/one/session.ipynb"


def items(count: int = 3) -> dict:
    agenda = [
        {"id": f"a{order}", "text": f"Point {order}", "minutes": 5, "order": order} for order in range(count)
    ]
    return {
        "session": {
            "id": "s1", "student": "Zoé", "language": "en", "minutes": 45, "starts_at": "2026-11-24T18:00Z",
        },
        "timer": {"minutes": 45},
        **{f"agenda:{row['id']}": row for row in agenda},
        "check:loops": {"id": "loops", "title": "Loops", "milestone": "Basics"},
        "check:dicts": {"id": "dicts", "title": "Dictionaries", "milestone": "Collections", "order": 1},
        "action:x1": {"id": "x1", "text": "Read chapter 2"},
        "exercise:median": {"id": "median", "title": "The median", "hint_count": 2},
    }  # fmt: skip


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture
def settings(tmp_path) -> LiveSettings:
    root = tmp_path / "workspace"
    notebook = root / NOTEBOOK
    notebook.parent.mkdir(parents=True)
    cells = [nbformat.v4.new_markdown_cell("Notes"), nbformat.v4.new_code_cell("1 + 1")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    Record.create(notebook.with_name("record.json"), items())
    (tmp_path / "state").mkdir()
    return LiveSettings(
        session="s1",
        root=root,
        notebook=NOTEBOOK,
        state=tmp_path / "state",
        guests=(Guest(id="mentor", role="mentor", name="Ada"), Guest(id="zoe", role="student", name="Zoé")),
    )


@pytest.fixture
def record(settings) -> Record:
    return Record(settings.record)


class Server:
    """A server that a test can kill and start again."""

    def __init__(self, settings: LiveSettings) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        line = [sys.executable, str(SERVED), settings.model_dump_json(), str(self.port)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._keeper = subprocess.Popen(line, text=True, **pipes)
        self.pid: int | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self._keeper.stdin.write("\n")
        self._keeper.stdin.flush()
        said = sorted(self._keeper.stdout.readline() for _line in range(2))
        assert said[1] == "ready\n", said
        self.pid = int(said[0].removeprefix("pid"))

    def kill(self) -> None:
        """Kill it, as a crash of the process would."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            assert self._keeper.stdout.readline() == "ended\n"
            self.pid = None

    def close(self) -> None:
        """Kill it for good."""
        self.kill()
        self._keeper.communicate()


@pytest.fixture
def server(settings):
    served = Server(settings)
    try:
        yield served
    finally:
        served.close()


def on_disk(settings: LiveSettings) -> dict:
    return json.loads(settings.record.read_text())["items"]
