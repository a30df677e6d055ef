# ruff: noqa: E501 - attacks are quoted as they are
"""Student code tries to communicate with the host and the network."""

from __future__ import annotations

from tests.security.execution_modes import DirectFace


def test_there_is_nobody_to_talk_to(face):
    face.run("network").refused(least=60)


def test_it_may_talk_to_itself(face):
    said = face.run(
        """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    with socket.create_connection(server.getsockname()) as client, server.accept()[0] as other:
        client.sendall(b"hello")
        print(other.recv(5))
"""
    )
    assert "b'hello'" in said.text


def test_with_the_network_the_host_is_still_closed(world):
    """`network=True` opens only the internet: the host's abstract sockets, packets, interfaces stay closed."""
    outcome = DirectFace(world).run(
        """
import socket
from attack import GIVEN, attempt
def abstract(name, kind):
    with socket.socket(socket.AF_UNIX, kind) as client:
        client.connect("\\0" + name)
        return "connected"
attempt("abstract", abstract, GIVEN["abstract"], socket.SOCK_STREAM)
attempt("abstract datagram", abstract, GIVEN["abstract"] + "-datagram", socket.SOCK_DGRAM)
attempt("path", lambda: socket.socket(socket.AF_UNIX).connect(GIVEN["unix"]) or "connected")
attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
attempt("netfilter", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12))
attempt("interface up", lambda: __import__("fcntl").ioctl(socket.socket(), 0x8914, b"lo".ljust(16, b"\\0") + b"\\x49\\0" + bytes(14)))
""",
        network=True,
    )
    outcome.refused(least=8)
