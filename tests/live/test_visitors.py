"""A server behind the relay knows who asks."""

from __future__ import annotations

import sys
import urllib.request

import pytest

from tests.live.session import settings_in
from toolkit.live.process import LiveProcess
from toolkit.live.visitors import visitor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")

SERVER = """
import asyncio, json, socket, sys
from tornado.web import Application, RequestHandler
from toolkit.live.visitors import RelayedServer
class Who(RequestHandler):
    def get(self):
        self.write(self.request.remote_ip)
async def main():
    listener = socket.socket(fileno=json.load(open(sys.argv[-1]))["listener"])
    listener.setblocking(False)
    RelayedServer(Application([(".*", Who)]), xheaders=XHEADERS).add_socket(listener)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("trusted", [False, True])
def test_it_is_the_visitor_and_not_the_relay(tmp_path, trusted):
    command = [sys.executable, "-s", "-P", "-c", SERVER.replace("XHEADERS", str(trusted))]
    with LiveProcess(settings_in(tmp_path), command=command) as process:
        process.wait_until_ready()
        for headers, expected in (
            ({}, "127.0.0.1"),
            ({"X-Forwarded-For": "192.0.2.7"}, "192.0.2.7" if trusted else "127.0.0.1"),
            ({}, "127.0.0.1"),
        ):
            with urllib.request.urlopen(urllib.request.Request(process.url, headers=headers)) as answer:
                assert answer.read().decode() == expected


def test_other_names_are_nobodys():
    assert visitor(b"\0mentoring/2001:db8::1/80/7-1") == "2001:db8::1"
    for name in (b"", "", None, b"\0mentoring/", b"\0mentoring/me/1/1", "/tmp/x", ("127.0.0.1", 80)):
        assert visitor(name) == ""
