# ruff: noqa: E501 - attacks are quoted as they are
"""Student code tries to write to forbidden places."""

from __future__ import annotations

import os
import stat

import pytest

from tests.security.conftest import remove
from tests.security.execution_modes import DirectFace
from toolkit.errors import MentoringError


def test_only_its_own_can_be_written(face, folder, world):
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in world.files.values()}
    face.run("writes", workspace=folder).refused(least=100)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in world.files.values()} == before


def test_its_own_can_be_written(face, folder):
    said = face.run(
        """
import os, tempfile, pathlib
for place in ("/workspace", "/tmp", "/dev/shm", os.path.expanduser("~"), tempfile.gettempdir()):
    path = pathlib.Path(place, "note")
    path.write_text("written")
    assert path.read_text() == "written"
print("all written")
""",
        workspace=folder,
        writable=True,
    )
    assert "all written" in said.text
    assert (folder / "note").read_text() == "written"
    assert (folder / "note").stat().st_uid == folder.stat().st_uid


def test_a_copy_leaves_the_workspace_as_it_was(world, folder):
    os.link(world.files["release"], folder / "hard")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    code = """
import os
open("hard", "w").write("changed"); open("own.txt", "w").write("changed"); open("new", "w").write("x")
os.mkdir("folder"); print("changed")
"""
    assert "changed" in DirectFace(world).run(code, workspace=folder).text
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert world.files["release"].read_text() == world.secret("file")


def test_links_that_are_made_at_run_time_lead_nowhere_later(face, world, folder):
    """Links that one kernel leaves in its workspace must not lead the next kernel, or the host, outside."""
    targets = [str(path) for path in (*world.files.values(), world.practice, world.home)]
    said = face.run(
        """
import os
for number, target in enumerate(TARGETS):
    os.symlink(target, f"link-{number}")
    os.symlink("/.host" + target, f"host-{number}")
    os.symlink("../" * 12 + target[1:], f"up-{number}")
print("made")
""".replace("TARGETS", repr(targets)),
        workspace=folder,
        writable=True,
    )
    assert "made" in said.text
    code = """
import os
from attack import attempt, read
for name in sorted(os.listdir(".")):
    if os.path.islink(name):
        attempt(name, read, name)
        attempt(name + " list", os.listdir, name)
"""
    for writable in (False, True):
        face.run(code, workspace=folder, writable=writable).refused(least=3 * len(targets))


def test_hard_links_to_the_environment_cannot_be_made(face, folder):
    code = """
import os, sys, json
from attack import attempt
for path in ("/etc/passwd", os.path.realpath(sys.executable), json.__file__, "/usr/bin/env", "/proc/self/environ"):
    attempt(path, lambda: os.link(path, "/workspace/hard") or "linked", expect=(22,))
    attempt(path + " by descriptor", lambda: os.link(f"/proc/self/fd/{os.open(path, os.O_RDONLY)}", "/workspace/hard", follow_symlinks=True) or "linked", expect=(22,))
"""
    face.run(code, workspace=folder, writable=True).refused(least=10)
    assert not (folder / "hard").exists()


def test_no_program_with_special_rights_is_left(face, folder):
    """Outside, a setuid file in the workspace would run with its owner's rights for any user who finds it."""
    outcome = face.run("setuid_bits", workspace=folder, writable=True)
    left = [path.name for path in folder.rglob("*") if path.lstat().st_mode & (stat.S_ISUID | stat.S_ISGID)]
    assert not left
    outcome.refused(least=10)


def test_strange_workspaces_are_copied_or_refused(world, folder):
    """Pipes, sockets, devices, names that are not text, folders without rights, and deep nesting."""
    face = DirectFace(world)
    said = face.run(
        """
import os, socket
os.mkfifo("pipe")
socket.socket(socket.AF_UNIX).bind("socket")
open(b"bad-\\xff\\xfe", "w").write("x")
open("new\\nline", "w").write("x")
os.mkdir("locked"); open("locked/in", "w").write("x"); os.chmod("locked", 0)
open("secret", "w").write("x"); os.chmod("secret", 0)
os.symlink("loop", "loop")
with open("sparse", "wb") as stream: stream.truncate(20 << 20)
print("made")
""",
        workspace=folder,
        writable=True,
    )
    assert "made" in said.text
    try:
        again = face.run(
            "import os; print('again', 'own.txt' in os.listdir('.'), os.path.exists('pipe'))",
            workspace=folder,
        )
    except MentoringError as error:
        assert str(error)
    else:
        assert "again True False" in again.text
    remove(folder)
    folder.mkdir()
    said = face.run(
        "import os\nfor _ in range(600): os.mkdir('d' * 90); os.chdir('d' * 90)\nprint('made')",
        workspace=folder,
        writable=True,
    )
    assert "made" in said.text
    try:
        again = face.run("print('again')", workspace=folder)
    except MentoringError as error:
        assert str(error)
    else:
        assert "again" in again.text


@pytest.mark.parametrize("what", ["tmp", "dev/shm", "home/student", "run"])
def test_private_folders_are_private_and_gone_afterwards(face, what):
    code = f"""
import os
from attack import attempt
attempt("what another left", lambda: [n for n in os.listdir("/{what}") if n.startswith("left-")])
open("/{what}/left-behind", "w").write("x")
"""
    face.run(code).refused()
    face.run(code).refused()
