"""A remote student joins through a real tunnel: OpenSSH, as described in docs/remote.md."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.live.server_process import STAND_IN, Talk, settings_in, until
from tests.patience import PATIENCE_S
from toolkit.live.process.supervisor import LiveServerSupervisor

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")

pytestmark = pytest.mark.skipif(not SSHD or not shutil.which("ssh"), reason="there is no OpenSSH server here")

Tunnel = Callable[..., object]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def tunnel(tmp_path_factory) -> Iterator[Tunnel]:
    """An ssh to a server of our own: ``with tunnel("-R", "…")``."""
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    port = free_port()
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/key.pub\n"
        "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        "PermitRootLogin prohibit-password\n"
    )
    separation = Path("/run/sshd")
    made = os.geteuid() == 0 and not separation.exists()
    if made:
        separation.mkdir(mode=0o755)
    server = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", folder / "config"], stderr=subprocess.PIPE, start_new_session=True
    )

    @contextmanager
    def one(*forward: str) -> Iterator[subprocess.Popen[bytes]]:
        user = pwd.getpwuid(os.getuid()).pw_name
        line = ["ssh", "-F", "none", "-N", "-i", folder / "key", "-p", str(port), "-o", "BatchMode=yes"]
        line += ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder}/known"]
        line += ["-o", "ExitOnForwardFailure=yes", "-o", "LogLevel=ERROR", *forward, f"{user}@127.0.0.1"]
        client = subprocess.Popen(line, stdin=subprocess.DEVNULL)
        try:
            yield client
        finally:
            client.kill()
            client.wait()

    try:
        until(lambda: answers(port), "sshd")
        yield one
    finally:
        # With the session that it keeps for each of us.
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.communicate()
        if made:
            separation.rmdir()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def version(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{url}/api", timeout=5) as answer:
        return b"version" in answer.read()
    return False


@pytest.fixture(scope="module")
def process(tmp_path_factory) -> Iterator[LiveServerSupervisor]:
    with LiveServerSupervisor(settings_in(tmp_path_factory.mktemp("far")), command=STAND_IN) as running:
        running.wait_until_ready()
        yield running


def test_ssh_tunnel_forwards_the_address_to_a_shared_machine(tunnel, process):
    """`ssh -R`: the student opens an address of the shared machine."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tunnel("-R", f"127.0.0.1:{port}:127.0.0.1:{process.port}"):
        until(lambda: version(url), "the tunnel")
        with closing(Talk(process, url)) as talk:
            assert talk.run("print(6 * 7)") == "42\n"
    assert not version(url)


def test_the_student_fetches_the_door_from_the_mentors_machine(tunnel, process):
    """`ssh -L`: the student has an account on the mentor's machine, and opens an address of their own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tunnel("-L", f"127.0.0.1:{port}:127.0.0.1:{process.port}"):
        until(lambda: version(url), "the tunnel")
        with closing(Talk(process, url)) as talk:
            assert talk.run("print(6 * 7)") == "42\n"


def test_neither_a_new_server_nor_a_new_tunnel_changes_the_link(tunnel, process):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    forward = "-R", f"127.0.0.1:{port}:127.0.0.1:{process.port}"
    with tunnel(*forward):
        until(lambda: version(url), "the tunnel")
        first = process.pid
        os.kill(first, signal.SIGKILL)
        until(lambda: process.pid not in {first, None}, "another server")
        until(lambda: version(url), "an answer", PATIENCE_S)
    with tunnel(*forward):
        until(lambda: version(url), "the tunnel again")
