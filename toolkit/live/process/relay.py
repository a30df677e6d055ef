"""The door: what comes in at the mentor's address goes on to the Unix socket that the server listens on.

The server in its sandbox holds no socket of the host's network, since any of them, even one that was
accepted, can be turned to connect to another service of this machine. TLS ends here too: the key stays
outside. Who waits while the server is started anew is served by the next one.

See docs/decisions/0007-the-shared-session.md.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import ssl
import sys
import threading
from contextlib import ExitStack, suppress
from typing import Any, cast

from toolkit.kernels.fork_servers import runtime_folder

__all__ = ["Relay"]

# Two descriptors each, of the 1024 that a process has as a rule.
_MOST = 300
_BACKLOG = 1024
_CLOSE_SECONDS = 3.0


class Relay:
    """Carries connections from a listening socket to one that it makes.

    Parameters
    ----------
    door : socket
        Bound; it is closed with this.
    tls : SSLContext, optional
        For who comes in.
    most : int
        How many may be in at a time.
    """

    def __init__(self, door: socket.socket, tls: ssl.SSLContext | None = None, most: int = _MOST) -> None:
        self.door = door
        self._tls = tls
        self._most = most
        self._stack = ExitStack()
        self.inner = self._stack.enter_context(socket.socket(socket.AF_UNIX))
        self._way = self._bind()
        self._pairs: set[_Outer] = set()
        self._number = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mentoring relay", daemon=True)
        self._end = asyncio.Event()
        self.answered = False
        """Whether the server has said anything to anybody, since this was last set to False."""

    def _bind(self) -> str:
        path = runtime_folder() / f"live-{os.urandom(6).hex()}"
        self.inner.bind(str(path))
        self._stack.callback(path.unlink, missing_ok=True)
        self.inner.listen(_BACKLOG)
        if sys.platform != "linux":
            return str(path)
        # It is reached without a name, so that nothing is left if this process is killed.
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        self._stack.callback(os.close, place)
        path.unlink()
        return f"/proc/self/fd/{place}"

    def start(self) -> None:
        """Let people in."""
        self.door.listen(_BACKLOG)
        self._thread.start()

    def connect(self, seconds: float) -> socket.socket:
        """Return a connection to the server, as one that came in by the door."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(seconds)
        try:
            connection.connect(self._way)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Shut the door, and end every connection."""
        if self._thread.is_alive():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(_CLOSE_SECONDS)
        elif not self._loop.is_closed():
            self._loop.close()
        self.door.close()
        # Its number may be another file's from here on.
        self._way = ""
        self._stack.close()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await self._loop.create_server(lambda: _Outer(self), sock=self.door, ssl=self._tls)
        await self._end.wait()
        server.close()
        for pair in list(self._pairs):
            pair.abort()
        # Transports close their sockets in the next round.
        while self._pairs:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0)

    def admit(self, pair: _Outer) -> bool:
        """Take a connection in, unless there are too many."""
        if len(self._pairs) >= self._most:
            return False
        self._pairs.add(pair)
        return True

    def forget(self, pair: _Outer) -> None:
        """Let a connection go that has ended."""
        self._pairs.discard(pair)

    def inward(self, peer: object) -> socket.socket:
        """Return a socket for a connection to the server, whose name says who it is.

        The server finds a peer of the abstract name ``mentoring/ADDRESS/PORT/N``.
        """
        connection = socket.socket(socket.AF_UNIX)
        connection.setblocking(False)  # noqa: FBT003
        if sys.platform == "linux" and isinstance(peer, tuple):
            with suppress(OSError):
                connection.bind(f"\0mentoring/{peer[0]}/{peer[1]}/{os.getpid()}-{next(self._number)}")
        return connection

    @property
    def way(self) -> str:
        """Where the server's socket is found."""
        return self._way


class _End(asyncio.Protocol):
    """One end of a connection; what it receives the other end sends."""

    other: _End | None = None
    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @property
    def beyond(self) -> asyncio.Transport | None:
        return self.other.transport if self.other is not None else None

    def data_received(self, data: bytes) -> None:
        if self.beyond is not None:
            self.beyond.write(data)

    def eof_received(self) -> bool:
        # TLS has no half of a connection.
        if self.transport is None or not self.transport.can_write_eof():
            return False
        if self.beyond is None or not self.beyond.can_write_eof():
            return False
        self.beyond.write_eof()
        return True

    def pause_writing(self) -> None:
        if self.beyond is not None:
            self.beyond.pause_reading()

    def resume_writing(self) -> None:
        if self.beyond is not None:
            self.beyond.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self.transport = None
        if self.beyond is not None:
            self.beyond.close()


class _Outer(_End):
    """The end that is a visitor's."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.early = bytearray()
        self.ended_early = False
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.relay.admit(self):
            self.task = asyncio.get_running_loop().create_task(self._join(transport))
        else:
            transport.close()

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self.early += data
        else:
            super().data_received(data)

    def eof_received(self) -> bool:
        if self.other is None:
            self.ended_early = True
            return True
        return super().eof_received()

    async def _join(self, transport: asyncio.BaseTransport) -> None:
        loop: Any = asyncio.get_running_loop()
        inward = self.relay.inward(transport.get_extra_info("peername"))
        try:
            await loop.sock_connect(inward, self.relay.way)
            _transport, inner = await loop.create_connection(lambda: _Inner(self), sock=inward)
        except (OSError, asyncio.CancelledError):
            inward.close()
            transport.close()
            return
        if self.transport is None:
            inner.transport.close()
            return
        self.other = inner
        inner.transport.write(bytes(self.early))
        self.early.clear()
        if self.ended_early and not self.eof_received():
            self.transport.close()

    def abort(self) -> None:
        if self.task is not None:
            self.task.cancel()
        for end in (self, self.other):
            if end is not None and end.transport is not None:
                end.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.forget_both()

    def forget_both(self) -> None:
        if self.transport is None and self.beyond is None:
            self.relay.forget(self)


class _Inner(_End):
    """The end that is the server's."""

    def __init__(self, outer: _Outer) -> None:
        self.outer = self.other = outer

    def data_received(self, data: bytes) -> None:
        self.outer.relay.answered = True
        super().data_received(data)

    def eof_received(self) -> bool:
        # A server that ends its half has closed, or was killed. Kept open for the visitor's half, which may
        # have ended before, nothing would ever close it.
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.outer.forget_both()
