"""What comes in at the door reaches the server, and the other way round."""

from __future__ import annotations

import hashlib
import os
import select
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.live.server_process import until
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
    """Who knocks before there is a server is served when there is one."""
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
