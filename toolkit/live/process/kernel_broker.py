"""Kernel broker: starts a session's kernels at the request of its sandboxed server.

A student may have taken over the server, so requests are validated here, working folder and limits are set
here, and the server never gets a connection to the fork server, which would start more processes. A
compromised server can harm only its own session.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit.errors import ExecutionError, InputError, MentoringError
from toolkit.i18n import _, ngettext, use_language
from toolkit.kernels.broker_client import PASSED_VARIABLES
from toolkit.kernels.environment import sandbox_environment
from toolkit.kernels.fork_servers import ForkServerKey, connect_fork_server
from toolkit.kernels.kernel_handle import KernelHandle, start_kernel
from toolkit.kernels.limits import Limits

__all__ = ["MAX_KERNELS", "KernelBroker", "KernelRequest"]

MAX_KERNELS = 3
"""Maximum number of kernels per notebook: a copy's new kernel can start while the old one still ends."""

_PORT_COUNT = 5
_MAX_REQUEST_BYTES = 1 << 16
_MAX_LINE_BYTES = 1 << 12
_ERROR_DELAY_S = 0.02
_END_TIMEOUT_S = 2.0
_ALLOWED_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT}

_Text = Annotated[str, Field(max_length=4096)]


class KernelRequest(BaseModel):
    """A server's request for a kernel.

    Parameters
    ----------
    cwd : str
        The working folder, absolute, in the workspace; empty for the workspace itself.
    key, signature_scheme : str
        Key and scheme of the signatures of Jupyter's messages.
    arguments : list of str
        The kernelspec's arguments for ipykernel.
    variables : dict
        Environment variables of this kernel, besides those of every kernel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    cwd: _Text
    key: Annotated[str, Field(min_length=16, max_length=256)]
    signature_scheme: Annotated[str, Field(pattern=r"^hmac-[a-z0-9_]{3,16}$")]
    arguments: Annotated[list[_Text], Field(max_length=16)] = []
    variables: dict[Literal[PASSED_VARIABLES], _Text] = {}  # type: ignore[valid-type]


class _Signal(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    signal: int


@dataclass(eq=False)
class _Kernel:
    started: KernelHandle
    server: socket.socket
    place: Path
    buffer: bytearray = field(default_factory=bytearray)


class KernelBroker:
    """Starts kernels for one server, and ends them when the server ends.

    Parameters
    ----------
    place : Path
        The path of the session's workspace in the sandbox.
    workspace : Path
        Its real path; a kernel sees no other folder, and can write to it.
    language : str
        The language of the kernels' messages.
    limits : Limits, optional
        The limits of each kernel.
    folders : collection of str
        In a group's workspace, each student's folder: a kernel sees exactly one of them.
    """

    def __init__(
        self,
        place: Path,
        workspace: Path,
        *,
        language: str = "en",
        limits: Limits | None = None,
        folders: Collection[str] = (),
    ) -> None:
        self.place = place
        self.workspace = workspace
        self.language = language
        self.folders = frozenset(folders)
        self.limits = limits or Limits()
        self.domain = ForkServerKey(Path(sys.executable))
        self.theirs, self._ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._kernels: set[_Kernel] = set()
        self._selector = selectors.DefaultSelector()
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mentoring broker", daemon=True)

    def start(self) -> None:
        """Listen to the server, which has inherited the other end of the socket by now."""
        self.theirs.close()
        self._thread.start()

    def close(self) -> None:
        """End all kernels; their processes have ended when this returns."""
        self.theirs.close()
        if self._thread.ident is None:
            self._end_kernels()
            return
        self._is_closed.set()
        with suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)
        self._thread.join(_END_TIMEOUT_S + 1)

    def _run(self) -> None:
        self._ours.setblocking(False)  # noqa: FBT003
        self._selector.register(self._ours, selectors.EVENT_READ, self._on_request)
        try:
            with ExitStack() as stack:
                stack.enter_context(use_language(self.language))
                stack.enter_context(suppress(ConnectionError))
                # The connection keeps the fork server alive, which imports while the session's server starts.
                with suppress(MentoringError):
                    stack.enter_context(connect_fork_server(self.domain))
                while not self._is_closed.is_set():
                    for key, _mask in self._selector.select():
                        # An earlier callback of this loop may have closed it.
                        if self._selector.get_map().get(key.fd) is key:
                            key.data()
        finally:
            self._end_kernels()

    def _end_kernels(self) -> None:
        for kernel in self._kernels:
            kernel.started.signal(signal.SIGKILL)
        for kernel in self._kernels:
            kernel.started.connection.settimeout(_END_TIMEOUT_S)
            with suppress(OSError):
                _send(kernel.server, kernel.started.told())
            kernel.started.close()
            kernel.server.close()
        self._kernels.clear()
        self._selector.close()
        self._ours.close()

    def _on_request(self) -> None:
        data, descriptors, flags, _address = socket.recv_fds(
            self._ours, _MAX_REQUEST_BYTES, _PORT_COUNT + 2, socket.MSG_CMSG_CLOEXEC
        )
        with ExitStack() as stack:
            for descriptor in descriptors:
                stack.callback(os.close, descriptor)
            if not data:
                raise ConnectionResetError
            cut = flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
            if (
                cut
                or len(descriptors) != _PORT_COUNT + 1
                or not _is_unix_stream(descriptors[-1], listens=False)
            ):
                # There is no socket for an answer; the delay limits the rate of malformed requests.
                self._is_closed.wait(_ERROR_DELAY_S)
                return
            server = socket.socket(fileno=os.dup(descriptors[-1]))
            try:
                started, place = self._start_kernel(data, descriptors[:-1])
            except (MentoringError, OSError) as error:
                hint = error.hint if isinstance(error, MentoringError) else ""
                _send(server, {"refused": getattr(error, "message", str(error)), "hint": hint})
                server.close()
                self._is_closed.wait(_ERROR_DELAY_S)
                return
        started.connection.setblocking(False)  # noqa: FBT003
        kernel = _Kernel(started, server, place)
        self._kernels.add(kernel)
        self._selector.register(
            started.connection, selectors.EVENT_READ, lambda: self._on_kernel_message(kernel)
        )
        self._selector.register(server, selectors.EVENT_READ, lambda: self._on_server_message(kernel))
        _send(server, {"entered": True, "python": started.python, "workspace": str(place)})

    def _start_kernel(self, data: bytes, listeners: list[int]) -> tuple[KernelHandle, Path]:
        try:
            request = KernelRequest.model_validate_json(data)
        except ValidationError as error:
            raise InputError(_("That is no request for a kernel.")) from error
        if not all(_is_unix_stream(descriptor, listens=True) for descriptor in listeners):
            raise InputError(_("A kernel listens on Unix sockets alone."))
        place = self._kernel_root(Path(os.path.normpath(request.cwd or self.place)))
        workspace = self.workspace / place.relative_to(self.place)
        # A link here would give the kernel any folder; no guest should be able to create one.
        if place != self.place and workspace.is_symlink():
            raise InputError(_("A kernel of this session works in its workspace alone."))
        if sum(kernel.place == place for kernel in self._kernels) >= MAX_KERNELS:
            raise ExecutionError(
                ngettext(
                    "This session has {n} kernel already.",
                    "This session has {n} kernels already.",
                    MAX_KERNELS,
                ).format(n=MAX_KERNELS),
                _("Shut down one of them."),
            )
        variables: Mapping[str, str] = {**request.variables, "MENTORING_LANG": self.language}
        cwd = Path(os.path.normpath(request.cwd or place))
        started = start_kernel(
            self.domain,
            "kernel",
            listeners,
            workspace=workspace,
            writable=True,
            limits=self.limits,
            variables=sandbox_environment(self.domain.python, variables),
            cwd=str(cwd.relative_to(place)),
            extra={
                "key": request.key,
                "signature_scheme": request.signature_scheme,
                "arguments": request.arguments,
            },
        )
        return started, place

    def _kernel_root(self, cwd: Path) -> Path:
        """Return the folder that a kernel with the working folder ``cwd`` sees, as a path in the sandbox."""
        if cwd.is_relative_to(self.place):
            if not self.folders:
                return self.place
            name = next(iter(cwd.relative_to(self.place).parts), "")
            if name in self.folders:
                return self.place / name
        raise InputError(_("A kernel of this session works in its workspace alone."))

    def _on_kernel_message(self, kernel: _Kernel) -> None:
        """Forward a message about a kernel to the server; remove a kernel that has ended."""
        try:
            message = kernel.started.told()
        except BlockingIOError:
            return
        if message:
            _send(kernel.server, message)
        if not message or "ended" in message:
            self._forget(kernel)

    def _on_server_message(self, kernel: _Kernel) -> None:
        """Forward the server's signals to a kernel; end the kernel when the server closes its socket."""
        try:
            data = kernel.server.recv(_MAX_LINE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        kernel.buffer += data
        try:
            while b"\n" in kernel.buffer:
                line, _newline, kernel.buffer = kernel.buffer.partition(b"\n")
                number = _Signal.model_validate_json(bytes(line)).signal
                if number in _ALLOWED_SIGNALS:
                    kernel.started.signal(number)
        except ValidationError:
            data = b""
        if not data or len(kernel.buffer) > _MAX_LINE_BYTES:
            self._forget(kernel)

    def _forget(self, kernel: _Kernel) -> None:
        self._kernels.discard(kernel)
        for end in (kernel.started.connection, kernel.server):
            self._selector.unregister(end)
            end.close()


def _is_unix_stream(descriptor: int, *, listens: bool) -> bool:
    copy = os.dup(descriptor)
    try:
        found = socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        return False
    with found:
        return (
            found.family == socket.AF_UNIX
            and found.type == socket.SOCK_STREAM
            and bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)) is listens
        )


def _send(server: socket.socket, message: dict[str, Any]) -> None:
    # A server that does not read loses the message: the broker never blocks on it.
    with suppress(OSError):
        server.send(json.dumps(message).encode() + b"\n", socket.MSG_DONTWAIT)
