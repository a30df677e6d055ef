# ruff: noqa: E501 - attacks are quoted as they are
"""A compromised session server and its kernel: their access to the machine and to each other."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.live.server_process import STAND_IN, Talk, ran
from tests.patience import PATIENCE_S
from tests.security.attack_targets import World
from tests.security.execution_modes import Outcome, source
from toolkit.live.process.supervisor import LiveServerSupervisor
from toolkit.live.session_settings import LiveSettings

# Where a kernel has its workspace, the server has its root.
_BEGIN = """
import json, os, sys
settings = json.load(open(sys.argv[-1]))
os.chdir(settings["root"])
"""
_END = "\nsys.stdout.write('THE END\\n')\nsys.stdout.flush()\nimport time\ntime.sleep(600)\n"


@pytest.fixture
def settings(world) -> LiveSettings:
    root, state = world.root / "tables/ben", world.root / "state/one"
    for folder, mode in ((root, 0o755), (state, 0o700)):
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    (state / "invitations.json").write_text(world.secret("state"))
    return LiveSettings(session="one", root=root, notebook="n.ipynb", state=state, guests=())


@pytest.fixture
def attacked(world, settings) -> Callable[..., Outcome]:
    """Run an attack as the server itself."""

    def run(attack: str, **given: object) -> Outcome:
        code = _BEGIN + source(attack, world.given | given) + _END
        command = [sys.executable, "-s", "-P", "-c", code]
        with LiveServerSupervisor(settings, command=command) as process:
            deadline = time.monotonic() + PATIENCE_S
            while "THE END\n" not in (text := process.log.read_text()):
                assert process.restarts == 0, text[-3000:]
                assert time.monotonic() < deadline, text[-3000:]
                time.sleep(0.02)
        return Outcome(text, "ok")

    return run


@pytest.mark.parametrize(
    ("attack", "least"),
    [
        ("files", 60),
        ("environment", 5),
        ("shared_memory", 8),
        ("network", 60),
        ("writes", 60),
        ("system_calls", 60),
    ],
)
def test_a_server_reaches_nothing_of_the_machine(attacked, attack, least):
    attacked(attack).refused(least)


def test_a_link_in_the_workspace_leads_a_server_nowhere(attacked, settings, world):
    for name, target in {
        "link-file": world.files["key"],
        "link-folder": world.practice,
        "link-proc": "/proc/1/root" + str(world.files["key"]),
    }.items():
        (settings.root / name).symlink_to(target)
    before = {path: path.read_bytes() for path in world.files.values()}
    attacked("links").refused(least=5)
    assert {path: path.read_bytes() for path in world.files.values()} == before
    for name in ("link-file", "link-folder", "link-proc"):
        (settings.root / name).unlink()


def test_no_socket_that_a_server_was_given_leads_to_the_network(attacked, world):
    """A process could connect a TCP socket of the host to another service, so the server has none."""
    attacked(
        """
import os, socket, threading
from attack import GIVEN, attempt, call
held = []
for name in os.listdir("/proc/self/fd"):
    try:
        held.append(socket.socket(fileno=os.dup(int(name))))
    except OSError:
        pass
assert len(held) >= 2, held
def elsewhere(taken):
    if taken.family == socket.AF_UNIX:
        taken.connect(GIVEN["unix"])
    else:
        call("connect", taken.fileno(), b"\\0" * 16, 16)
        taken.connect(("127.0.0.1", GIVEN["tcp"]))
    return "connected"
for taken in held:
    attempt(f"turned {taken.family}", elsewhere, taken, expect=(22,))
listener = next(s for s in held if s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
attempt("family of who comes in", lambda: listener.family != socket.AF_UNIX)
"""
    ).refused(least=3)


def test_a_server_sees_no_other_process(attacked, world):
    attacked(
        """
import ctypes, os, signal
from attack import GIVEN, attempt, call, read
attempt("seen", lambda: [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid())])
attempt("keeper", read, "/proc/1/mem")
attempt("signal", lambda: os.kill(GIVEN["host_pid"], 0) or "signalled")
attempt("all", lambda: os.kill(-1, 0) or "signalled")
attempt("memory", read, f"/proc/{GIVEN['host_pid']}/mem")
attempt("environment", read, f"/proc/{GIVEN['host_pid']}/environ")
attempt("trace", lambda: call("ptrace", 16, GIVEN["host_pid"], 0, 0) == 0)
attempt("parent", lambda: os.getppid() - 1)
attempt("become root", lambda: os.setuid(0) or "root", expect=(22,))
attempt("capabilities", lambda: [line for line in open("/proc/self/status") if line.startswith("Cap") and int(line.split()[1], 16)])
attempt("privileges", lambda: [line for line in open("/proc/self/status") if line.split() in (["NoNewPrivs:", "0"], ["Seccomp:", "0"])])
"""
    ).refused(least=10)


def test_nothing_of_a_server_outlives_it(attacked, world):
    number = f"60{world.number[:3]}".translate(str.maketrans("abcdef", "012345"))
    attacked(f"import subprocess\nsubprocess.Popen(['sleep', '{number}'], start_new_session=True)\n")
    found = subprocess.run(["pgrep", "-f", f"^sleep {number}$"], capture_output=True, check=False)
    assert found.returncode == 1, found.stdout


@pytest.fixture(scope="module")
def session(world) -> Iterator[tuple[LiveServerSupervisor, Talk, World]]:
    """A server with a kernel."""
    root, state = world.root / "tables/cleo", world.root / "state/two"
    root.mkdir(parents=True)
    state.mkdir(parents=True)
    (state / "invitations.json").write_text(world.secret("state"))
    settings = LiveSettings(session="two", root=root, notebook="n.ipynb", state=state, guests=())
    with LiveServerSupervisor(settings, command=STAND_IN) as process:
        process.wait_until_ready()
        with closing(Talk(process)) as talk:
            yield process, talk, world


def test_kernel_reaches_neither_server_state_nor_process(session):
    """A kernel reaches neither the state nor the process of its server."""
    process, talk, world = session
    given = {
        "files": {"state": str(process.settings.state / "invitations.json"), "log": str(process.log)},
        "folders": {"state": str(process.settings.state), "root": str(process.settings.root)},
        "port": process.port,
        "pid": process.pid,
    }
    assert "mentoring-secret" in ran(process, "print(open(settings.state / 'invitations.json').read())")
    for attack in ("files", _AT_THE_SERVER):
        Outcome(talk.run(source(attack, world.given | given)), "ok").refused(least=5)


_AT_THE_SERVER = """
import os, socket
from attack import GIVEN, attempt, read
attempt("signal", lambda: os.kill(GIVEN["pid"], 9) or "signalled")
attempt("memory", read, f"/proc/{GIVEN['pid']}/mem")
attempt("environment", read, f"/proc/{GIVEN['pid']}/environ")
attempt("port", lambda: socket.create_connection(("127.0.0.1", GIVEN["port"]), 2))
attempt("broker", lambda: os.environ.get("MENTORING_BROKER"))
attempt("sockets of the server's", lambda: os.listdir("/run/mentoring"))
attempt("its home", lambda: os.listdir("/run/home"))
attempt("names", lambda: [line for line in open("/proc/net/unix") if "mentoring/" in line])
"""


def test_a_kernel_of_one_session_sees_nothing_of_another(session, world):
    process, talk, _world = session
    other = world.root / "tables/dora"
    other.mkdir(parents=True)
    (other / "work.txt").write_text(world.secret("other"))
    given = {"files": {"other": str(other / "work.txt")}, "folders": {"tables": str(other.parent)}}
    Outcome(talk.run(source("files", world.given | given)), "ok").refused(least=10)
    assert "No such file" in ran(
        process, f"try: open({str(other / 'work.txt')!r})\nexcept OSError as error: print(error)"
    )
    assert ran(process, f"import os; print(os.listdir({str(Path(other).parent)!r}))") == "['cleo']\n"
