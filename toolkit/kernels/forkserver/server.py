"""The fork server: imports common modules once, then forks a child for each kernel.

It runs inside bubblewrap, never runs student code itself, and never reads data written by student code,
except the report of the sandbox's init process. It has one thread. Its clients are processes of the same
user; each connection belongs to one kernel, which is ended when the connection closes.

Requests and replies are lines of JSON. A client sends one request, and may then send signals::

    {"ask": "start", "face": "kernel" | "shell", ...} and descriptors
        -> {"entered": true, "python": str}, and in the end {"ended": [kind, value]} or {"failed": why}
    {"signal": int}
    {"ask": "owner", "uid": int, "gid": int} -> {"owner": true} and a user namespace
    {"ask": "status"}                        -> the status of the server
    {"ask": "stop"}                          -> {"stopped": true}
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from toolkit.kernels.forkserver import seccomp, syscalls
from toolkit.kernels.forkserver.forked_child import become_kernel
from toolkit.kernels.forkserver.huge_pages import use_huge_pages
from toolkit.kernels.forkserver.sandbox_setup import STUDENT_UID, SandboxSpec

__all__ = ["ForkServerProcess", "main"]

_MAX_LINE_BYTES = 1 << 20
_MAX_DESCRIPTORS = 8

# Modules that every kernel imports before its first cell; debugpy alone takes 50 ms.
_COMMON_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "ipykernel.heartbeat",
    "ipykernel.iostream",
    "IPython.core.completer",
    "IPython.core.magics.namespace",
    "IPython.core.ultratb",
    "IPython.utils._process_posix",
    "toolkit.kernels.forkserver.zmq_kernel",
    "toolkit.kernels.forkserver.direct_executor",
    "asyncio",
    "tornado.platform.asyncio",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "faulthandler",
    "pdb",
    "sqlite3",
    # Modules that beginners import.
    "calendar",
    "csv",
    "decimal",
    "fractions",
    "statistics",
    "unittest",
)


class ForkServerProcess:
    """Accepts requests, forks kernels, and reports their end to the clients.

    Parameters
    ----------
    listener : socket
        Bound and listening.
    spare_user : bool
        True if a second user id is mapped, for student code.
    network : bool
        Keep the machine's network.
    idle_seconds : float
        The server ends after this time without clients, s.
    preloaded : list of str
        Modules imported by `main`.
    environment : list of str
        Folders of the interpreter and its packages.
    """

    def __init__(
        self,
        listener: socket.socket,
        *,
        spare_user: bool,
        network: bool,
        idle_seconds: float,
        preloaded: list[str],
        environment: list[str],
    ) -> None:
        self.listener = listener
        self.student = STUDENT_UID if spare_user else 0
        self.network = network
        self.idle_seconds = idle_seconds
        self.preloaded = preloaded
        self.environment = environment
        self.started = time.time()
        self.kernels = 0
        self.owners: dict[tuple[int, int], int] = {}
        self.selector = selectors.DefaultSelector()
        self.clients: set[_Client] = set()
        self.own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self.program = seccomp.filter_program()
        self.handlers: dict[str, Callable[[_Client, dict[str, Any], list[int]], None]] = {
            "start": self._start,
            "status": self._status,
            "stop": self._stop,
            "owner": self._owner,
        }

    def serve(self) -> None:
        """Serve until there was no client for ``idle_seconds``."""
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        while True:
            ready = self.selector.select(None if self.clients else self.idle_seconds)
            if not ready and not self.clients:
                return
            for key, _mask in ready:
                # An earlier event of this round may have closed it, and the descriptor may be reused.
                if self.selector.get_map().get(key.fd) is key:
                    key.data()

    def _accept(self) -> None:
        with suppress(OSError):
            connection, _address = self.listener.accept()
            connection.setblocking(False)
            client = _Client(connection)
            self.clients.add(client)
            self.selector.register(connection, selectors.EVENT_READ, lambda: self._read(client))

    def _read(self, client: _Client) -> None:
        try:
            for line in client.read():
                self._handle(client, line)
        except BlockingIOError:
            return
        except Exception as error:  # noqa: BLE001 - an invalid request must only end its own connection
            if not isinstance(error, OSError):
                _log(f"refused a request: {type(error).__name__}")
            self._forget(client)

    def _handle(self, client: _Client, line: bytes) -> None:
        request = json.loads(line)
        if "signal" in request:
            if client.init_pid:
                with suppress(ProcessLookupError):
                    os.kill(client.init_pid, int(request["signal"]))
            return
        descriptors, client.descriptors = client.descriptors, []
        try:
            self.handlers[request["ask"]](client, request, descriptors)
        finally:
            for descriptor in descriptors:
                with suppress(OSError):
                    os.close(descriptor)

    def _forget(self, client: _Client) -> None:
        with suppress(KeyError, ValueError):
            self.selector.unregister(client.connection)
        client.close()
        if client.init_pid:
            with suppress(ProcessLookupError):
                os.kill(client.init_pid, signal.SIGKILL)
        else:
            self.clients.discard(client)

    def _start(self, client: _Client, request: dict[str, Any], descriptors: list[int]) -> None:
        plan = SandboxSpec(
            student=self.student,
            network=self.network,
            program=self.program,
            environment=self.environment,
            **_plan_fields(request, descriptors),
        )
        listening, report = os.pipe2(os.O_CLOEXEC)
        # Only the next child enters the new PID namespace; this process stays in its own.
        syscalls.unshare(syscalls.CLONE_NEWPID)
        try:
            pid = os.fork()
            if pid == 0:
                become_kernel(plan, request, descriptors, report)
        finally:
            # The child never gets here: `become_kernel` does not return.
            syscalls.setns(self.own_pids, syscalls.CLONE_NEWPID)
        os.close(report)
        self.kernels += 1
        client.init_pid = pid
        client.report = listening
        client.pidfd = os.pidfd_open(pid)
        os.set_blocking(listening, False)
        self.selector.register(listening, selectors.EVENT_READ, lambda: self._reported(client))
        self.selector.register(client.pidfd, selectors.EVENT_READ, lambda: self._ended(client))

    def _reported(self, client: _Client) -> None:
        with suppress(BlockingIOError):
            data = os.read(client.report, 4096)
            client.reported += data
            if not data:
                self.selector.unregister(client.report)
            elif data == b"R\n":
                client.reported = b""
                client.send({"entered": True, "python": sys.version.split()[0]})
            elif client.reported.endswith(b"\n"):
                # Sent before the init process ends: its namespaces take longer to be removed.
                self._send_end(client)

    def _ended(self, client: _Client) -> None:
        self.selector.unregister(client.pidfd)
        os.waitpid(client.init_pid, 0)
        with suppress(BlockingIOError, OSError):
            client.reported += os.read(client.report, 4096)
        with suppress(KeyError, ValueError):
            self.selector.unregister(client.report)
        os.close(client.report)
        os.close(client.pidfd)
        client.init_pid = 0
        self._send_end(client)
        self._forget(client)

    def _send_end(self, client: _Client) -> None:
        if not client.end_sent:
            client.end_sent = True
            client.send(_parse_report(client.reported))

    def _status(self, client: _Client, _request: dict[str, Any], _descriptors: list[int]) -> None:
        client.send(
            {
                "python": sys.version.split()[0],
                "executable": sys.executable,
                "preloaded": self.preloaded,
                "network": self.network,
                "since": self.started,
                "started": self.kernels,
                "running": sum(1 for other in self.clients if other.init_pid),
                "idle_seconds": self.idle_seconds,
            }
        )

    def _stop(self, client: _Client, _request: dict[str, Any], _descriptors: list[int]) -> NoReturn:
        client.send({"stopped": True})
        # This is the first process of its PID namespace, so the system kills every kernel with it.
        os._exit(0)

    def _owner(self, client: _Client, request: dict[str, Any], _descriptors: list[int]) -> None:
        """Send a user namespace that maps the host's ``uid`` and ``gid`` to the student."""
        owner = int(request["uid"]), int(request["gid"])
        if owner not in self.owners:
            self.owners[owner] = self._namespace_of(*owner)
        with suppress(OSError):
            socket.send_fds(client.connection, [b'{"owner": true}\n'], [self.owners[owner]])

    def _namespace_of(self, uid: int, gid: int) -> int:
        ready, go = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            try:
                syscalls.unshare(syscalls.CLONE_NEWUSER)
                go.send(b"x")
                signal.pause()
            finally:
                os._exit(0)
        try:
            ready.recv(1)
            Path(f"/proc/{pid}/uid_map").write_text(f"{uid} {self.student} 1")
            Path(f"/proc/{pid}/gid_map").write_text(f"{gid} {self.student} 1")
            return os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            ready.close()
            go.close()


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffer = b""
        self.descriptors: list[int] = []
        self.init_pid = 0
        self.report = -1
        self.pidfd = -1
        self.reported = b""
        self.end_sent = False

    def read(self) -> list[bytes]:
        data, descriptors, _flags, _address = socket.recv_fds(self.connection, 1 << 16, _MAX_DESCRIPTORS)
        self.descriptors += descriptors
        if not data:
            raise ConnectionResetError
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        if len(self.buffer) > _MAX_LINE_BYTES or len(self.descriptors) > _MAX_DESCRIPTORS:
            raise ConnectionResetError
        return lines

    def send(self, message: dict[str, Any]) -> None:
        # Never blocks: a message to a client that does not read, or has ended, is lost.
        with suppress(OSError):
            self.connection.send(json.dumps(message).encode() + b"\n")

    def close(self) -> None:
        self.connection.close()
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = []


def _plan_fields(request: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
    mount = descriptors[-1] if request["mount"] else -1
    limits = {
        name: max(0, int(request[name])) for name in ("memory", "disk", "file", "files", "processes", "cpu")
    }
    return {
        "workspace": str(request["workspace"]),
        "writable": bool(request["writable"]),
        "mount": mount,
        **limits,
    }


def _parse_report(report: bytes) -> dict[str, Any]:
    words = report.decode(errors="replace").strip()
    kind, _space, rest = words.partition(" ")
    if kind == "E":
        name, _space, value = rest.partition(" ")
        return {"ended": [name, int(value) if value.isdigit() else 0]}
    if kind == "F":
        return {"failed": rest}
    # Killed from outside, or by the system.
    return {"ended": ["signal", int(signal.SIGKILL)]}


def _log(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _preload(names: list[str]) -> list[str]:
    loaded = []
    for name in (*_COMMON_MODULES, *names):
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # not installed in this environment
        if name in names:
            loaded.append(name)
    return loaded


def main(wanted: dict[str, Any]) -> NoReturn:
    """Run a fork server.

    Parameters
    ----------
    wanted : dict
        listener (file descriptor), preload, network, spare_user, idle_seconds and environment.
    """
    listener = socket.socket(fileno=wanted["listener"])
    os.set_inheritable(listener.fileno(), False)
    syscalls.mount("", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
    loaded = _preload(wanted["preload"])
    from toolkit.kernels.forkserver.direct_executor import prepare_kernel
    from toolkit.kernels.forkserver.step_runner import remember_libraries
    from toolkit.kernels.forkserver.warm_up import warm_up_kernel

    warm_up_kernel()
    remember_libraries()
    prepare_kernel()
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        # A fork copies only one thread: a lock held by another would never be released in the child.
        _log(f"a preloaded library left {threads} threads")
        os._exit(3)
    gc.collect()
    gc.freeze()
    use_huge_pages()
    server = ForkServerProcess(
        listener,
        spare_user=wanted["spare_user"],
        network=wanted["network"],
        idle_seconds=wanted["idle_seconds"],
        environment=wanted["environment"],
        preloaded=loaded,
    )
    server.serve()
    os._exit(0)
