"""The view of a program in the sandbox of a session's server, and its end."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from toolkit.errors import ExecutionError
from toolkit.live.process.sandbox import SandboxedServerProcess, spawn_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., tuple[SandboxedServerProcess, FileIO]]]:
    """Start a program, and read its output."""
    with ExitStack() as stack:

        def one(code: str, **more: Any) -> tuple[SandboxedServerProcess, FileIO]:
            reading, writing = os.pipe()
            said = stack.enter_context(FileIO(reading, "r"))
            with FileIO(writing, "w") as output:
                wanted = {"lend": {}, "passed": (), "variables": {}} | more
                server = spawn_server([sys.executable, "-P", "-c", code], output=output.fileno(), **wanted)
            stack.callback(server.close)
            stack.callback(server.wait)
            stack.callback(server.signal, signal.SIGKILL)
            return server, said

        yield one


def value(start, code: str, **more: Any) -> Any:
    server, said = start(f"import json, os\nprint(json.dumps({code}))", **more)
    text = said.readall()
    assert server.wait() == 0, text
    return json.loads(text)


def test_it_sees_the_system_python_and_what_it_was_lent(start, tmp_path):
    (tmp_path / "lent").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "lent/file").write_text("x")
    lend = {tmp_path / "lent": tmp_path / "lent"}
    assert value(start, f"os.listdir({str(tmp_path)!r})", lend=lend) == ["lent"]
    assert value(start, f"os.listdir({str(tmp_path / 'lent')!r})", lend=lend) == ["file"]
    assert "home" not in value(start, "os.listdir('/')")
    assert value(start, "os.path.exists('/.host')") is False


def test_a_folder_stands_at_the_place_that_it_is_called_by(start, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_text("x")
    lend = {tmp_path / "name": tmp_path / "real"}
    assert value(start, f"os.listdir({str(tmp_path)!r})", lend=lend) == ["name"]
    assert value(start, f"os.listdir({str(tmp_path / 'name')!r})", lend=lend) == ["file"]


def test_it_is_an_ordinary_user_alone_and_has_its_own_home(start):
    assert value(start, "[os.getuid(), os.getgid(), os.getpid(), os.getppid()]") == [1000, 1000, 2, 1]
    assert value(start, "[os.environ['HOME'], os.stat(os.environ['HOME']).st_mode & 0o777]") == [
        "/run/home",
        0o700,
    ]
    assert (
        value(start, "[os.path.isdir(p) and os.access(p, os.W_OK) for p in ('/tmp', '/run', '/dev/shm')]")
        == [True] * 3
    )
    assert value(start, "os.access('/', os.W_OK) or os.access('/usr', os.W_OK)") is False


def test_its_environment_is_an_allow_list(start, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    found = value(start, "dict(os.environ)", variables={"MENTORING_BROKER": "7"})
    assert "SECRET_TOKEN" not in found
    assert found["MENTORING_BROKER"] == "7"
    assert found["JUPYTER_DEFAULT_PROVISIONER_NAME"] == "mentoring-provisioner"
    assert "PYTHONHASHSEED" not in found


# The one that they were listed by is closed by then.
_DESCRIPTORS = (
    "[int(name) for name in os.listdir('/proc/self/fd') if os.path.lexists('/proc/self/fd/' + name)]"
)


def test_it_has_no_descriptor_that_it_was_not_passed(start, tmp_path):
    with (tmp_path / "open").open("w") as held, (tmp_path / "passed").open("w") as passed:
        os.set_inheritable(held.fileno(), True)
        found = value(start, _DESCRIPTORS, passed=[passed.fileno()])
        assert set(found) == {0, 1, 2, passed.fileno()}


def test_its_end_is_the_end_of_all_that_it_started(start):
    server, said = start(
        "import subprocess, time\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "print('ready', flush=True)\ntime.sleep(600)"
    )
    assert said.readline() == b"ready\n"
    server.signal(signal.SIGKILL)
    server.wait()
    # Whoever still lived would hold the other end.
    assert select.select([said], [], [], 5)[0]
    assert said.read() == b""


def test_it_ends_by_itself_with_its_own_code(start):
    server, _said = start("import sys; sys.exit(3)")
    assert server.wait() == 3


def test_its_own_alarm_and_what_nobody_handles_end_it(start):
    server, _said = start("import signal, time\nsignal.alarm(1)\ntime.sleep(600)")
    assert server.wait() == 128 + signal.SIGALRM
    server, said = start("import time\nprint('ready', flush=True)\ntime.sleep(600)")
    assert said.readline() == b"ready\n"
    server.signal(signal.SIGTERM)
    assert server.wait() == 128 + signal.SIGTERM


def test_nobody_stays_a_zombie(start):
    code = "__import__('subprocess').run(['sh', '-c', 'sleep 0.1 &']) and __import__('time').sleep(0.5)"
    assert value(start, f"({code}, sorted(n for n in os.listdir('/proc') if n.isdigit()))[1]") == ["1", "2"]


def test_it_hears_a_signal_that_it_listens_for(start):
    server, said = start(
        "import signal, sys, time\nsignal.signal(15, lambda *_: sys.exit(4))\n"
        "print('ready', flush=True)\ntime.sleep(600)"
    )
    assert said.readline() == b"ready\n"
    server.signal(signal.SIGTERM)
    assert server.wait() == 4


def test_a_file_system_that_cannot_be_lent_is_said(start, tmp_path):
    if os.geteuid() != 0:
        return  # who is not root lends without such mounts
    with pytest.raises(ExecutionError, match="/proc"):
        start("", lend={tmp_path / "x": Path("/proc/self")})
