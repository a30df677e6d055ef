"""Fixtures of the attacks: secrets to steal, two ways to run attacks, and a check for leftovers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from tests.security.attack_targets import World
from tests.security.execution_modes import SMALL, DirectFace, Face, ProtocolFace
from tests.small_disk import mounts
from toolkit.kernels import fork_servers

# Root runs these: what an attack does outside of the sandbox, and all the others again as somebody else.
collect_ignore = [] if os.geteuid() == 0 else ["test_unprivileged.py", "test_outside.py"]

_FACES = {face.name: face for face in (DirectFace, ProtocolFace)}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Secrets of every kind, also in the client's environment, planted before the server starts."""
    planted = World()
    try:
        planted.plant()
        yield planted
        started = fork_servers.running_fork_servers()
        for server in started:
            server.stop()
        _until(lambda: not [server for server in started if _born(server.pid)], "the servers have ended")
        assert _until(lambda: not marked(planted.mark), "no process of an attack is left")
    finally:
        planted.uproot()


@pytest.fixture(scope="module", params=sorted(_FACES))
def face(request, world) -> Iterator[Face]:
    """A way to run code, with a sibling: a kernel that ran before all attacks."""
    chosen = _FACES[request.param](world)
    with ExitStack() as stack:
        chosen.stack = stack
        yield chosen


def _sibling(face: Face) -> None:
    """Start the sibling of a face, again if an attack ended it, so that the next test is not affected."""
    if face.sibling is not None:
        with suppress(Exception):
            if (
                "before 42" in face.sibling.run("print('before', 6 * 7)", 5).text
                and fork_servers.running_fork_servers()
            ):
                return
    folder = face.world.root / f"sibling-{face.name}"
    folder.mkdir(exist_ok=True)
    (folder / "work.txt").write_text(face.world.secret("sibling"))
    face.sibling = face.stack.enter_context(face.open(folder, limits=SMALL))
    face.sibling.run(_SIBLING)


_SIBLING = """
import socket
kept = "it was here before"
open("/tmp/of-the-sibling", "w").write(kept)
open("/dev/shm/mentoring-sibling", "w").write(kept)
listening = socket.create_server(("127.0.0.1", 40404))
named = socket.socket(socket.AF_UNIX)
named.bind("\\0mentoring-sibling")
named.listen()
"""


@pytest.fixture(autouse=True)
def unharmed(request) -> Iterator[None]:
    """After each attack: the sibling answers, the server is the same, and nothing is left over."""
    if "face" not in request.fixturenames:
        yield
        return
    attacked: Face = request.getfixturevalue("face")
    _sibling(attacked)
    before = Census(attacked.world)
    yield
    answer = attacked.sibling.run("print(kept, 6 * 7)")
    assert "it was here before 42" in answer.text, answer
    deadline = time.monotonic() + PATIENCE_S
    while (left := Census(attacked.world).beyond(before)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left, left


@pytest.fixture
def folder(world, request) -> Iterator[Path]:
    """A student's workspace with a file of the student's own."""
    made = world.root / f"work-{time.monotonic_ns()}"
    made.mkdir()
    (made / "own.txt").write_text("own")
    yield made
    remove(made)


class Census:
    """Everything on the host that an attack could have left."""

    def __init__(self, world: World) -> None:
        self.servers = {server.pid: _born(server.pid) for server in fork_servers.running_fork_servers()}
        self.found = {f"server {pid} since {born}" for pid, born in self.servers.items()}
        self.missing = set(self.found)
        self.found |= {f"process {pid}" for pid in descendants(set(self.servers))}
        self.found |= {f"process {pid}" for pid in marked(world.mark)}
        self.found |= {f"mount {line.split()[4]}" for line in mounts()}
        for place in (world.runtime, world.temporary):
            self.found |= {f"file {path}" for path in place.rglob("*") if path.name != "jupyter"}
        for place in (Path("/tmp"), Path("/dev/shm"), Path("/dev/mqueue")):
            with suppress(OSError):
                self.found |= {f"file {path}" for path in place.iterdir() if world.mark in path.name}

    def beyond(self, before: Census) -> list[str]:
        """Name all that is new since then, and the servers that are gone."""
        return sorted(self.found - before.found) + sorted(
            f"gone: {name}" for name in before.missing - self.found
        )


def _born(pid: int) -> str:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def descendants(roots: set[int]) -> set[int]:
    """Return the descendants of some processes, in any namespace."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found: set[int] = set()
    more = set(roots)
    while more:
        more = {pid for pid, parent in parents.items() if parent in more} - found
        found |= more
    return found


def marked(mark: str) -> set[int]:
    """Return the processes that an attack started, recognised by its mark."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"outlives-{mark}".encode() in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
    return found


def remove(folder: Path) -> None:
    """Remove the files of a student, however deep and locked."""
    import subprocess

    # What still ends may write for a moment.
    for patience in (0.2, 1.0, 3.0):
        subprocess.run(["chmod", "-R", "u+rwx", folder], check=False, capture_output=True)
        if subprocess.run(["rm", "-rf", folder], check=False, capture_output=True).returncode == 0:
            return
        time.sleep(patience)
    subprocess.run(["rm", "-rf", folder], check=True)


def _until(true, what: str) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"not yet: {what}"
        time.sleep(0.05)
    return True
