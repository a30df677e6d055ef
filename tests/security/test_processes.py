# ruff: noqa: E501 - attacks are quoted as they are
"""Student code takes as many resources as it can, and tries not to end."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.patience import PATIENCE_S
from tests.security.execution_modes import SMALL, DirectFace, Outcome


def stopped(outcome: Outcome, *kinds: str) -> Outcome:
    """Assert that a limit held: the attempt was refused, or the kernel ended for one of these reasons."""
    assert not outcome.attempts("REACHED"), outcome.attempts("REACHED")
    assert not outcome.attempts("BROKEN"), outcome.attempts("BROKEN")
    if outcome.status == "ended":
        # Jupyter's protocol has no word for why.
        assert outcome.ended in {*kinds, "dead"}, outcome
    else:
        assert outcome.attempts("REFUSED"), f"{outcome.status}: {outcome.text[-1500:]}"
    return outcome


@pytest.mark.parametrize(
    "kind",
    [
        "memory_one",
        "memory_many",
        "memory_files",
        "memory_segments",
        "memory_shared",
        pytest.param(
            "memory_pipes",
            marks=pytest.mark.xfail(
                strict=True, reason="buffers of sockets are nobody's: see docs/security.md"
            ),
        ),
    ],
)
def test_memory_bomb(face, kind):
    stopped(face.run("bombs", kind=kind, much=640), "memory", "signal")


def test_memory_error_says_what_happened(face):
    outcome = stopped(face.run("bombs", kind="memory_one", much=640, aloud=True), "memory")
    if outcome.status == "error":
        assert "memory" in outcome.text.split("MemoryError", 1)[1]


@pytest.mark.parametrize(
    ("kind", "much"), [("processes", 300), ("threads", 300), ("fork_bomb", 270), ("descriptors", 20_000)]
)
def test_process_bomb(face, kind, much):
    stopped(face.run("bombs", kind=kind, much=much), "memory", "signal")


@pytest.mark.parametrize("kind", ["one_file", "disk", "disk_unlinked", "inodes", "inodes_linked"])
@pytest.mark.parametrize("place", ["/tmp", "/dev/shm", "/home/student"])
def test_disk_bomb_in_private_folders(world, place, kind):
    much = 3000 if kind.startswith("inodes") else 96
    stopped(DirectFace(world).run("bombs", kind=kind, much=much, folder=place), "disk", "memory")


@pytest.mark.parametrize(
    "kind",
    [
        "one_file",
        "disk",
        "disk_quiet",
        "disk_unlinked",
        "disk_unreadable",
        "disk_deep",
        "inodes",
        "inodes_linked",
    ],
)
def test_disk_bomb_in_the_workspace(world, folder, kind):
    """On the host's own disk, where only the sandbox's init process limits it."""
    much = 3000 if kind.startswith("inodes") else 192
    face = DirectFace(world)
    stopped(
        face.run("bombs", kind=kind, much=much, workspace=folder, writable=True, folder="/workspace"), "disk"
    )


@pytest.mark.parametrize("kind", ["disk", "inodes"])
def test_disk_bomb_in_a_copy(world, folder, kind):
    much = 3000 if kind == "inodes" else 96
    stopped(
        DirectFace(world).run("bombs", kind=kind, much=much, workspace=folder, folder="/workspace"), "disk"
    )


@pytest.mark.parametrize(("kind", "much"), [("output", 4000), ("output_raw", 1), ("output_displayed", 40)])
def test_endless_output_is_cut(world, kind, much):
    outcome = DirectFace(world).run("bombs", kind=kind, much=much)
    assert len(outcome.text) < 1.2 * SMALL.output_bytes + 5000
    assert outcome.status in {"ok", "ended"}
    assert outcome.seconds < PATIENCE_S


@pytest.mark.parametrize("kind", ["cpu", "cpu_forgotten"])
def test_processor_time_is_limited(world, kind):
    limits = replace(SMALL, cpu_seconds=1.0)
    stopped(DirectFace(world).run("bombs", kind=kind, much=4, limits=limits), "cpu")


DEAF = """
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError, RuntimeError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
print("deaf", flush=True)
while True:
    LOOP
"""


@pytest.mark.parametrize("loop", ["pass", "time.sleep(10)"])
def test_endless_loop_that_ignores_every_signal(face, loop):
    outcome = face.run(DEAF.replace("LOOP", loop), seconds=0.5)
    assert outcome.status == "ended"
    assert outcome.ended in {"time", "dead"}
    assert outcome.seconds < PATIENCE_S


def test_endless_loop_is_interrupted_and_the_next_cell_runs(face):
    with face.open() as kernel:
        assert kernel.run("while True: pass", seconds=0.5).status == "interrupted"
        assert "still here" in kernel.run("print('still here')").text


def test_a_loop_that_catches_the_interrupt(face):
    code = "import time\nwhile True:\n    try:\n        while True: time.sleep(0.01)\n    except BaseException:\n        continue"
    assert face.run(code, seconds=0.5).status == "ended"


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("import os; os._exit(3)", {"exit"}),
        ("import ctypes; ctypes.string_at(0)", {"signal"}),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", {"signal"}),
        (
            "import os, signal\nif not os.fork(): os.kill(-1, signal.SIGKILL); os._exit(0)\nos.wait()",
            {"signal"},
        ),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", {"time"}),
        ("import os, signal; os.killpg(0, signal.SIGSTOP)", {"time"}),
        ("import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()", {"signal", "memory", "time", ""}),
    ],
    ids=["exit", "crash", "kill itself", "kill all", "stop itself", "stop all", "recursion"],
)
def test_a_kernel_that_ends_itself(face, code, kinds):
    outcome = face.run(code, seconds=1.5)
    assert outcome.ended in {*kinds, "dead", "time"} if face.name == "protocol" else outcome.ended in kinds, (
        outcome
    )


def test_the_first_process_cannot_be_hurt(face):
    code = """
import os, signal, time
from attack import attempt
attempt("see others", lambda: [n for n in os.listdir("/proc") if n.isdigit() and int(n) not in (1, os.getpid(), os.getppid())])
for number in range(1, 65):
    if number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
                  signal.SIGTSTP, 32, 33):
        continue  # it hands these on
    try:
        os.kill(1, number)
    except OSError:
        pass
time.sleep(0.5)
attempt("stopped", lambda: open("/proc/1/stat").read().rpartition(")")[2].split()[0] in "TtZX")
for pid in (GIVEN_PID, GIVEN_PARENT):
    attempt(f"kill {pid}", lambda: os.kill(pid, 0) or "may kill")
""".replace("GIVEN_PID", str(face.world.given["host_pid"])).replace(
        "GIVEN_PARENT", str(__import__("os").getpid())
    )
    with face.open() as kernel:
        outcome = kernel.run(code)
        outcome.refused(least=4)
        assert "42" in kernel.run("print(6 * 7)").text, "and the kernel is none the worse"


@pytest.mark.parametrize("kind", ["daemon", "zombies", "orphans", "stopped", "traced_group"])
@pytest.mark.parametrize("then", ["close", "exit"])
def test_nothing_outlives_the_kernel(face, kind, then):
    """The census after each test looks for the processes."""
    outcome = face.run("lasting_processes", kind=kind, then=then)
    assert f"STARTED {kind}" in outcome.text or then == "exit"
    assert outcome.status == ("ended" if then == "exit" else "ok"), outcome


def test_the_watch_cannot_be_starved(world):
    """Many busy processes run while one of them takes memory bit by bit."""
    code = """
import os, time
from attack import say
for _ in range(40):
    if os.fork() == 0:
        end = time.monotonic() + 50
        while time.monotonic() < end: pass
        os._exit(0)
children = []
for _ in range(16):
    if os.fork() == 0:
        kept = bytearray()
        for _ in range(60):
            kept += os.urandom(4096) * 256
            time.sleep(0.02)
        time.sleep(45)
        os._exit(0)
time.sleep(40)
say("REACHED 900 MB for seconds")
"""
    began = time.monotonic()
    outcome = DirectFace(world).run(code, seconds=60)
    assert outcome.ended == "memory", outcome
    assert time.monotonic() - began < PATIENCE_S
