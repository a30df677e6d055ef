"""The sandbox of a session's server: what it sees, who it is there, and how it is ended.

Its root is the system and Python's environment, read only, with the student's workspace and the session's
state at their own places. It has no network: who comes in, comes through a Unix socket that was given to it
(`toolkit.live.process.relay`).
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from toolkit.i18n import current_language
from toolkit.kernels import bubblewrap
from toolkit.kernels.containment import unsafe
from toolkit.kernels.environment import server_environment
from toolkit.kernels.fork_servers import no_sandbox
from toolkit.kernels.forkserver.sandbox_setup import STUDENT
from toolkit.kernels.kernel_handle import lent
from toolkit.live.process.sandbox_entry import HOME, SCRATCH

__all__ = ["Server", "environment", "spawn"]

# A user id that no distribution gives out, and that no kernel runs as either.
_SPARE_ID = 2_000_000_001
_SCRATCH_BYTES = 512 << 20
_GONE_SECONDS = 5.0
_CAPABILITIES = ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP")
_ENTER = "from toolkit.live.process.sandbox_entry import main; main()"
# Ends with the thread that started it, as bubblewrap does.
_ALONGSIDE = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[1:])"
_NAMESPACE = """
import ctypes, os, sys
if ctypes.CDLL(None, use_errno=True).unshare(0x10000000):
    sys.exit(os.strerror(ctypes.get_errno()))
os.write(1, b"x")
os.read(0, 1)
"""


@dataclass
class Server:
    """A server's process.

    Parameters
    ----------
    process : Popen
        What was started; in the sandbox that is bubblewrap.
    pid : int
        The process id on this machine of the server, or of the keeper that lives and dies with it.
    pidfd : int
        A descriptor of that process; -1 where it is ``process`` itself.
    """

    process: subprocess.Popen[bytes]
    pid: int
    pidfd: int = -1

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server."""
        with suppress(ProcessLookupError, OSError):
            if self.pidfd >= 0:
                signal.pidfd_send_signal(self.pidfd, number)
            else:
                self.process.send_signal(number)

    def wait(self) -> int:
        """Wait for the server's end, and for that of all that it started in its sandbox; return its code."""
        code = self.process.wait()
        if self.pidfd >= 0:
            self.signal(signal.SIGKILL)
            select.select([self.pidfd], [], [], _GONE_SECONDS)
        return code

    def close(self) -> None:
        """Forget a server that has ended."""
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a server in its sandbox."""
    kept = server_environment(Path(sys.executable))
    for name in ("PYTHONHASHSEED", "MPLBACKEND", "MPLCONFIGDIR", "PYDEVD_DISABLE_FILE_VALIDATION"):
        kept.pop(name, None)
    return {
        **kept,
        "HOME": HOME,
        "TMPDIR": "/tmp",  # noqa: S108 - private
        "IPYTHONDIR": f"{HOME}/.ipython",
        "JUPYTER_RUNTIME_DIR": "/run/jupyter",
        "MENTORING_RUNTIME_DIR": "/run/mentoring",
        "MENTORING_LANG": current_language(),
        # Whatever kernel is asked for: it is started by the broker, or not at all.
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "mentoring-provisioner",
        # Nothing is imported from where a student may write.
        "PYTHONSAFEPATH": "1",
        **extra,
    }


def spawn(
    command: Sequence[str],
    *,
    lend: Mapping[Path, Path],
    passed: Sequence[int],
    variables: Mapping[str, str],
    output: int,
) -> Server:
    """Start a server in a sandbox of its own, or beside it where `unsafe` asks for that.

    It ends when the thread that calls this does.

    Parameters
    ----------
    command : sequence of str
        The server's; the first word is the path of a program.
    lend : mapping of Path to Path
        Folders that it may write to: from their places inside to where they really lie.
    passed : sequence of int
        Descriptors that it is given.
    output : int
        A descriptor for what it prints.

    Raises
    ------
    ExecutionError
        There is no sandbox here, or a folder cannot be lent to it.
    """
    if unsafe():
        return _beside(command, passed, variables, output)
    program = bubblewrap.bubblewrap()
    if program is None:
        raise no_sandbox()
    as_root = os.geteuid() == 0
    with ExitStack() as stack:
        info, info_end = _pipe(stack)
        block_end, block = _pipe(stack)
        files = {name: _file(stack, text) for name, text in bubblewrap.own_files(network=False).items()}
        mounts = [(_lent(stack, source), str(place)) for place, source in lend.items()] if as_root else []
        user = 0 if as_root else STUDENT
        line = [str(program), "--unshare-user", "--uid", str(user), "--gid", str(user)]
        line += ["--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts", "--unshare-net"]
        line += ["--unshare-cgroup-try", "--die-with-parent", "--hostname", "mentoring"]
        line += ["--info-fd", str(info_end.fileno())]
        given = [*passed, info_end.fileno(), *files.values(), *(mount for mount, _place in mounts)]
        if as_root:
            line += ["--userns-block-fd", str(block_end.fileno())]
            line += [word for name in _CAPABILITIES for word in ("--cap-add", f"CAP_{name}")]
            given.append(block_end.fileno())
        python = Path(sys.executable)
        line += bubblewrap.root(
            python, network=False, files=files, made=[Path("/run")], temporary_bytes=_SCRATCH_BYTES
        )
        for place in SCRATCH[1:]:
            line += ["--perms", "1777", "--size", str(_SCRATCH_BYTES), "--tmpfs", place]
        line += _places(lend, attached_later=as_root)
        wanted = {
            "mounts": mounts,
            "become": as_root,
            "writable": [str(place) for place in lend],
            "kept": list(passed),
        }
        line += ["--remount-ro", "/", "--chdir", "/", "--"]
        line += [str(python), "-s", "-P", "-c", _ENTER, json.dumps(wanted), *command]
        process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment(variables),
            cwd="/",
            pass_fds=given,
            # A Ctrl-C in the terminal is the mentor's, who then stops the server.
            start_new_session=True,
        )
        info_end.close()
        try:
            pid = int(json.loads(info.readall() or b"{}")["child-pid"])
            pidfd = os.pidfd_open(pid)
            if as_root:
                _map(pid, f"0 0 1\n{STUDENT} {_SPARE_ID} 1\n")
                block.write(b"x")
        except (ValueError, KeyError, OSError) as error:
            process.kill()
            process.wait()
            raise no_sandbox() from error
    return Server(process, pid, pidfd)


def _beside(
    command: Sequence[str], passed: Sequence[int], variables: Mapping[str, str], output: int
) -> Server:
    dies_too = [sys.executable, "-I", "-S", "-c", _ALONGSIDE] if sys.platform == "linux" else []
    process = subprocess.Popen(
        [*dies_too, *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env={**os.environ, **variables, "PYTHONSAFEPATH": "1"},
        cwd="/",
        pass_fds=passed,
        start_new_session=True,
    )
    return Server(process, process.pid)


def _places(lend: Mapping[Path, Path], *, attached_later: bool) -> list[str]:
    line = []
    above = {parent for place in lend for parent in (*place.parents, place)}
    for folder in sorted(above - {Path("/"), *map(Path, SCRATCH)}):
        line += ["--perms", "0755", "--dir", str(folder)]
    if not attached_later:
        for place, source in lend.items():
            line += ["--bind", str(source), str(place)]
    return line


def _lent(stack: ExitStack, source: Path) -> int:
    """Return a mount of a folder on which the server owns what the folder's owner does, for root."""
    found = source.stat()
    # Only the maps of a process's namespace can be written, so there has to be one.
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _NAMESPACE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None  # noqa: S101 - it was asked for
        holder.stdout.read(1)
        try:
            _map(holder.pid, f"{found.st_uid} {_SPARE_ID} 1", f"{found.st_gid} {_SPARE_ID} 1")
            namespace = stack.enter_context(FileIO(os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY)))
        except OSError as error:
            raise no_sandbox(str(error)) from error
        finally:
            holder.kill()
    mount = lent(str(source), namespace.fileno())
    stack.callback(os.close, mount)
    return mount


def _map(pid: int, users: str, groups: str = "") -> None:
    Path(f"/proc/{pid}/uid_map").write_text(users)
    Path(f"/proc/{pid}/gid_map").write_text(groups or users)


def _pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    reading, writing = os.pipe()
    return stack.enter_context(FileIO(reading, "r")), stack.enter_context(FileIO(writing, "w"))


def _file(stack: ExitStack, text: bytes) -> int:
    file = stack.enter_context(FileIO(os.memfd_create("mentoring"), "r+"))
    file.write(text)
    file.seek(0)
    return file.fileno()
