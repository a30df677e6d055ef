"""The broker starts kernels for a server that may send any request."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.live.server_process import until
from tests.patience import PATIENCE_S
from toolkit.errors import ExecutionError
from toolkit.i18n import use_language
from toolkit.kernels import broker_client, fork_servers
from toolkit.kernels.kernel_handle import KernelHandle
from toolkit.live.process.kernel_broker import KernelBroker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

KEY = "0123456789abcdef-key"


class Asker:
    """The server's side: sends valid requests, or arbitrary bytes."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "work"
        self.place.mkdir()
        self.stack = ExitStack()
        self.broker = KernelBroker(self.place, self.place)
        self.stack.callback(self.broker.close)
        self.end = self.stack.enter_context(socket.socket(fileno=os.dup(self.broker.theirs.fileno())))
        self.broker.start()

    def listeners(self, kind: int = socket.AF_UNIX) -> list[int]:
        made = []
        for _ in range(5):
            listener = self.stack.enter_context(socket.socket(kind))
            listener.bind("" if kind == socket.AF_UNIX else ("127.0.0.1", 0))
            listener.listen()
            made.append(listener.fileno())
        return made

    def ask(self, listeners: list[int] | None = None, **wanted: Any) -> KernelHandle:
        request = {"cwd": "", "key": KEY, "signature_scheme": "hmac-sha256", "arguments": [], "variables": {}}
        started, place = broker_client.request_kernel(
            self.end.fileno(), self.listeners() if listeners is None else listeners, **(request | wanted)
        )
        assert place == self.place
        self.stack.callback(started.close)
        return started

    def send(self, data: bytes, descriptors: list[int]) -> dict[str, Any]:
        """Send a request unchanged; return the answer."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                socket.send_fds(self.end, [data], [*descriptors, theirs.fileno()])
            return KernelHandle(ours).told()


@pytest.fixture
def asker(tmp_path) -> Iterator[Asker]:
    made = Asker(tmp_path)
    with made.stack:
        yield made
    left = [thread.name for thread in threading.enumerate() if thread.name == "mentoring broker"]
    assert not left


def ended(started: KernelHandle) -> list[Any]:
    started.connection.settimeout(10)
    kind: list[Any] = started.told()["ended"]
    return kind


def running() -> int:
    return sum(server.state["running"] for server in fork_servers.running_fork_servers())


def test_a_kernel_lives_as_long_as_its_connection(asker):
    before = running()
    started = asker.ask()
    assert started.python.startswith("3.")
    assert running() == before + 1
    started.close()
    until(lambda: running() == before, "its end")


def test_signals_reach_it_and_its_end_is_told(asker):
    started = asker.ask()
    started.signal(signal.SIGKILL)
    assert ended(started) == ["signal", signal.SIGKILL]
    assert started.told() == {}


def test_kernels_end_with_their_broker(asker):
    before = running()
    one, other = asker.ask(), asker.ask()
    asker.broker.close()
    assert running() == before
    assert ended(one)
    assert ended(other)


def test_kernels_end_with_their_server(asker):
    before = running()
    asker.ask()
    asker.end.shutdown(socket.SHUT_RDWR)
    until(lambda: running() == before, "its end")


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"cwd": "/etc"}, "works in its workspace alone"),
        ({"cwd": "{place}/../other"}, "works in its workspace alone"),
        ({"cwd": "{place}-more"}, "works in its workspace alone"),
        ({"cwd": "relative"}, "works in its workspace alone"),
        ({"key": "short"}, "no request"),
        ({"signature_scheme": "none"}, "no request"),
        ({"arguments": ["x"] * 17}, "no request"),
        ({"arguments": ["x" * 5000]}, "no request"),
    ],
)
def test_what_is_not_allowed_is_refused_with_a_sentence(asker, wanted, sentence):
    wanted = {
        name: value.format(place=asker.place) if isinstance(value, str) else value
        for name, value in wanted.items()
    }
    with use_language("en"), pytest.raises(ExecutionError, match=sentence):
        asker.ask(**wanted)
    assert asker.ask()


def request(**more: Any) -> bytes:
    return json.dumps({"cwd": "", "key": KEY, "signature_scheme": "hmac-sha256", **more}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 50_000,
        request(workspace="/"),
        request(writable=False),
        request(network=True),
        request(memory=1 << 50),
        request(variables={"LD_PRELOAD": "/workspace/own.so"}),
        request(variables={"JPY_SESSION_NAME": 7}),
        request(arguments="--debug"),
        json.dumps({"ask": "stop"}).encode(),
        json.dumps({"ask": "start", "face": "shell", "workspace": "/"}).encode(),
    ],
)
def test_garbage_is_refused_and_the_next_request_is_heard(asker, data):
    with use_language("en"):
        assert asker.send(data, asker.listeners())["refused"].startswith("That is no request")
        assert asker.ask()


def test_variables_that_a_kernel_may_have_are_passed_on(asker):
    started = asker.ask(variables={"JPY_SESSION_NAME": "n.ipynb", "SECRET": "x"})
    assert started.python


@pytest.mark.parametrize(
    "make",
    [
        lambda asker: asker.listeners(socket.AF_INET),
        lambda asker: [*asker.listeners()[:4], os.open("/", os.O_RDONLY)],
        lambda asker: [asker.end.fileno()] * 5,
    ],
    ids=["tcp", "folder", "other sockets"],
)
def test_broker_refuses_other_than_listening_unix_sockets(asker, make):
    """Descriptors other than listening unix sockets are refused."""
    given = make(asker)
    with use_language("en"), pytest.raises(ExecutionError, match="Unix sockets alone"):
        asker.ask(given)
    assert asker.ask()
    for descriptor in given:
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            os.close(descriptor)


@pytest.mark.parametrize("count", [0, 1, 4, 6, 30])
def test_too_many_and_too_few_descriptors_cost_nothing(asker, count):
    asker.ask()
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert asker.send(request(), (asker.listeners() * 6)[:count]) == {}
    until(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before + 5, "what was sent is closed")
    assert asker.ask()


def test_a_packet_that_is_too_long_is_dropped(asker):
    assert asker.send(request(key="x" * 70_000), asker.listeners()) == {}
    assert asker.ask()


def test_three_kernels_and_no_more(asker):
    kernels = [asker.ask() for _ in range(3)]
    with use_language("en"), pytest.raises(ExecutionError, match="3 kernels already"):
        asker.ask()
    kernels[0].close()
    until(lambda: _can(asker), "room for another")


def _can(asker: Asker) -> bool:
    try:
        asker.ask()
    except ExecutionError:
        return False
    return True


@pytest.mark.parametrize(
    "line",
    [
        b'{"ask": "stop"}\n',
        b'{"ask": "start", "face": "shell", "workspace": "/", "writable": true}\n',
        b'{"ask": "owner", "uid": 0, "gid": 0}\n',
        b'{"signal": "9"}\n',
        b"x" * 10_000,
        b"\n",
    ],
)
def test_the_connection_of_a_kernel_is_none_to_the_fork_server(asker, line):
    before = {server.pid for server in fork_servers.running_fork_servers()}
    other = asker.ask()
    started = asker.ask()
    started.connection.sendall(line)
    # It costs the kernel whose connection it is.
    until(lambda: _is_over(started), "its end")
    assert {server.pid for server in fork_servers.running_fork_servers()} >= before
    other.signal(signal.SIGKILL)
    assert ended(other)


def _is_over(started: KernelHandle) -> bool:
    started.connection.settimeout(5)
    return started.told() == {} or _is_over(started)


def test_the_keeper_of_a_kernel_cannot_be_stopped(asker):
    started = asker.ask()
    started.signal(signal.SIGSTOP)
    started.signal(4711)
    started.signal(signal.SIGTERM)
    started.signal(signal.SIGKILL)
    assert ended(started)


def test_broker_ends_despite_a_flood_of_garbage(asker):
    """A flood of invalid requests does not prevent the broker from ending."""
    asker.ask()
    asker.end.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            asker.end.send(b"{" * 1000)
    began = time.monotonic()
    asker.broker.close()
    assert time.monotonic() - began < PATIENCE_S / 2


def test_nothing_is_answered_when_the_broker_is_gone(asker):
    asker.broker.close()
    with use_language("en"), pytest.raises(ExecutionError, match="does not answer"):
        asker.ask()


def test_sentences_are_in_the_sessions_language(tmp_path):
    place = tmp_path / "work"
    place.mkdir()
    broker = KernelBroker(place, place, language="fr")
    with closing(broker), socket.socket(fileno=os.dup(broker.theirs.fileno())) as end:
        broker.start()
        said = {"cwd": "/", "key": KEY, "signature_scheme": "hmac-sha256", "arguments": [], "variables": {}}
        with use_language("en"), pytest.raises(ExecutionError, match="Un noyau"):
            broker_client.request_kernel(end.fileno(), [0] * 5, **said)
