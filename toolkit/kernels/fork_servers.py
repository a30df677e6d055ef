"""Finds, starts and stops the fork servers of this user.

There is one for each environment, preload set and network setting. Its folder is named by a digest of these,
of the installed packages and of the toolkit's code, so that no kernel uses outdated modules: after an upgrade
the digest changes, the old server gets no more requests, and it ends with its last kernel.

See docs/decisions/0005-the-sandbox.md.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import select
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from toolkit._internal.child_descriptors import make_pipe, memory_file
from toolkit._internal.file_lock import hold
from toolkit.errors import ExecutionError
from toolkit.i18n import _
from toolkit.kernels import bubblewrap
from toolkit.kernels.code_fingerprint import file_stamps
from toolkit.kernels.environment import server_environment
from toolkit.kernels.forkserver.sandbox_setup import STUDENT_UID

__all__ = [
    "PRELOADED_MODULES",
    "ForkServer",
    "ForkServerKey",
    "connect_fork_server",
    "remove_stale_folders",
    "running_fork_servers",
    "runtime_folder",
    "warm_fork_server",
]

PRELOADED_MODULES = ("numpy", "pandas", "matplotlib.pyplot")
"""Modules that courses use and that are slow to import; missing ones are skipped."""

_log = logging.getLogger("mentoring.kernels")

# A user id that no distribution assigns, for student code when the toolkit runs as root.
_SPARE_ID = 2_000_000_000
_IDLE_TIMEOUT_S = 900.0
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 10.0
_MAX_SOCKET_PATH_CHARS = 100
# Removes the working directory from the path, and adds this package, which the environment of another
# interpreter may not have.
_START_CODE = """
import json, sys
del sys.path[0]
wanted = json.loads(sys.argv[1])
if wanted["path"] not in sys.path:
    sys.path.append(wanted["path"])
from toolkit.kernels.forkserver.server import main
main(wanted)
"""


@dataclass(frozen=True)
class ForkServerKey:
    """Common properties of the kernels of one fork server.

    Parameters
    ----------
    python : Path
        Their interpreter, with its environment.
    preload : tuple of str
        Modules that the server imports in advance.
    network : bool
        True if they can use the machine's network.
    """

    python: Path = field(default_factory=lambda: Path(sys.executable))
    preload: tuple[str, ...] = PRELOADED_MODULES
    network: bool = False

    def key(self) -> str:
        """Return the name of the server's folder."""
        # One environment has several names for the same interpreter: python, python3, python3.11.
        python = [str(self.python.parent), str(self.python.resolve())]
        ours = any(name.partition(".")[0] == "toolkit" for name in self.preload)
        parts = [python, sorted(self.preload), self.network, *file_stamps(self.python, all_ours=ours)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class ForkServer:
    """A running fork server.

    Parameters
    ----------
    folder : Path
        Its runtime folder.
    pid : int
        Its process id on this machine.
    state : dict
        Its status: python, executable, preloaded, network, since, started, running, idle_seconds.
    """

    folder: Path
    pid: int
    state: dict[str, Any]

    @property
    def memory_bytes(self) -> int | None:
        """Its resident memory without its kernels, bytes; None if unknown."""
        with suppress(OSError, ValueError, IndexError):
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return None

    def stop(self) -> None:
        """Stop the server and all its kernels, and wait for their end."""
        with _folder_lock(self.folder), ExitStack() as stack:
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            with suppress(OSError):
                process = stack.enter_context(FileIO(os.pidfd_open(self.pid)))
                _ask(self.folder, {"ask": "stop"})
                # The answer comes before the end of the process, and the kernels end after that.
                select.select([process], [], [], _STOP_TIMEOUT_S)


def runtime_folder() -> Path:
    """Return the folder of this user's fork servers, which no other user can enter.

    Why it is not a library's: ``docs/decisions/0012-the-runtime-folder.md``.

    Raises
    ------
    ExecutionError
        The folder exists and is not private.
    """
    wanted = os.environ.get("MENTORING_RUNTIME_DIR")
    if wanted:
        folder = Path(wanted)
    else:
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        if runtime and os.access(runtime, os.W_OK) and Path(runtime).stat().st_uid == os.getuid():
            folder = Path(runtime) / "mentoring"
        else:
            temporary = tempfile.gettempdir()
            # The length of a socket's path is limited.
            short = temporary if len(temporary) < _MAX_SOCKET_PATH_CHARS // 2 else "/tmp"  # noqa: S108
            folder = Path(short) / f"mentoring-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    except OSError:
        private = False
    if not private:
        raise ExecutionError(
            _("{path} is not a private folder of yours.").format(path=folder),
            _("Remove it, or name another one: {line}").format(
                line="export MENTORING_RUNTIME_DIR=~/.mentoring-run"
            ),
        )
    return folder


def connect_fork_server(domain: ForkServerKey) -> socket.socket:
    """Return a connection to the fork server of ``domain``; start it if it is not running.

    Raises
    ------
    ExecutionError
        The server does not start.
    """
    folder = runtime_folder() / domain.key()
    connection = _connect_to(folder)
    if connection is not None:
        return connection
    with _folder_lock(folder):
        connection = _connect_to(folder)
        if connection is None:
            _start(domain, folder)
            connection = _connect_to(folder)
    if connection is None:
        raise ExecutionError(_("The fork server did not start."), log_tail(folder))
    return connection


def warm_fork_server(domain: ForkServerKey) -> ForkServer:
    """Start the fork server of ``domain`` if it is not running, and wait until its imports are done.

    Raises
    ------
    ExecutionError
        The server does not start, or it ends during the imports.
    """
    connect_fork_server(domain).close()
    folder = fork_server_folder(domain)
    try:
        return _server(folder)
    except (OSError, ValueError, KeyError) as error:
        why = log_tail(folder).rstrip(".") or "?"
        raise ExecutionError(
            _("The fork server ended before it was ready: {why}.").format(why=why),
            _("Its whole log: {path}").format(path=folder / "log"),
        ) from error


def running_fork_servers() -> list[ForkServer]:
    """Return the running fork servers, oldest first."""
    found = []
    for folder in sorted(runtime_folder().iterdir()):
        with suppress(OSError, ValueError, KeyError):
            found.append(_server(folder))
    return sorted(found, key=lambda server: server.state["since"])


def remove_stale_folders() -> None:
    """Remove the folders of ended servers from the runtime folder."""
    for folder in runtime_folder().iterdir():
        if (folder / "lock").exists():
            with _folder_lock(folder):
                connection = _connect_to(folder)
                if connection is None:
                    shutil.rmtree(folder, ignore_errors=True)
                else:
                    connection.close()


def log_tail(folder: Path) -> str:
    """Return the last line of a server's log; empty if missing."""
    with suppress(OSError):
        return " ".join((folder / "log").read_text(errors="replace").splitlines()[-1:])
    return ""


def fork_server_folder(domain: ForkServerKey) -> Path:
    """Return the folder of the fork server of ``domain``."""
    return runtime_folder() / domain.key()


def _server(folder: Path) -> ForkServer:
    pid = int(json.loads((folder / "server.json").read_text())["pid"])
    return ForkServer(folder, pid, _ask(folder, {"ask": "status"}))


def _ask(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    connection = _connect_to(folder)
    if connection is None:
        raise ConnectionRefusedError(str(folder))
    with connection:
        connection.settimeout(_START_TIMEOUT_S)
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb") as answers:
            line = answers.readline()
    if not line:
        raise ConnectionResetError(str(folder))
    answer: dict[str, Any] = json.loads(line)
    return answer


def _connect_to(folder: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(folder / "socket"))
    except OSError:
        connection.close()
        return None
    return connection


@contextmanager
def _folder_lock(folder: Path) -> Iterator[None]:
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        with ExitStack() as stack:
            try:
                lock = stack.enter_context((folder / "lock").open("w"))
                hold(lock.fileno())
                # The previous holder may have removed the folder.
                held = os.path.samestat(os.fstat(lock.fileno()), (folder / "lock").stat())
            except FileNotFoundError:
                held = False
            if held:
                yield
                return


def _start(domain: ForkServerKey, folder: Path) -> None:
    program = bubblewrap.find_bubblewrap()
    if program is None:
        raise no_sandbox_error()
    path = folder / "socket"
    if len(str(path)) > _MAX_SOCKET_PATH_CHARS:
        raise ExecutionError(
            _("The path {path} is too long for a socket.").format(path=path),
            _("Name a shorter folder: {line}").format(
                line="export MENTORING_RUNTIME_DIR=/tmp/mentoring-$USER"
            ),
        )
    path.unlink(missing_ok=True)
    fonts = _fonts(folder.parent)
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        # Bound before the server starts, so that requests during its imports wait in the backlog.
        listener.bind(str(path))
        listener.listen(256)
        log = stack.enter_context((folder / "log").open("wb"))
        info, info_end = make_pipe(stack)
        block_end, block = make_pipe(stack)
        files = {
            name: memory_file(stack, text)
            for name, text in bubblewrap.etc_files(network=domain.network).items()
        }
        as_root = os.geteuid() == 0
        line = bubblewrap.bubblewrap_command(
            program,
            domain.python,
            network=domain.network,
            fonts=fonts,
            info_fd=info_end.fileno(),
            block_fd=block_end.fileno() if as_root else None,
            files=files,
        )
        wanted = {
            "listener": listener.fileno(),
            "preload": list(domain.preload),
            "network": domain.network,
            "spare_user": as_root,
            "idle_seconds": float(os.environ.get("MENTORING_KERNELS_IDLE", _IDLE_TIMEOUT_S)),
            "environment": [str(folder) for folder in bubblewrap.visible_folders(domain.python).outermost],
            "path": str(Path(__file__).resolve().parent.parent.parent),
        }
        line += [str(domain.python), "-s", "-c", _START_CODE, json.dumps(wanted)]
        passed = [listener.fileno(), info_end.fileno(), *files.values()]
        if as_root:
            passed.append(block_end.fileno())
        # The shell exits at once; the server is reparented to init, so it outlives the calling process.
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", *line],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=server_environment(domain.python),
            cwd="/",
            pass_fds=passed,
            start_new_session=True,
            check=True,
        )
        info_end.close()
        try:
            pid = int(json.loads(info.readall() or b"{}")["child-pid"])
            if as_root:
                for kind in ("uid_map", "gid_map"):
                    Path(f"/proc/{pid}/{kind}").write_text(f"0 0 1\n{STUDENT_UID} {_SPARE_ID} 1\n")
                block.write(b"x")
        except (ValueError, KeyError, OSError) as error:
            time.sleep(0.05)
            raise no_sandbox_error(log_tail(folder)) from error
    (folder / "server.json").write_text(json.dumps({"pid": pid, "preload": list(domain.preload)}))
    _log.info("A fork server starts: process %d, %s", pid, folder)


def no_sandbox_error(why: str = "") -> ExecutionError:
    """Return the error for student code that cannot run because there is no sandbox."""
    from toolkit.kernels.containment import missing_layer_hint

    return ExecutionError(
        _("Student code cannot be contained on this machine, so it is not run. {why}")
        .format(why=why)
        .rstrip(),
        missing_layer_hint(),
    )


def _fonts(folder: Path) -> Path:
    fonts = folder / "fonts"
    if not fonts.exists():
        fonts.mkdir(mode=0o700, exist_ok=True)
        given = os.environ.get("MPLCONFIGDIR")
        cache = (
            Path(given)
            if given
            else Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "matplotlib"
        )
        for found in cache.glob("fontlist-v*.json"):
            shutil.copyfile(found, fonts / found.name)
    return fonts
