"""The sandbox of a session's server.

Its root has the system and Python's environment, read-only, and the student's workspace and the session's
state under their own paths. It has no network: connections arrive through a Unix socket
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

from toolkit._internal.child_descriptors import make_pipe, memory_file
from toolkit.i18n import current_language
from toolkit.kernels import bubblewrap
from toolkit.kernels.containment import is_unsafe
from toolkit.kernels.environment import server_environment
from toolkit.kernels.fork_servers import no_sandbox_error
from toolkit.kernels.forkserver.sandbox_setup import STUDENT_UID
from toolkit.kernels.kernel_handle import detached_workspace_mount
from toolkit.live.process.sandbox_entry import HOME, SCRATCH

__all__ = ["SandboxedServerProcess", "sandboxed_server_environment", "spawn_server"]

# A user id that no distribution assigns, and that no kernel runs as.
_HOST_USER_ID = 2_000_000_001
_SCRATCH_MAX_BYTES = 512 << 20
_EXIT_TIMEOUT_S = 5.0
_CAPABILITIES = ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP")
_ENTRY_CODE = "from toolkit.live.process.sandbox_entry import main; main()"
# The process ends with the thread that started it, as bubblewrap does.
_DIE_WITH_PARENT_CODE = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[1:])"
)
_USER_NAMESPACE_CODE = """
import ctypes, os, sys
if ctypes.CDLL(None, use_errno=True).unshare(0x10000000):
    sys.exit(os.strerror(ctypes.get_errno()))
os.write(1, b"x")
os.read(0, 1)
"""


@dataclass
class SandboxedServerProcess:
    """The process of a server.

    Parameters
    ----------
    process : Popen
        The started process; in the sandbox that is bubblewrap.
    pid : int
        The process id, on this machine, of the server or of the sandbox's init process, which ends with it.
    pidfd : int
        A pidfd of that process; -1 if it is ``process`` itself.
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
        """Wait until the server and all processes in its sandbox have ended; return the exit code."""
        code = self.process.wait()
        if self.pidfd >= 0:
            self.signal(signal.SIGKILL)
            select.select([self.pidfd], [], [], _EXIT_TIMEOUT_S)
        return code

    def close(self) -> None:
        """Release the descriptor of a server that has ended."""
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


def sandboxed_server_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return all environment variables of a server in its sandbox."""
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
        # Every kernel, whatever its kernelspec, is started by the broker.
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "mentoring-provisioner",
        # Nothing is imported from a folder that a student can write to.
        "PYTHONSAFEPATH": "1",
        **extra,
    }


def spawn_server(
    command: Sequence[str],
    *,
    lend: Mapping[Path, Path],
    passed: Sequence[int],
    variables: Mapping[str, str],
    output: int,
) -> SandboxedServerProcess:
    """Start a server in a sandbox, or without one if `is_unsafe` allows it.

    The server ends when the calling thread does.

    Parameters
    ----------
    command : sequence of str
        The server's command; the first item is the program's path.
    lend : mapping of Path to Path
        The writable folders: from their paths in the sandbox to their real paths.
    passed : sequence of int
        Descriptors that the server inherits.
    variables : mapping of str to str
        Additional environment variables.
    output : int
        A descriptor for stdout and stderr.

    Raises
    ------
    ExecutionError
        If there is no sandbox here, or a folder cannot be mounted in it.
    """
    if is_unsafe():
        return _spawn_without_sandbox(command, passed, variables, output)
    program = bubblewrap.find_bubblewrap()
    if program is None:
        raise no_sandbox_error()
    as_root = os.geteuid() == 0
    with ExitStack() as stack:
        info, info_end = make_pipe(stack)
        block_end, block = make_pipe(stack)
        files = {name: memory_file(stack, text) for name, text in bubblewrap.etc_files(network=False).items()}
        mounts = (
            [(_id_mapped_mount(stack, source), str(place)) for place, source in lend.items()]
            if as_root
            else []
        )
        user = 0 if as_root else STUDENT_UID
        arguments = [str(program), "--unshare-user", "--uid", str(user), "--gid", str(user)]
        arguments += ["--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts", "--unshare-net"]
        arguments += ["--unshare-cgroup-try", "--die-with-parent", "--hostname", "mentoring"]
        arguments += ["--info-fd", str(info_end.fileno())]
        given = [*passed, info_end.fileno(), *files.values(), *(mount for mount, _place in mounts)]
        if as_root:
            arguments += ["--userns-block-fd", str(block_end.fileno())]
            arguments += [word for name in _CAPABILITIES for word in ("--cap-add", f"CAP_{name}")]
            given.append(block_end.fileno())
        python = Path(sys.executable)
        arguments += bubblewrap.root_arguments(
            python, network=False, files=files, made=[Path("/run")], temporary_bytes=_SCRATCH_MAX_BYTES
        )
        for place in SCRATCH[1:]:
            arguments += ["--perms", "1777", "--size", str(_SCRATCH_MAX_BYTES), "--tmpfs", place]
        arguments += _mount_arguments(lend, attached_later=as_root)
        spec = {
            "mounts": mounts,
            "become": as_root,
            "writable": [str(place) for place in lend],
            "kept": list(passed),
        }
        arguments += ["--remount-ro", "/", "--chdir", "/", "--"]
        arguments += [str(python), "-s", "-P", "-c", _ENTRY_CODE, json.dumps(spec), *command]
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=sandboxed_server_environment(variables),
            cwd="/",
            pass_fds=given,
            # Ctrl-C in the terminal must reach the mentor's process only, which then stops the server.
            start_new_session=True,
        )
        info_end.close()
        try:
            pid = int(json.loads(info.readall() or b"{}")["child-pid"])
            pidfd = os.pidfd_open(pid)
            if as_root:
                _write_id_maps(pid, f"0 0 1\n{STUDENT_UID} {_HOST_USER_ID} 1\n")
                block.write(b"x")
        except (ValueError, KeyError, OSError) as error:
            process.kill()
            process.wait()
            raise no_sandbox_error() from error
    return SandboxedServerProcess(process, pid, pidfd)


def _spawn_without_sandbox(
    command: Sequence[str], passed: Sequence[int], variables: Mapping[str, str], output: int
) -> SandboxedServerProcess:
    prefix = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT_CODE] if sys.platform == "linux" else []
    process = subprocess.Popen(
        [*prefix, *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env={**os.environ, **variables, "PYTHONSAFEPATH": "1"},
        cwd="/",
        pass_fds=passed,
        start_new_session=True,
    )
    return SandboxedServerProcess(process, process.pid)


def _mount_arguments(lend: Mapping[Path, Path], *, attached_later: bool) -> list[str]:
    arguments = []
    above = {parent for place in lend for parent in (*place.parents, place)}
    for folder in sorted(above - {Path("/"), *map(Path, SCRATCH)}):
        arguments += ["--perms", "0755", "--dir", str(folder)]
    if not attached_later:
        for place, source in lend.items():
            arguments += ["--bind", str(source), str(place)]
    return arguments


def _id_mapped_mount(stack: ExitStack, source: Path) -> int:
    """Return a mount of a folder in which the folder's owner is mapped to the server's user; needs root."""
    found = source.stat()
    # Id maps can be written only for a running process, so one is started.
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _USER_NAMESPACE_CODE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None  # noqa: S101 - it was asked for
        holder.stdout.read(1)
        try:
            _write_id_maps(
                holder.pid, f"{found.st_uid} {_HOST_USER_ID} 1", f"{found.st_gid} {_HOST_USER_ID} 1"
            )
            namespace = stack.enter_context(FileIO(os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY)))
        except OSError as error:
            raise no_sandbox_error(str(error)) from error
        finally:
            holder.kill()
    mount = detached_workspace_mount(str(source), namespace.fileno())
    stack.callback(os.close, mount)
    return mount


def _write_id_maps(pid: int, users: str, groups: str = "") -> None:
    Path(f"/proc/{pid}/uid_map").write_text(users)
    Path(f"/proc/{pid}/gid_map").write_text(groups or users)
