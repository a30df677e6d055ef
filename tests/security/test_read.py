"""Student code tries to read data that is not its own."""

from __future__ import annotations

import os

import pytest

from tests.security.execution_modes import DirectFace
from toolkit._internal.resources import resource_folder
from toolkit.errors import ExecutionError


@pytest.mark.parametrize("attack", ["files", "environment", "processes", "shared_memory", "descriptors"])
def test_what_others_have_cannot_be_read(face, folder, attack):
    # A cell that disconnects its own kernel's sockets may lose that kernel, and nothing else. If its output
    # is lost too, since the kernel ends before a busy machine has sent it, the attack is run again.
    may_end = attack == "descriptors"
    outcome = face.run(attack, workspace=folder)
    for _ in range(5):
        if not may_end or outcome.attempts("REFUSED"):
            break
        outcome = face.run(attack, workspace=folder)
    outcome.refused(least=4, may_end=may_end)


def test_it_works_in_its_own_workspace(face, folder):
    said = face.run(
        "import os; print(os.getcwd(), os.listdir('.'), open('own.txt').read())", workspace=folder
    ).text
    assert "/workspace ['own.txt'] own" in said


def test_nothing_of_another_kernel_is_left_in_memory(face, world, folder):
    """The server sees each request, and each kernel is forked from the server's memory."""
    work = folder / "work"
    work.mkdir()
    (work / "notes.txt").write_text(world.secret("neighbour") * 100)
    token = {"NEIGHBOUR_TOKEN": world.secret("variable")}
    with face.open(work, variables=token) as neighbour:
        assert "own" in neighbour.run("import os; print('own', len(os.environ['NEIGHBOUR_TOKEN']))").text
        face.run("environment").refused()
    face.run("environment").refused()


def test_memory_of_the_sibling_is_out_of_reach(face):
    outcome = face.run(
        """
import os, socket
from attack import attempt, read
attempt("file in /tmp", read, "/tmp/of-the-sibling")
attempt("shared memory", read, "/dev/shm/mentoring-sibling")
attempt("loopback", lambda: socket.create_connection(("127.0.0.1", 40404), 2))
def abstract():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\\0mentoring-sibling")
        return "connected"
attempt("abstract socket", abstract)
attempt("workspace", lambda: [n for n in os.listdir("/workspace") if n == "work.txt"])
"""
    )
    outcome.refused(least=5)


def test_links_in_the_workspace_lead_nowhere(face, folder, world):
    (folder / "deep").mkdir()
    for name, target in {
        "link-file": world.files["key"],
        "link-folder": world.practice,
        "link-host": "/.host" + str(world.files["key"]),
        "link-relative": os.path.relpath(world.files["key"], folder),
        "deep/link-file": world.files["gradebook"],
        "link-proc": "/proc/1/root" + str(world.files["key"]),
    }.items():
        (folder / name).symlink_to(target)
    before = {path: path.read_bytes() for path in world.files.values()}
    for writable in (False, True):
        face.run("links", workspace=folder, writable=writable).refused(least=8)
    assert {path: path.read_bytes() for path in world.files.values()} == before


LOOK = """
import os, pathlib
for base, folders, files in os.walk("/workspace"):
    for name in files:
        if name == "id_ed25519":
            print(base, pathlib.Path(base, name).read_text())
print("looked")
"""


def test_a_copy_is_not_led_astray_while_it_is_made(world, folder):
    """A student's live kernel swaps a folder for a link, again and again, while the workspace is copied."""
    face, looked = DirectFace(world), 0
    (folder / "swap").mkdir()
    (folder / "swap/id_ed25519").write_text("own")
    for number in range(200):
        (folder / f"file-{number}").write_text("own")
    with face.open(folder, writable=True) as student:
        student.run(
            """
import ctypes, os
os.symlink("/.host" + GIVEN_HOME, "link")
if os.fork() == 0:
    libc = ctypes.CDLL(None)
    while True:
        libc.renameat2(-100, b"swap", -100, b"link", 2)
""".replace("GIVEN_HOME", repr(str(world.home / ".ssh")))
        )
        for _ in range(40):
            try:
                said = face.run(LOOK, workspace=folder)
            except ExecutionError:
                continue  # not copied at all: that gives nothing away
            looked += "looked" in said.text
            assert "mentoring-secret" not in said.text
    assert looked


SEARCH = """
import os
from pathlib import Path

names = {names!r}
found = []
for folder, below, files in os.walk("/"):
    if folder == "/":
        below[:] = [name for name in below if name not in ("proc", "sys", "dev")]
    found += [f"{{folder}}/{{name}}" for name in names.intersection(below)]
    for name in files:
        # nbgrader's own documentation has notebooks with such marks.
        if name.endswith((".ipynb", ".yaml", ".yml")) and "/nbgrader/" not in folder:
            try:
                text = Path(folder, name).read_text(errors="replace")
            except OSError:
                continue
            marked = "BEGIN HIDDEN TESTS" in text or "BEGIN SOLUTION" in text
            if marked or name.rpartition(".")[0] in names:
                found.append(f"{{folder}}/{{name}}")
print("searched", len(found), *sorted(found)[:10])
"""


def test_no_source_of_an_exercise_is_in_sight(face, folder):
    """Student code can read none of the exercises in the toolkit's package."""
    names = {path.name for path in (resource_folder("exercises") / "source").iterdir()}
    assert len(names) >= 30
    assert "searched 0\n" in face.run(SEARCH.format(names=names), workspace=folder).text
