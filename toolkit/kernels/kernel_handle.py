"""Client handle of one kernel of a fork server: start, signal, end."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from toolkit.errors import ExecutionError, InputError
from toolkit.i18n import _
from toolkit.kernels import fork_servers
from toolkit.kernels.fork_servers import ForkServerKey
from toolkit.kernels.forkserver import syscalls
from toolkit.kernels.limits import Limits

__all__ = ["KernelHandle", "detached_workspace_mount", "resolve_workspace", "start_kernel"]

_START_TIMEOUT_S = 60.0


@dataclass
class KernelHandle:
    """A started kernel; it ends when the connection closes.

    Parameters
    ----------
    connection : socket
        Connection to the server; readable when the kernel has ended, `told` then returns the reason.
    python : str
        Version of its Python.
    """

    connection: socket.socket
    python: str = ""
    _buffer: bytearray = field(default_factory=bytearray)

    def signal(self, number: int) -> None:
        """Send a signal to the kernel and the processes of its group."""
        with suppress(OSError):
            self.connection.send(json.dumps({"signal": int(number)}).encode() + b"\n")

    def told(self) -> dict[str, Any]:
        """Return the server's next message; empty if the server is gone."""
        while b"\n" not in self._buffer:
            try:
                part = self.connection.recv(1 << 16)
            except (TimeoutError, BlockingIOError):
                raise
            except OSError:
                part = b""
            if not part:
                return {}
            self._buffer += part
        line, _newline, rest = bytes(self._buffer).partition(b"\n")
        self._buffer[:] = rest
        message: dict[str, Any] = json.loads(line)
        return message

    def close(self) -> None:
        """End the kernel and all its processes."""
        self.connection.close()


def start_kernel(
    domain: ForkServerKey,
    face: str,
    descriptors: Sequence[int],
    *,
    workspace: Path | None,
    writable: bool,
    limits: Limits,
    variables: Mapping[str, str],
    cwd: str = "",
    extra: Mapping[str, object] | None = None,
) -> KernelHandle:
    """Start a kernel in its own sandbox.

    Parameters
    ----------
    domain : ForkServerKey
        Selects the fork server.
    face : {"shell", "kernel"}
        Interface: the direct executor, or Jupyter's protocol.
    descriptors : sequence of int
        File descriptors to pass to the kernel.
    workspace : Path or None
        Folder shown as `/workspace`; an empty private one if None.
    writable : bool
        Mount the workspace itself; otherwise the kernel works on a copy in memory.
    limits : Limits
        Limits of the kernel.
    variables : mapping of str to str
        Its complete environment.
    cwd : str
        Working directory, relative to the workspace.
    extra : mapping, optional
        Further parameters of the interface.

    Raises
    ------
    ExecutionError
        There is no sandbox, or the kernel does not start.
    InputError
        The workspace does not exist or must not be mounted.
    """
    path = str(resolve_workspace(workspace, writable=writable)) if workspace is not None else ""
    connection = fork_servers.connect_fork_server(domain)
    try:
        passed = list(descriptors)
        mount = -1
        if path and writable and os.geteuid() == 0:
            mount = _idmapped_mount(connection, path)
        request = {
            "ask": "start",
            "face": face,
            "workspace": path,
            "writable": writable,
            "mount": mount >= 0,
            "cwd": cwd,
            "network": domain.network,
            "memory": limits.memory_bytes or 0,
            "disk": limits.disk_bytes,
            "file": limits.file_bytes,
            "files": limits.files,
            "processes": limits.processes,
            "cpu": round(limits.cpu_seconds + 1) if limits.cpu_seconds else 0,
            "cpu_total": limits.cpu_seconds or 0,
        }
        with FileIO(os.memfd_create("private"), "r+") as private:
            private.write(json.dumps({"env": dict(variables), **(extra or {})}).encode())
            passed.append(private.fileno())
            if mount >= 0:
                passed.append(mount)
            try:
                socket.send_fds(connection, [json.dumps(request).encode() + b"\n"], passed)
            finally:
                if mount >= 0:
                    os.close(mount)
        started = KernelHandle(connection)
        connection.settimeout(_START_TIMEOUT_S)
        answer = started.told()
        connection.settimeout(None)
    except BaseException:
        connection.close()
        raise
    if "entered" not in answer:
        connection.close()
        why = str(answer.get("failed") or fork_servers.log_tail(fork_servers.fork_server_folder(domain)))
        raise ExecutionError(
            _("The kernel did not start: {why}").format(why=why), _("`mentor doctor` checks the kernels.")
        )
    started.python = str(answer.get("python", ""))
    return started


def resolve_workspace(workspace: Path, *, writable: bool) -> Path:
    """Return the resolved path of a workspace, if it may be mounted into a sandbox.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace.
    writable : bool
        True to mount it writable, which needs further checks.

    Raises
    ------
    InputError
        It is not a folder; or it is to be writable and contains a home, a practice or Python itself.
    """
    path = workspace.expanduser().resolve()
    if not path.is_dir():
        raise InputError(_("There is no folder {path}.").format(path=workspace))
    if writable:
        # A student must not be able to write code that later runs outside the sandbox, nor a whole home.
        kept = (Path.home(), Path(sys.prefix), Path(__file__).parent, fork_servers.runtime_folder())
        if any(place.resolve().is_relative_to(path) for place in kept) or (path / "mentoring.toml").exists():
            raise InputError(
                _(
                    "{path} holds a home, a practice or a Python environment, so it is not lent to a sandbox."
                ).format(path=path),
                _("Put the notebook into a folder of its own."),
            )
    return path


def _idmapped_mount(connection: socket.socket, path: str) -> int:
    """Return a mount of ``path`` on which the files of its owner belong to the student; for root."""
    found = os.stat(path)  # noqa: PTH116 - `path` is a str
    question = {"ask": "owner", "uid": found.st_uid, "gid": found.st_gid}
    connection.sendall(json.dumps(question).encode() + b"\n")
    connection.settimeout(_START_TIMEOUT_S)
    _data, descriptors, _flags, _address = socket.recv_fds(connection, 1 << 12, 1)
    connection.settimeout(None)
    if not descriptors:
        raise ExecutionError(_("The fork server did not answer."), _("`mentor kernels stop` ends it."))
    try:
        return detached_workspace_mount(path, descriptors[0])
    finally:
        os.close(descriptors[0])


def detached_workspace_mount(path: str, namespace: int) -> int:
    """Return a detached, id-mapped mount of ``path``.

    Parameters
    ----------
    path : str
        Folder, absolute.
    namespace : int
        File descriptor of the user namespace with the id map.

    Returns
    -------
    int
        File descriptor of the mount.

    Raises
    ------
    ExecutionError
        The file system or the machine does not support it.
    """
    try:
        return syscalls.detached_mount(path, namespace)
    except OSError as error:
        raise ExecutionError(
            _("Root cannot lend {path} to a sandbox on this machine: {why}").format(path=path, why=error),
            _("Work as an ordinary user."),
        ) from error
