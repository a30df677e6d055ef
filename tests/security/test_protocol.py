# ruff: noqa: E501 - attacks are quoted as they are
"""Forged messages to the sandbox: from student code to its client, from strangers to the server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from tests.security.conftest import _born
from tests.security.execution_modes import SMALL, DirectFace
from toolkit.kernels import fork_servers

# In the kernel: the descriptor of the direct face's channel, and a way to write whatever.
CHANNEL = """
import json, os, socket, stat, struct, time
def channel():
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                taken = socket.socket(fileno=os.dup(int(name)))
                # asyncio has a pair of its own; the other end of this one is with somebody who is not in here.
                made_by = struct.unpack("iii", taken.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
                if taken.family == socket.AF_UNIX and made_by != os.getpid():
                    return taken
        except OSError:
            continue
taken = channel()
def frame(data, length=None):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    taken.sendall(struct.pack(">I", len(data) if length is None else length) + data)
def message(kind, content, parent="1", **more):
    return {"msg_type": kind, "content": content, "metadata": {}, "parent": parent, **more}
"""

GARBLED = {
    "no json": "frame(b'this is no json')",
    "no text": "frame(b'\\xff\\xfe\\x00')",
    "a number": "frame(b'7')",
    "a list": "frame(b'[]')",
    "nothing": "frame(b'null')",
    "empty": "frame(b'')",
    "deep": "frame(b'[' * 200_000)",
    "deep object": "frame(b'{\"a\":' * 100_000)",
    "long": "frame(b'', 0xffffffff)",
    "an empty object": "frame({})",
    "unknown kind": "frame(message('attack', {}))",
    "kind is a list": "frame(message(['stream'], {}))",
    "content is a list": "frame(message('stream', []))",
    "no name": "frame(message('stream', {'text': 'x'}))",
    "text is a number": "frame(message('stream', {'name': 'stdout', 'text': 7}))",
    "data is a number": "frame(message('display_data', {'data': 7, 'metadata': {}}))",
    "data is a list": "frame(message('display_data', {'data': [], 'metadata': []}))",
    "error without words": "frame(message('error', {}))",
    "error of numbers": "frame(message('error', {'ename': 1, 'evalue': 2, 'traceback': 3}))",
    "parent is a list": "frame(message('stream', {'name': 'stdout', 'text': 'x'}, parent=[]))",
    "buffers are numbers": "frame(message('comm_msg', {'comm_id': 'x', 'data': {}}, buffers=[1]))",
    "buffers are no base64": "frame(message('comm_msg', {'comm_id': 'x', 'data': {}}, buffers=['!']))",
    "reply is a number": "frame({'done': N, 'reply': 7})",
    "reply is missing": "frame({'done': N})",
    "reply is a list of pairs": "frame({'done': N, 'reply': [['status', 'ok']]})",
    "status is nonsense": "frame({'done': N, 'reply': {'status': 'splendid'}})",
    "status is ended": "frame({'done': N, 'reply': {'status': 'ended'}})",
    "status is an object": "frame({'done': N, 'reply': {'status': {}}})",
    "count is nonsense": "frame({'done': N, 'reply': {'status': 'ok', 'execution_count': -1e308}})",
    "huge number": "frame(b'{\"done\": ' + b'9' * 5000 + b'}')",
    "not a number": 'frame(b\'{"done": NaN, "reply": Infinity}\')',
    "comm without an id": "frame(message('comm_open', {'data': {}}))",
    "widget state is a list": "frame(message('comm_open', {'comm_id': 'x', 'target_name': 'jupyter.widget', 'data': {'state': []}}))",
    "update of nothing": "frame(message('update_display_data', {'data': {}, 'metadata': {}, 'transient': {'display_id': []}}))",
    "clear": "frame(message('clear_output', {'wait': 'x'}))",
    "half a frame": "frame(b'{', 1000)",
}


@pytest.mark.parametrize("sent", GARBLED.values(), ids=GARBLED)
def test_a_forged_frame_ends_at_most_its_own_kernel(world, sent):
    face = DirectFace(world)
    with face.open() as kernel:
        kernel.run("'first'")
        began = time.monotonic()
        code = f"{CHANNEL}\nN = 2\n{sent}\ntime.sleep(0.1)\nprint('after')"
        reply = kernel.shell.run(code, seconds=3)
        assert time.monotonic() - began < PATIENCE_S
        assert reply.status in {"ok", "error", "interrupted", "ended"}
        assert (reply.ended is not None) == (reply.status == "ended")
        if reply.ended is not None:
            assert reply.ended.kind in {"garbled", "time"}, reply
        assert all(isinstance(output.output_type, str) for output in reply.outputs)
        assert reply.execution_count is None or isinstance(reply.execution_count, int)
        json.dumps(reply.outputs)
        again = kernel.shell.run("print('next')", seconds=3)
        assert again.status in {"ok", "error", "interrupted", "ended"}
        assert time.monotonic() - began < PATIENCE_S


@pytest.mark.parametrize(
    "sent",
    ["no json", "no text", "a number", "empty", "deep", "long", "an empty object", "reply is a number"],
)
def test_what_no_kernel_says_ends_it_as_garbled(world, sent):
    with DirectFace(world).open() as kernel:
        code = f"{CHANNEL}\nN = 1\n{GARBLED[sent]}\ntime.sleep(5)"
        reply = kernel.shell.run(code, seconds=4)
        assert reply.status == "ended"
        assert reply.ended.kind == "garbled"
        assert str(reply.ended)


def test_the_forger_does_not_hang_its_client(world):
    """The student's code closes, shuts down, floods, or stops reading its own channel."""
    for sent in (
        "taken.shutdown(2); time.sleep(5)",
        "os.closerange(3, 4096); time.sleep(5)",
        "taken.setblocking(True)\nwhile True: frame(message('stream', {'name': 'stdout', 'text': 'x'}, parent='no'))",
        "while True: frame(message('stream', {'name': 'stdout', 'text': 'x' * 1000}))",
        "while True: frame(message('error', {'ename': 'x', 'evalue': 'x' * 100000, 'traceback': []}))",
        "while True: frame(message('clear_output', {'wait': False}))",
        "while True: socket.send_fds(taken, [b'\\0\\0\\0\\2{}'], [0] * 50)",
        "while True: taken.sendall(b'\\0')",
    ):
        with DirectFace(world).open() as kernel:
            began = time.monotonic()
            reply = kernel.shell.run(f"{CHANNEL}\n{sent}", seconds=1)
            assert time.monotonic() - began < PATIENCE_S, sent
            assert reply.status in {"ok", "error", "interrupted", "ended"}, sent
            kernel.shell.run("1", seconds=1)
            assert time.monotonic() - began < PATIENCE_S, sent


MEASURED = """
import resource, sys
sys.path.insert(0, {root!r})
from tests.security.execution_modes import SMALL
from tests.security.test_protocol import CHANNEL
from toolkit.kernels.sandboxed_shell import SandboxedShell
with SandboxedShell.open(limits=SMALL, preload=("numpy",)) as shell:
    shell.run("print(1)")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reply = shell.run(CHANNEL + {code!r}, seconds=1.5)
    shell.run("1", seconds=2)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print("grown", grown // 1024, reply.status, len(str(reply)))
"""


@pytest.mark.parametrize(
    "sent",
    [
        "frame(b'[' + b'[],' * 20_000_000 + b'[]]')",
        "frame(b'{' + b','.join(b'\"%d\":{}' % i for i in range(1_500_000)) + b'}')",
        "taken.sendall(struct.pack('>I', 60 << 20))\nwhile True: taken.sendall(b'x' * 65536)",
        "while True: frame(message('error', {'ename': 'x', 'evalue': 'x' * 1000000, 'traceback': []}))",
        "for n in range(10**9): frame(message('comm_open', {'comm_id': str(n), 'target_name': 'jupyter.widget', 'data': {'state': {'a': 'x' * 1000000}}}))",
        "for n in range(10**9): frame(message('display_data', {'data': {}, 'metadata': {}, 'transient': {'display_id': str(n) + 'x' * 1000000}}))",
        "frame({'done': 2, 'reply': {'status': 'error', 'ename': 'x', 'evalue': 'x' * 50_000_000, 'traceback': []}})",
        "while True: frame(message('stream', {'name': 'stdout', 'text': 'x' * 1000000}, parent='9'))",
    ],
    ids=["lists", "objects", "never whole", "errors", "widgets", "displays", "reply", "of another cell"],
)
def test_the_memory_of_the_client_is_bounded(world, sent):
    # In a process of its own, whose greatest size can be measured.
    script = MEASURED.format(root=str(Path(__file__).parents[2]), code=sent)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.startswith("grown"), done.stdout + done.stderr
    _word, grown, status, length = done.stdout.split()
    assert int(grown) < 200, done.stdout
    assert status in {"ok", "error", "interrupted", "ended"}
    assert int(length) < 10 * SMALL.output_bytes


@pytest.mark.parametrize(
    "sent",
    [
        b"garbage\n",
        b"\xff\xfe\x00\n",
        b"{}\n[]\nnull\n7\n",
        b'{"ask": "start"}\n',
        b'{"ask": "fly"}\n',
        b'{"ask": ["start"]}\n',
        b'{"ask": "start", "face": "shell", "workspace": 7, "mount": true}\n',
        b'{"ask": "owner", "uid": "x", "gid": []}\n',
        b'{"ask": "owner", "uid": 123456, "gid": 123456}\n',
        b'{"signal": 9}\n{"signal": "x"}\n{"signal": -1}\n{"signal": 99999999999999999999}\n',
        b'{"ask": "stat',
        b"[" * 200_000 + b"\n",
        b'{"a":' * 100_000 + b"\n",
        b'{"ask": ' + b"9" * 10_000 + b"}\n",
        b"x" * (10 << 20),
        b"\n" * 100_000,
        b'{"ask": "status"}\n' * 2_000,
    ],
    ids=lambda sent: repr(sent[:24]),
)
def test_a_client_that_sends_nonsense_costs_nobody_anything(face, sent):
    server = fork_servers.running_fork_servers()[0]
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(server.folder / "socket"))
        client.settimeout(2)
        # It may hang up.
        with suppress(OSError):
            client.sendall(sent)
    again = fork_servers.running_fork_servers()[0]
    assert (again.pid, _born(again.pid)) == (server.pid, _born(server.pid))
    assert "42" in face.run("print(6 * 7)").text


def test_descriptors_that_nobody_asked_for(face):
    """Descriptors sent with garbage, with requests, in great numbers: the server keeps none of them."""
    server = fork_servers.running_fork_servers()[0]
    before = len(list(Path(f"/proc/{server.pid}/fd").iterdir())) if os.geteuid() == 0 else 0
    for sent in (b"x", b'{"ask": "status"}\n', b'{"ask": "start", "face": "shell"}\n', b'{"ask": "fly"}\n'):
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as client, Path(os.devnull).open("rb") as nothing:
                client.connect(str(server.folder / "socket"))
                try:
                    for _again in range(4):
                        socket.send_fds(client, [sent], [nothing.fileno()] * 40)
                except OSError:
                    pass
    assert "42" in face.run("print(6 * 7)").text
    if before:
        deadline = time.monotonic() + PATIENCE_S
        while len(list(Path(f"/proc/{server.pid}/fd").iterdir())) > before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(list(Path(f"/proc/{server.pid}/fd").iterdir())) <= before


def test_clients_that_vanish(face):
    """Two hundred clients that disappear in the middle of a start, without reading the answer."""
    server = fork_servers.running_fork_servers()[0]
    for number in range(200):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(server.folder / "socket"))
            client.sendall(b'{"ask": "status"}\n' if number % 2 else b'{"ask": ')
    for _ in range(5):
        face.start(None, writable=False, limits=SMALL).close()
    assert "42" in face.run("print(6 * 7)").text


def test_the_server_is_nobody_elses(face):
    server = fork_servers.running_fork_servers()[0]
    assert fork_servers.runtime_folder().stat().st_mode & 0o077 == 0
    assert server.folder.stat().st_mode & 0o077 == 0
    assert (server.folder / "socket").exists()


if os.geteuid() == 0:

    def test_another_user_cannot_connect(face):
        folder = fork_servers.running_fork_servers()[0].folder
        code = (
            "import os, socket, sys\n"
            "os.setgroups([]); os.setgid(1234); os.setuid(1234)\n"
            "try:\n    socket.socket(socket.AF_UNIX).connect(sys.argv[1]); print('REACHED')\n"
            "except PermissionError:\n    print('REFUSED')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder / "socket")], capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == "REFUSED", done


def test_a_runtime_folder_of_somebody_else_is_not_used(world, monkeypatch):
    """The first to make the folder could otherwise listen to everybody's kernels, and answer for them."""
    from toolkit.errors import ExecutionError

    trap = world.root / "trap"
    trap.mkdir(mode=0o777)
    trap.chmod(0o777)
    link = world.root / "trap-link"
    link.symlink_to(world.runtime)
    for folder in (trap, link):
        monkeypatch.setenv("MENTORING_RUNTIME_DIR", str(folder))
        with pytest.raises(ExecutionError):
            fork_servers.runtime_folder()


def test_messages_without_the_key_are_ignored(world, folder):
    """Jupyter's protocol: a wrong signature, no signature, a replayed message, and an oversized one."""
    import zmq

    from tests.security.execution_modes import ProtocolFace

    with ProtocolFace(world).open(folder) as kernel:
        manager = kernel.manager
        info = manager.get_connection_info()
        context = zmq.Context()
        try:
            for name in ("shell", "control"):
                sender = context.socket(zmq.DEALER)
                sender.linger = 0
                address = f"{info['transport']}://{info['ip']}" + ("-" if info["transport"] == "ipc" else ":")
                sender.connect(f"{address}{info[f'{name}_port']}")
                stranger = type(manager.session)(
                    key=b"not the key", signature_scheme=info["signature_scheme"]
                )
                request = stranger.msg("execute_request", {"code": "open('attacked', 'w')", "silent": True})
                stranger.send(sender, request)
                stranger.send(sender, stranger.msg("shutdown_request", {"restart": False}))
                sender.send_multipart([b"<IDS|MSG>", b"", b"{}", b"{}", b"{}", b"{}"])
                sender.send_multipart([b"<IDS|MSG>"])
                sender.send_multipart([b"x" * (8 << 20)] * 3)
                sender.send(b"")
                # Nothing lingers: what is not sent by then is dropped.
                time.sleep(0.3)
                sender.close()
            assert "42" in kernel.run("print(6 * 7)").text
            assert not (folder / "attacked").exists()
            mine = manager.connection_file
            assert Path(mine).stat().st_mode & 0o077 == 0, "the key is for its owner"
        finally:
            context.destroy(linger=0)
