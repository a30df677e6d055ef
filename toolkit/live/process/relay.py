"""Relay from the public address to the Unix socket that the server listens on.

The server in its sandbox gets no socket of the host's network: any of them, even an accepted one, can be
reconnected to another service of this machine. TLS ends here as well, so the key stays outside the sandbox.
A connection that is made while the server restarts waits for the new server.

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

# Each uses two descriptors, of the usual limit of 1024 per process.
_MAX_CONNECTIONS = 300
_LISTEN_BACKLOG = 1024
_CLOSE_TIMEOUT_S = 3.0


class Relay:
    """Forwards connections from a listening socket to a Unix socket that it creates.

    Parameters
    ----------
    door : socket
        The public socket, bound; it is closed with the relay.
    tls : SSLContext, optional
        The TLS context of the public socket; if missing, connections are not encrypted.
    most : int
        Maximum number of simultaneous connections.
    """

    def __init__(
        self, door: socket.socket, tls: ssl.SSLContext | None = None, most: int = _MAX_CONNECTIONS
    ) -> None:
        self.door = door
        self._tls = tls
        self._max_connections = most
        self._stack = ExitStack()
        self.inner = self._stack.enter_context(socket.socket(socket.AF_UNIX))
        self._socket_path = self._bind()
        self._connections: set[_ClientEndpoint] = set()
        self._counter = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mentoring relay", daemon=True)
        self._end = asyncio.Event()
        self.answered = False
        """True if the server has sent anything since this was last set to False."""

    def _bind(self) -> str:
        path = runtime_folder() / f"live-{os.urandom(6).hex()}"
        self.inner.bind(str(path))
        self._stack.callback(path.unlink, missing_ok=True)
        self.inner.listen(_LISTEN_BACKLOG)
        if sys.platform != "linux":
            return str(path)
        # Reached by a descriptor instead of a name, so that no file is left if this process is killed.
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        self._stack.callback(os.close, descriptor)
        path.unlink()
        return f"/proc/self/fd/{descriptor}"

    def start(self) -> None:
        """Accept connections."""
        self.door.listen(_LISTEN_BACKLOG)
        self._thread.start()

    def connect(self, seconds: float) -> socket.socket:
        """Return a connection to the server's socket, with a timeout of ``seconds``."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(seconds)
        try:
            connection.connect(self._socket_path)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close the public socket and every connection."""
        if self._thread.is_alive():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(_CLOSE_TIMEOUT_S)
        elif not self._loop.is_closed():
            self._loop.close()
        self.door.close()
        # The descriptor's number may be reused from now on.
        self._socket_path = ""
        self._stack.close()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await self._loop.create_server(lambda: _ClientEndpoint(self), sock=self.door, ssl=self._tls)
        await self._end.wait()
        server.close()
        for endpoint in list(self._connections):
            endpoint.abort()
        # Transports close their sockets in the next iteration of the loop.
        while self._connections:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0)

    def admit(self, endpoint: _ClientEndpoint) -> bool:
        """Register a connection; return False if there are too many."""
        if len(self._connections) >= self._max_connections:
            return False
        self._connections.add(endpoint)
        return True

    def revoke_peer(self, endpoint: _ClientEndpoint) -> None:
        """Remove a closed connection."""
        self._connections.discard(endpoint)

    def inward(self, peer: object) -> socket.socket:
        """Return a socket for a connection to the server, whose name carries the client's address.

        The server sees a peer with the abstract name ``mentoring/ADDRESS/PORT/N``.
        """
        connection = socket.socket(socket.AF_UNIX)
        connection.setblocking(False)  # noqa: FBT003
        if sys.platform == "linux" and isinstance(peer, tuple):
            with suppress(OSError):
                connection.bind(f"\0mentoring/{peer[0]}/{peer[1]}/{os.getpid()}-{next(self._counter)}")
        return connection

    @property
    def way(self) -> str:
        """The path of the server's socket."""
        return self._socket_path


class _Endpoint(asyncio.Protocol):
    """One end of a connection; it forwards received data to the other end."""

    other: _Endpoint | None = None
    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @property
    def peer_transport(self) -> asyncio.Transport | None:
        return self.other.transport if self.other is not None else None

    def data_received(self, data: bytes) -> None:
        if self.peer_transport is not None:
            self.peer_transport.write(data)

    def eof_received(self) -> bool:
        # TLS connections cannot be closed in one direction.
        if self.transport is None or not self.transport.can_write_eof():
            return False
        if self.peer_transport is None or not self.peer_transport.can_write_eof():
            return False
        self.peer_transport.write_eof()
        return True

    def pause_writing(self) -> None:
        if self.peer_transport is not None:
            self.peer_transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer_transport is not None:
            self.peer_transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self.transport = None
        if self.peer_transport is not None:
            self.peer_transport.close()


class _ClientEndpoint(_Endpoint):
    """The end of the client."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.early_data = bytearray()
        self.ended_early = False
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.relay.admit(self):
            self.task = asyncio.get_running_loop().create_task(self._connect_to_server(transport))
        else:
            transport.close()

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self.early_data += data
        else:
            super().data_received(data)

    def eof_received(self) -> bool:
        if self.other is None:
            self.ended_early = True
            return True
        return super().eof_received()

    async def _connect_to_server(self, transport: asyncio.BaseTransport) -> None:
        loop: Any = asyncio.get_running_loop()
        inward = self.relay.inward(transport.get_extra_info("peername"))
        try:
            await loop.sock_connect(inward, self.relay.way)
            _transport, inner = await loop.create_connection(lambda: _ServerEndpoint(self), sock=inward)
        except (OSError, asyncio.CancelledError):
            inward.close()
            transport.close()
            return
        if self.transport is None:
            inner.transport.close()
            return
        self.other = inner
        inner.transport.write(bytes(self.early_data))
        self.early_data.clear()
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
        if self.transport is None and self.peer_transport is None:
            self.relay.revoke_peer(self)


class _ServerEndpoint(_Endpoint):
    """The end of the server."""

    def __init__(self, outer: _ClientEndpoint) -> None:
        self.outer = self.other = outer

    def data_received(self, data: bytes) -> None:
        self.outer.relay.answered = True
        super().data_received(data)

    def eof_received(self) -> bool:
        # A server that sends EOF has closed the connection, or was killed. If the connection stayed open for
        # the client, whose EOF may have come before, nothing would ever close it.
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.outer.forget_both()
