"""The relay forwards data between visitors and the server, in both directions."""

from __future__ import annotations

import hashlib
import os
import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.live.process.own_certificate import make_certificate
from tests.live.server_process import until
from tests.patience import PATIENCE_S
from toolkit.kernels.fork_servers import runtime_folder
from toolkit.live.process.relay import Relay

MANY = 16 << 20


@pytest.fixture
def relay() -> Iterator[Relay]:
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    made = Relay(door)
    made.start()
    try:
        yield made
    finally:
        made.close()


def knock(relay: Relay) -> socket.socket:
    return socket.create_connection(relay.door.getsockname(), 10)


def everything(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def test_both_ways_and_half_closed(relay):
    with knock(relay) as visitor:
        visitor.sendall(b"question")
        visitor.shutdown(socket.SHUT_WR)
        with relay.inner.accept()[0] as server:
            server.settimeout(10)
            assert everything(server) == b"question"
            server.sendall(b"answer")
        assert everything(visitor) == b"answer"


def test_early_connection_is_served_once_the_server_is_up(relay):
    """A connection that arrives before the server is ready is served once it is ready."""
    with knock(relay) as visitor, knock(relay) as other:
        visitor.sendall(b"first")
        other.sendall(b"second")
        heard = set()
        for _ in range(2):
            with relay.inner.accept()[0] as server:
                heard.add(server.recv(100))
        assert heard == {b"first", b"second"}


def test_much_goes_through_to_a_slow_reader_unchanged(relay):
    data = os.urandom(1 << 20) * (MANY >> 20)
    with knock(relay) as visitor, relay.inner.accept()[0] as server:

        def send() -> None:
            server.sendall(data)
            server.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=send)
        thread.start()
        # While nobody reads, the relay takes a little and no more.
        assert not until_done(thread, 0.3)
        assert hashlib.sha256(everything(visitor)).digest() == hashlib.sha256(data).digest()
        thread.join(10)


def until_done(thread: threading.Thread, seconds: float) -> bool:
    thread.join(seconds)
    return not thread.is_alive()


def test_one_end_closes_the_other(relay):
    with knock(relay) as visitor:
        relay.inner.accept()[0].close()
        assert visitor.recv(1) == b""
    visitor = knock(relay)
    with relay.inner.accept()[0] as server:
        visitor.close()
        server.settimeout(10)
        assert server.recv(1) == b""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
@pytest.mark.parametrize("first", ["visitor", "server"])
def test_whoever_ends_first_nothing_of_it_stays(relay, first):
    def there() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = there()
    for _ in range(5):
        with knock(relay) as visitor, relay.inner.accept()[0] as server:
            ends = (visitor, server) if first == "visitor" else (server, visitor)
            for end, other in (ends, ends[::-1]):
                end.sendall(b"said")
                assert other.recv(100) == b"said"
            ends[0].close()
            ends[1].settimeout(10)
            assert ends[1].recv(100) == b""
    until(lambda: there() == before, "every connection closed")


@pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")
def test_the_servers_peer_has_the_visitors_address_for_a_name(relay):
    with knock(relay) as visitor:
        connection, name = relay.inner.accept()
        connection.close()
        _zero, address, port, _number = name.decode().split("/")
        assert (address, int(port)) == visitor.getsockname()


def test_there_is_an_end_to_how_many_come_in():
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    relay = Relay(door, most=4)
    relay.start()
    with closing(relay), ExitStack() as stack:
        visitors = [stack.enter_context(knock(relay)) for _ in range(4)]
        for visitor in visitors:
            visitor.sendall(b"x")
            stack.enter_context(relay.inner.accept()[0])
        with knock(relay) as one_more:
            assert one_more.recv(1) == b""


REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


@contextmanager
def door(tls: ssl.SSLContext | None = None, **limits) -> Iterator[Relay]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    relay = Relay(listener, tls, **limits)
    relay.start()
    with closing(relay):
        yield relay


def answering(relay: Relay, answer: bytes) -> None:
    """Answer every connection's first request, and keep the connection open."""

    def serve(server: socket.socket) -> None:
        with server, suppress(OSError):
            while server.recv(1 << 16):
                server.sendall(answer)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(relay.inner.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def is_closed(connection: socket.socket) -> bool:
    connection.settimeout(10)
    try:
        everything(connection)
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True


def asked(connection: socket.socket) -> bytes:
    connection.settimeout(10)
    connection.sendall(REQUEST)
    return connection.recv(100)


@pytest.mark.parametrize("sent", [b"", b"GET /", REQUEST])
def test_many_silent_connections_shut_out_nobody(monkeypatch, sent):
    """320 connections that send nothing, or stop sending, block neither a new nor a returning visitor."""
    # Instead of waiting until who has sent something counts as silent.
    monkeypatch.setattr("toolkit.live.process.relay._SILENCE_S", 0.0)
    with door() as relay, ExitStack() as stack:
        answering(relay, b"HTTP/1.1 200 OK\r\n\r\n")
        silent = []
        for _number in range(320):
            silent.append(stack.enter_context(knock(relay)))
            if sent:
                silent[-1].sendall(sent)
                assert silent[-1].recv(100)
        with knock(relay) as person:
            assert asked(person).startswith(b"HTTP/1.1 200")
        # The oldest had to go, and only those.
        assert is_closed(silent[0])
        assert is_closed(silent[120])
        assert asked(silent[319]).startswith(b"HTTP/1.1 200")


def test_one_address_leaves_room_for_others():
    with door(most=6, each=4) as relay, ExitStack() as stack:
        answering(relay, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        one = [stack.enter_context(knock(relay)) for _ in range(4)]
        for connection in one:
            assert asked(connection)
        # A guest's websockets are closed for nobody, so a fifth from there has no room.
        assert is_closed(stack.enter_context(knock(relay)))
        other = socket.create_connection(relay.door.getsockname(), 10, source_address=("127.0.0.2", 0))
        assert asked(stack.enter_context(other))
        assert all(asked(connection) for connection in one)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: "])
def test_the_first_request_comes_within_seconds(sent):
    with door(first_request_s=2.0) as relay:
        answering(relay, b"HTTP/1.1 200 OK\r\n\r\n")
        with knock(relay) as person, knock(relay) as visitor:
            assert asked(person)
            visitor.sendall(sent)
            began = time.monotonic()
            assert is_closed(visitor)
            assert time.monotonic() - began < PATIENCE_S / 2
            # Who has asked once may think for longer.
            assert asked(person)


def test_without_a_handshake_nobody_stays(tmp_path):
    certificate, key = make_certificate(tmp_path)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=certificate)
    server.load_cert_chain(certificate, key)
    with door(server, most=4, first_request_s=PATIENCE_S) as relay, ExitStack() as stack:
        answering(relay, b"HTTP/1.1 200 OK\r\n\r\n")
        silent = [stack.enter_context(knock(relay)) for _ in range(8)]
        assert all(is_closed(one) for one in silent[:4])
        for _time in range(6):
            with client.wrap_socket(knock(relay), server_hostname="localhost") as person:
                assert asked(person).startswith(b"HTTP/1.1 200")
        # A handshake that fails leaves its place.
        for _time in range(6):
            with knock(relay) as stranger:
                stranger.sendall(REQUEST)
                assert is_closed(stranger)
        until(lambda: len(relay._connections) <= 4, "the places of who has left")


def test_much_that_is_sent_early_is_not_all_taken_in(relay):
    """While there is no server, the relay buffers only a small part of a request."""
    with knock(relay) as visitor:
        visitor.settimeout(1.0)
        with pytest.raises(TimeoutError):
            visitor.sendall(REQUEST + bytes(MANY * 4))
        visitor.setblocking(True)
        with relay.inner.accept()[0] as server:
            server.settimeout(10)
            assert server.recv(len(REQUEST)) == REQUEST


def test_closing_ends_who_is_in_and_leaves_nothing(relay):
    with knock(relay) as visitor, relay.inner.accept()[0] as server:
        relay.close()
        server.settimeout(10)
        assert server.recv(1) == b""
        assert select.select([visitor], [], [], 5)[0]
    relay.close()
    until(lambda: not list(runtime_folder().glob("live-*")), "no file")
    with pytest.raises(OSError, match="Invalid"):
        relay.connect(1)
