"""Relay from the public address to the Unix socket that the server listens on.

The server in its sandbox gets no socket of the host's network: any of them, even an accepted one, can be
reconnected to another service of this machine. TLS ends here as well, so the key stays outside the sandbox.
A connection that is made while the server restarts waits for the new server.

Connections that ask nothing shut out nobody: the first request must come within seconds, the connections of
one address are bounded, and where there are too many, the one that was silent for the longest time is closed
for the new one. A websocket is never closed for another connection: only a guest has one.

See docs/decisions/0007-the-shared-session.md.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import logging
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from typing import Any, cast

from toolkit.kernels.fork_servers import runtime_folder

__all__ = ["Relay"]

_log = logging.getLogger("mentoring.live.relay")

# Each uses two descriptors, of the usual limit of 1024 per process.
_MAX_CONNECTIONS = 300
# Behind a tunnel or a proxy everybody has one address: enough for a group with several tabs each.
_MAX_PER_ADDRESS = 200
_FIRST_REQUEST_TIMEOUT_S = 10.0
_SILENCE_S = 2.0  # a connection without data for this time may be closed for another
_MAX_EARLY_BYTES = 1 << 16
_SWITCHING = b"HTTP/1.1 101 "  # the server's answer that makes a connection a websocket
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
    each : int
        Maximum number of simultaneous connections of one address.
    first_request_s : float
        Maximum time from a connection to the end of its first request's header, s.
    """

    def __init__(
        self,
        door: socket.socket,
        tls: ssl.SSLContext | None = None,
        most: int = _MAX_CONNECTIONS,
        each: int = _MAX_PER_ADDRESS,
        first_request_s: float = _FIRST_REQUEST_TIMEOUT_S,
    ) -> None:
        self.door = door
        self.tls = tls
        self.first_request_s = first_request_s
        self._max_connections = most
        self._max_per_address = each
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
        self._loop.set_exception_handler(_log_exception)
        server = await self._loop.create_server(lambda: _ClientEndpoint(self), sock=self.door)
        await self._end.wait()
        server.close()
        for endpoint in list(self._connections):
            endpoint.abort()
        # Transports close their sockets in the next iteration of the loop.
        while self._connections:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0)

    def admit(self, endpoint: _ClientEndpoint) -> bool:
        """Register a connection; if there are too many, close a silent one, or return False if none is."""
        neighbours = [one for one in self._connections if one.address == endpoint.address]
        for crowd, most in ((neighbours, self._max_per_address), (self._connections, self._max_connections)):
            if len(crowd) >= most:
                silent = _most_silent(crowd)
                if silent is None:
                    return False
                # It counts no longer, although its transport is closed a moment later.
                self._connections.discard(silent)
                silent.abort()
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


def _most_silent(crowd: Iterable[_ClientEndpoint]) -> _ClientEndpoint | None:
    """Return the connection that has sent nothing for the longest time, or else was idle the longest."""
    now = time.monotonic()
    silent = [
        one
        for one in crowd
        if not one.is_websocket and (not one.has_sent or now - one.active_at >= _SILENCE_S)
    ]
    return min(silent, key=lambda one: (one.has_sent, one.active_at), default=None)


def _address(peer: object) -> str:
    """Return the address of a client; of IPv6 the network, for one client has all of its addresses."""
    host = str(peer[0]) if isinstance(peer, tuple) and peer else ""
    with suppress(ValueError):
        address = ipaddress.ip_address(host.partition("%")[0])
        if address.version == 6 and address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        return str(getattr(address, "ipv4_mapped", None) or address)
    return host


def _log_exception(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what goes wrong with one connection in a line; asyncio would print a traceback in the terminal."""
    _log.info("%s %s", context.get("message", ""), context.get("exception", ""))


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
        self.address = ""
        self.active_at = time.monotonic()
        """The time of the last data in either direction, by the monotonic clock, s."""
        self.has_sent = False
        self.has_asked = False
        """True if the header of a request has come."""
        self.is_websocket = False
        self.early_data = bytearray()
        self.ended_early = False
        self.task: asyncio.Task[None] | None = None
        self._header = bytearray()
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.address = _address(transport.get_extra_info("peername"))
        if not self.relay.admit(self):
            transport.close()
            return
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self.relay.first_request_s, self._end_if_silent)
        if self.relay.tls is not None:
            # Counted before the handshake, so that a connection without one is bounded as well.
            cast("asyncio.Transport", transport).pause_reading()
        self.task = loop.create_task(self._connect_to_server(transport))

    def _end_if_silent(self) -> None:
        if not self.has_asked:
            self.abort()

    def data_received(self, data: bytes) -> None:
        self.active_at, self.has_sent = time.monotonic(), True
        if not self.has_asked:
            self._look_for_header(data)
        if self.other is None:
            self.early_data += data
            if len(self.early_data) > _MAX_EARLY_BYTES and self.transport is not None:
                self.transport.pause_reading()
        else:
            super().data_received(data)

    def _look_for_header(self, data: bytes) -> None:
        self._header += data
        if b"\r\n\r\n" in self._header or b"\n\n" in self._header:
            self.has_asked = True
            if self._deadline is not None:
                self._deadline.cancel()
            self._header.clear()
        elif len(self._header) > _MAX_EARLY_BYTES:
            # Longer than the server reads.
            self.abort()

    def eof_received(self) -> bool:
        if self.other is None:
            self.ended_early = True
            return True
        return super().eof_received()

    async def _connect_to_server(self, transport: asyncio.BaseTransport) -> None:
        loop: Any = asyncio.get_running_loop()
        peer = transport.get_extra_info("peername")
        if self.relay.tls is not None:
            try:
                self.transport = transport = await loop.start_tls(
                    transport,
                    self,
                    self.relay.tls,
                    server_side=True,
                    ssl_handshake_timeout=self.relay.first_request_s,
                )
            except (OSError, asyncio.CancelledError):
                cast("asyncio.Transport", transport).abort()
                # During a handshake asyncio tells only its own protocol of the end.
                self.connection_lost(None)
                return
        inward = self.relay.inward(peer)
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
        self.transport.resume_reading()
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
        if self._deadline is not None:
            self._deadline.cancel()
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
        self.outer.active_at = time.monotonic()
        if data.startswith(_SWITCHING):
            self.outer.is_websocket = True
        super().data_received(data)

    def eof_received(self) -> bool:
        # A server that sends EOF has closed the connection, or was killed. If the connection stayed open for
        # the client, whose EOF may have come before, nothing would ever close it.
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.outer.forget_both()
