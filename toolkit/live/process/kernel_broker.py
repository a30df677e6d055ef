"""Starts the kernels of a session, at the request of its server in the sandbox, and nothing else.

The server may have been taken over by the student: what it asks for is checked here, where it works and what
it may take is decided here, and it never holds a connection to the fork server, which would start more.
What it can still do is its own session's harm.
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
from toolkit.kernels.broker_client import PASSED_ON
from toolkit.kernels.environment import inside_environment
from toolkit.kernels.fork_servers import Domain, connect
from toolkit.kernels.kernel_handle import Started, start
from toolkit.kernels.limits import Limits

__all__ = ["MOST_KERNELS", "Broker", "Request"]

MOST_KERNELS = 3
"""Of one notebook; the kernel of a group's copy may be started anew while the old one still ends."""

_LISTENERS = 5
_LONGEST_REQUEST = 1 << 16
_LONGEST_LINE = 1 << 12
_BRAKE_SECONDS = 0.02
_END_SECONDS = 2.0
_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT}

_Text = Annotated[str, Field(max_length=4096)]


class Request(BaseModel):
    """What a server may ask for: one more kernel.

    Parameters
    ----------
    cwd : str
        Where it works, absolute, in the workspace; empty: in the workspace itself.
    key, signature_scheme : str
        Of Jupyter's protocol.
    arguments : tuple of str
        What the kernelspec has for ipykernel.
    variables : dict
        What is set for this kernel besides what every kernel has.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    cwd: _Text
    key: Annotated[str, Field(min_length=16, max_length=256)]
    signature_scheme: Annotated[str, Field(pattern=r"^hmac-[a-z0-9_]{3,16}$")]
    arguments: Annotated[list[_Text], Field(max_length=16)] = []
    variables: dict[Literal[PASSED_ON], _Text] = {}  # type: ignore[valid-type]


class _Signal(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    signal: int


@dataclass(eq=False)
class _Kernel:
    started: Started
    server: socket.socket
    place: Path
    buffer: bytearray = field(default_factory=bytearray)


class Broker:
    """Starts kernels for one server, and ends them with it.

    Parameters
    ----------
    place : Path
        The session's workspace, as the server sees it.
    workspace : Path
        Where that really lies: all that a kernel sees, writable.
    language : str
        Of what kernels say.
    limits : Limits
        Of each kernel.
    folders : collection of str
        Of a group's workspace, each student's part: a kernel sees one of them, and never another.
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
        self.domain = Domain(Path(sys.executable))
        self.theirs, self._ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._kernels: set[_Kernel] = set()
        self._selector = selectors.DefaultSelector()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mentoring broker", daemon=True)

    def start(self) -> None:
        """Begin to listen to the server, which has the other end by now."""
        self.theirs.close()
        self._thread.start()

    def close(self) -> None:
        """End all its kernels; they are gone when this returns."""
        self.theirs.close()
        if self._thread.ident is None:
            self._end()
            return
        self._over.set()
        with suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)
        self._thread.join(_END_SECONDS + 1)

    def _run(self) -> None:
        self._ours.setblocking(False)  # noqa: FBT003
        self._selector.register(self._ours, selectors.EVENT_READ, self._asked)
        try:
            with ExitStack() as stack:
                stack.enter_context(use_language(self.language))
                stack.enter_context(suppress(ConnectionError))
                # It imports while the session's server starts, and does not end while that one lives.
                with suppress(MentoringError):
                    stack.enter_context(connect(self.domain))
                while not self._over.is_set():
                    for key, _mask in self._selector.select():
                        # An earlier one of this round may have closed it.
                        if self._selector.get_map().get(key.fd) is key:
                            key.data()
        finally:
            self._end()

    def _end(self) -> None:
        for kernel in self._kernels:
            kernel.started.signal(signal.SIGKILL)
        for kernel in self._kernels:
            kernel.started.connection.settimeout(_END_SECONDS)
            with suppress(OSError):
                _say(kernel.server, kernel.started.told())
            kernel.started.close()
            kernel.server.close()
        self._kernels.clear()
        self._selector.close()
        self._ours.close()

    def _asked(self) -> None:
        data, descriptors, flags, _address = socket.recv_fds(
            self._ours, _LONGEST_REQUEST, _LISTENERS + 2, socket.MSG_CMSG_CLOEXEC
        )
        with ExitStack() as stack:
            for descriptor in descriptors:
                stack.callback(os.close, descriptor)
            if not data:
                raise ConnectionResetError
            cut = flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
            if cut or len(descriptors) != _LISTENERS + 1 or not _is_stream(descriptors[-1], listens=False):
                # There is nobody to tell, and nobody who errs asks a thousand times a second.
                self._over.wait(_BRAKE_SECONDS)
                return
            server = socket.socket(fileno=os.dup(descriptors[-1]))
            try:
                started, place = self._started(data, descriptors[:-1])
            except (MentoringError, OSError) as error:
                hint = error.hint if isinstance(error, MentoringError) else ""
                _say(server, {"refused": getattr(error, "message", str(error)), "hint": hint})
                server.close()
                self._over.wait(_BRAKE_SECONDS)
                return
        started.connection.setblocking(False)  # noqa: FBT003
        kernel = _Kernel(started, server, place)
        self._kernels.add(kernel)
        self._selector.register(started.connection, selectors.EVENT_READ, lambda: self._told(kernel))
        self._selector.register(server, selectors.EVENT_READ, lambda: self._heard(kernel))
        _say(server, {"entered": True, "python": started.python, "workspace": str(place)})

    def _started(self, data: bytes, listeners: list[int]) -> tuple[Started, Path]:
        try:
            request = Request.model_validate_json(data)
        except ValidationError as error:
            raise InputError(_("That is no request for a kernel.")) from error
        if not all(_is_stream(descriptor, listens=True) for descriptor in listeners):
            raise InputError(_("A kernel listens on Unix sockets alone."))
        place = self._place_for(Path(os.path.normpath(request.cwd or self.place)))
        workspace = self.workspace / place.relative_to(self.place)
        # Nobody who is let in can put a link there; if somebody could, it would lead to any folder.
        if place != self.place and workspace.is_symlink():
            raise InputError(_("A kernel of this session works in its workspace alone."))
        if sum(kernel.place == place for kernel in self._kernels) >= MOST_KERNELS:
            raise ExecutionError(
                ngettext(
                    "This session has {n} kernel already.",
                    "This session has {n} kernels already.",
                    MOST_KERNELS,
                ).format(n=MOST_KERNELS),
                _("Shut down one of them."),
            )
        variables: Mapping[str, str] = {**request.variables, "MENTORING_LANG": self.language}
        cwd = Path(os.path.normpath(request.cwd or place))
        started = start(
            self.domain,
            "kernel",
            listeners,
            workspace=workspace,
            writable=True,
            limits=self.limits,
            variables=inside_environment(self.domain.python, variables),
            cwd=str(cwd.relative_to(place)),
            extra={
                "key": request.key,
                "signature_scheme": request.signature_scheme,
                "arguments": request.arguments,
            },
        )
        return started, place

    def _place_for(self, cwd: Path) -> Path:
        """Return the folder, as the server sees it, that is all a kernel at ``cwd`` sees."""
        if cwd.is_relative_to(self.place):
            if not self.folders:
                return self.place
            name = next(iter(cwd.relative_to(self.place).parts), "")
            if name in self.folders:
                return self.place / name
        raise InputError(_("A kernel of this session works in its workspace alone."))

    def _told(self, kernel: _Kernel) -> None:
        """Hand on what is said of a kernel; with its end, forget it."""
        try:
            message = kernel.started.told()
        except BlockingIOError:
            return
        if message:
            _say(kernel.server, message)
        if not message or "ended" in message:
            self._forget(kernel)

    def _heard(self, kernel: _Kernel) -> None:
        """Hand on signals to a kernel, and end it when nobody holds it any more."""
        try:
            data = kernel.server.recv(_LONGEST_LINE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        kernel.buffer += data
        try:
            while b"\n" in kernel.buffer:
                line, _newline, kernel.buffer = kernel.buffer.partition(b"\n")
                number = _Signal.model_validate_json(bytes(line)).signal
                if number in _SIGNALS:
                    kernel.started.signal(number)
        except ValidationError:
            data = b""
        if not data or len(kernel.buffer) > _LONGEST_LINE:
            self._forget(kernel)

    def _forget(self, kernel: _Kernel) -> None:
        self._kernels.discard(kernel)
        for end in (kernel.started.connection, kernel.server):
            self._selector.unregister(end)
            end.close()


def _is_stream(descriptor: int, *, listens: bool) -> bool:
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


def _say(server: socket.socket, message: dict[str, Any]) -> None:
    # A server that does not read misses what is said; nobody waits for it, whatever it makes of the socket.
    with suppress(OSError):
        server.send(json.dumps(message).encode() + b"\n", socket.MSG_DONTWAIT)
