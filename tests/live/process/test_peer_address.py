"""A server behind the relay knows the visitor's address."""

from __future__ import annotations

import sys
import urllib.request
from types import SimpleNamespace

import pytest
from tornado.httpserver import _HTTPRequestContext
from tornado.httputil import HTTPHeaders, RequestStartLine

from tests.live.server_process import settings_in
from toolkit.live.process.peer_address import RelayedHTTPServer, parse_peer_address
from toolkit.live.process.supervisor import LiveServerSupervisor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")

SERVER = """
import asyncio, json, socket, sys
from tornado.web import Application, RequestHandler
from toolkit.live.process.peer_address import RelayedHTTPServer
class Who(RequestHandler):
    def get(self):
        self.write(self.request.remote_ip)
async def main():
    listener = socket.socket(fileno=json.load(open(sys.argv[-1]))["listener"])
    listener.setblocking(False)
    RelayedHTTPServer(Application([(".*", Who)]), xheaders=XHEADERS).add_socket(listener)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("trusted", [False, True])
def test_it_is_the_visitor_and_not_the_relay(tmp_path, trusted):
    command = [sys.executable, "-s", "-P", "-c", SERVER.replace("XHEADERS", str(trusted))]
    with LiveServerSupervisor(settings_in(tmp_path), command=command) as process:
        process.wait_until_ready()
        for headers, expected in (
            ({}, "127.0.0.1"),
            ({"X-Forwarded-For": "192.0.2.7"}, "192.0.2.7" if trusted else "127.0.0.1"),
            ({}, "127.0.0.1"),
        ):
            with urllib.request.urlopen(urllib.request.Request(process.url, headers=headers)) as answer:
                assert answer.read().decode() == expected


class Spoofed:
    """A connection that comes from another address, and claims a third one."""

    def __init__(self, address: str) -> None:
        self.context = _HTTPRequestContext(SimpleNamespace(socket=None), None, None)
        self.context.address = f"\0mentoring/{address}/80/7-1"

    def asked(self, server: RelayedHTTPServer) -> str:
        found = []
        server.request_callback = lambda request: found.append((request.remote_ip, request.protocol))
        connection = SimpleNamespace(context=self.context, set_close_callback=lambda _callback: None)
        delegate = server.start_request(self, connection)
        headers = HTTPHeaders({"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "Host": "x"})
        delegate.headers_received(RequestStartLine("GET", "/", "HTTP/1.1"), headers)
        delegate.finish()
        return found[0]


@pytest.mark.parametrize(
    ("peer", "believed"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("198.51.100.4", True),
        ("198.51.100.5", False),
        ("2001:db8::1", False),
    ],
)
def test_forwarded_address_is_trusted_from_named_proxies_only(peer, believed):
    """The forwarded address of a proxy is trusted only from this machine and from named proxies."""
    server = RelayedHTTPServer(lambda _request: None, xheaders=True)
    server.trusted = frozenset(["198.51.100.4"])
    connection = Spoofed(peer)
    expected = ("192.0.2.7", "https") if believed else (peer, "http")
    assert connection.asked(server) == expected
    assert server.xheaders is True


def test_other_names_are_nobodys():
    assert parse_peer_address(b"\0mentoring/2001:db8::1/80/7-1") == "2001:db8::1"
    for name in (b"", "", None, b"\0mentoring/", b"\0mentoring/me/1/1", "/tmp/x", ("127.0.0.1", 80)):
        assert parse_peer_address(name) == ""
