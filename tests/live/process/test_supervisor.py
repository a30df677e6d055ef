"""A session's server is started, restarted after a crash, and stopped, together with its kernels."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.live.process.own_certificate import make_certificate
from tests.live.server_process import QUICK, STAND_IN, Talk, asked, ran, settings_in, until
from tests.own_fork_servers import own_fork_servers
from tests.patience import PATIENCE_S
from tests.repeats import repeats
from tests.small_disk import mounts
from toolkit.errors import ExecutionError, InputError, StorageError
from toolkit.i18n import use_language
from toolkit.kernels import fork_servers
from toolkit.live.process.disk_quota import DiskQuota
from toolkit.live.process.supervisor import LiveServerSupervisor
from toolkit.live.session_settings import LiveSettings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")


@pytest.fixture(scope="module", autouse=True)
def _fork_servers_of_their_own() -> Iterator[None]:
    """These tests count kernels, and other tests of this process may have left some running."""
    with own_fork_servers():
        yield


@pytest.fixture
def settings(tmp_path) -> LiveSettings:
    return settings_in(tmp_path)


@pytest.fixture(scope="module")
def stock(tmp_path_factory) -> Iterator[LiveServerSupervisor]:
    """A Jupyter server that several tests share."""
    with LiveServerSupervisor(settings_in(tmp_path_factory.mktemp("stock")), command=STAND_IN) as process:
        process.wait_until_ready()
        yield process


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def descendants(root: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found: set[int] = set()
    more = {root}
    while more:
        more = {pid for pid, parent in parents.items() if parent in more} - found
        found |= more
    return found


def kernels_running() -> int:
    return sum(server.state["running"] for server in fork_servers.running_fork_servers())


def no_kernels() -> int:
    """Wait for the end of the kernels that earlier tests shut down; return 0, the number that is left."""
    until(lambda: kernels_running() == 0, "the end of earlier kernels")
    return 0


def said(process: LiveServerSupervisor, path: str = "/") -> str:
    with urllib.request.urlopen(process.url + path, timeout=PATIENCE_S) as answer:
        return str(answer.read().decode())


def test_a_kernel_starts_computes_restarts_and_is_interrupted(stock):
    with closing(Talk(stock)) as talk:
        assert talk.run("x = 6 * 7; print(x)") == "42\n"
        assert talk.run("import os; print(os.getcwd(), os.getuid())") == "/workspace 1000\n"
        interrupt = f"/api/kernels/{talk.id}/interrupt"
        slow = "import time; print('begun', flush=True); time.sleep(600)"
        assert "KeyboardInterrupt" in talk.run(slow, lambda: asked(stock, interrupt, {}))
        asked(stock, f"/api/kernels/{talk.id}/restart", {})
        talk.reconnect()
        assert talk.run("print('x' in globals())") == "False\n"
        asked(stock, f"/api/kernels/{talk.id}", method="DELETE")


def test_server_and_kernel_write_as_the_owner_of_the_workspace(stock):
    root, state = stock.settings.root, stock.settings.state
    ran(stock, "open(settings.root / 'of-server', 'w').write('s'); open(settings.state / 'kept', 'w')")
    (root / "below").mkdir()
    with closing(Talk(stock, path="below")) as talk:
        assert talk.run("print(open('../of-server').read()); open('of-kernel', 'w').write('k')") == "s\n"
        owner = root.stat()
        for path in (root / "of-server", root / "below/of-kernel", state / "kept"):
            assert (path.stat().st_uid, path.stat().st_gid) == (owner.st_uid, owner.st_gid), path
        assert ran(stock, "print(open(settings.root / 'below/of-kernel').read())") == "k\n"
        asked(stock, f"/api/kernels/{talk.id}", method="DELETE")


def test_a_fourth_kernel_is_refused_with_a_sentence(stock):
    with use_language("en"):
        talks = [Talk(stock) for _ in range(3)]
        with pytest.raises(urllib.error.HTTPError) as refused:
            asked(stock, "/api/kernels", {"name": "mentoring"})
        refused.value.close()
        # What the server prints comes into the log by a pipe.
        until(lambda: "This session has 3 kernels already." in stock.log.read_text(), "the sentence")
        for talk in talks:
            talk.close()
            asked(stock, f"/api/kernels/{talk.id}", method="DELETE")
        talk = Talk(stock)
        assert talk.run("print(1)") == "1\n"
        talk.close()
        asked(stock, f"/api/kernels/{talk.id}", method="DELETE")


def test_broker_starts_a_kernelspec_without_our_provisioner(stock):
    """A kernelspec without our provisioner is started by the broker too."""
    with closing(Talk(stock, name="python3")) as talk:
        assert talk.run("import os; print(os.getcwd())") == "/workspace\n"
        asked(stock, f"/api/kernels/{talk.id}", method="DELETE")


def test_killed_server_returns_on_its_port_without_old_kernels(settings):
    """A killed server restarts on its port, and its kernels have ended."""
    before = no_kernels()
    with LiveServerSupervisor(settings, command=STAND_IN) as process:
        process.wait_until_ready()
        first, url = process.pid, process.url
        with closing(Talk(process)) as talk:
            talk.run("print(1)")
            assert kernels_running() == before + 1
            os.kill(first, signal.SIGKILL)
            # Whoever knocks meanwhile is answered by the next one, and finds no kernel.
            until(lambda: process.pid not in {first, None}, "another server")
            assert asked(process, "/api/kernels", method="GET") == []
        assert (process.url, process.restarts) == (url, 1)
        until(lambda: kernels_running() == before, "the kernel's end")
        with closing(Talk(process)) as again:
            assert again.run("print(2)") == "2\n"
    assert kernels_running() == before


def test_what_keeps_ending_is_given_up_with_its_last_words(settings):
    broken = [*QUICK[:-1], "import sys; sys.exit('no such notebook \\x1b[31mred')"]
    with use_language("en"), LiveServerSupervisor(settings, command=broken) as process:
        with pytest.raises(ExecutionError) as failed:
            process.wait_until_ready(60)
        assert "5 times in a row soon after its start. no such notebook [31mred" in failed.value.message
        assert "output.log" in failed.value.hint
        with pytest.raises(ExecutionError, match="in a row"):
            process.wait()
        with pytest.raises(OSError, match="refused"):
            said(process)


def test_stop_keeps_its_deadline_with_guests_and_a_busy_kernel(settings):
    """Stopping meets its deadline with guests connected and a busy kernel."""
    before = no_kernels()
    with LiveServerSupervisor(settings, command=STAND_IN) as process:
        process.wait_until_ready()
        talk = Talk(process)
        talk.send("import signal; signal.signal(15, signal.SIG_IGN)\nwhile True: pass")
        idle = socket.create_connection(("127.0.0.1", process.port))
        began = time.monotonic()
        process.stop(3.0)
        assert time.monotonic() - began < PATIENCE_S / 2
        assert kernels_running() == before
        assert process.pid is None
        assert process.wait()
        idle.close()
        talk.close()


def test_what_fills_the_disk_is_ended_and_not_started_again(settings):
    growth = DiskQuota([settings.root, settings.state], most_bytes=1_000_000)
    with LiveServerSupervisor(settings, command=STAND_IN, growth=growth) as process:
        process.wait_until_ready()
        before = process.restarts
        ran(process, "open(settings.root / 'large', 'wb').write(bytes(3_000_000))")
        with use_language("en"), pytest.raises(StorageError, match="had written") as ended:
            process.wait(60)
        assert str(settings.root) in ended.value.hint
        assert process.restarts == before


def test_one_file_has_an_end(stock):
    code = (
        "f = open(settings.root / 'hole', 'wb')\ntry:\n f.truncate(2 << 30)\nexcept OSError as e:\n print(e)"
    )
    assert "File too large" in ran(stock, code)


def test_who_does_not_listen_is_killed(settings):
    deaf = [*QUICK[:-1], QUICK[-1].replace("lambda *_: os._exit(0)", "signal.SIG_IGN")]
    with LiveServerSupervisor(settings, command=deaf) as process:
        process.wait_until_ready()
        pid = process.pid
        began = time.monotonic()
        process.stop(1.0)
        assert 0.3 < time.monotonic() - began < PATIENCE_S / 2
        assert not running(pid)
        process.stop()


@pytest.mark.kills
def test_sessions_one_after_another_leave_nothing(tmp_path):
    settings = settings_in(tmp_path)

    def cycle() -> None:
        with LiveServerSupervisor(settings, command=QUICK) as process:
            process.wait_until_ready()

    def census() -> Counter[str]:
        return Counter(
            {
                "descriptors": len(list(Path("/proc/self/fd").iterdir())),
                **Counter(mounts()),
                **Counter(map(str, descendants(os.getpid()))),
                **Counter(f"thread {thread.ident}" for thread in threading.enumerate()),
                **Counter(str(path) for path in fork_servers.runtime_folder().glob("live-*")),
            }
        )

    cycle()
    before = census()
    for _ in range(repeats(20)):
        cycle()
    # What tests before this one leave may end meanwhile, and the last thread may still be ending.
    deadline = time.monotonic() + PATIENCE_S
    while left := census() - before:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


_MENTOR = """
import sys, time
from pathlib import Path
from tests.live.server_process import STAND_IN, Talk, settings_in
from toolkit.live.process.disk_quota import DiskQuota
from toolkit.live.process.supervisor import LiveServerSupervisor
process = LiveServerSupervisor(settings_in(Path(sys.argv[1])), command=STAND_IN)
process.start()
process.wait_until_ready()
talk = Talk(process)
talk.run("1")
print(process.pid, process.port, flush=True)
time.sleep(600)
"""


def test_nothing_outlives_a_mentors_process_that_is_killed(tmp_path):
    before = no_kernels()
    mentor = subprocess.Popen(
        [sys.executable, "-c", _MENTOR, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with mentor:
        pid, port = map(int, mentor.stdout.readline().split())
        family = descendants(mentor.pid)
        assert pid in family
        assert kernels_running() == before + 1
        mentor.kill()
    until(lambda: not any(map(running, family)), "everybody's end")
    until(lambda: kernels_running() == before, "the kernel's end")
    assert not list(fork_servers.runtime_folder().glob("live-*"))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)


def test_others_are_let_in_with_tls_or_when_somebody_says_so(settings):
    with use_language("en"), pytest.raises(InputError) as refused:
        LiveServerSupervisor(settings, host="0.0.0.0", command=QUICK)
    assert "--certfile" in str(refused.value)
    assert "--insecure" in str(refused.value)
    there = settings.model_copy(update={"public_url": "http://here.example"})
    for told_to, host, insecure in (
        (there, "0.0.0.0", True),
        (settings, "127.0.0.1", False),
        (settings, "localhost", False),
    ):
        with LiveServerSupervisor(told_to, host=host, insecure=insecure, command=QUICK) as process:
            process.wait_until_ready()
            with urllib.request.urlopen(f"http://127.0.0.1:{process.port}", timeout=PATIENCE_S) as answer:
                told = answer.read().decode()
            # The links on this machine are made by the server itself.
            assert told.endswith(f"'{told_to.public_url}')"), told


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0", ""])
def test_who_listens_everywhere_says_where_people_come_in(settings, host):
    with use_language("en"), pytest.raises(InputError) as refused:
        LiveServerSupervisor(settings, host=host, insecure=True, command=QUICK)
    assert "--public-url" in str(refused.value)


def test_tls_ends_before_the_sandbox(tmp_path):
    certificate, key = make_certificate(tmp_path)
    settings = settings_in(tmp_path, certfile=certificate, keyfile=key)
    with LiveServerSupervisor(settings, command=STAND_IN) as process:
        process.wait_until_ready()
        assert process.url.startswith("https://")
        context = ssl.create_default_context(cafile=certificate)
        with urllib.request.urlopen(f"https://localhost:{process.port}/api", context=context) as answer:
            assert b"version" in answer.read()
        body = b"print(settings.public_url, settings.certfile)"
        with urllib.request.urlopen(
            f"https://localhost:{process.port}/run", data=body, context=context
        ) as told:
            assert f"{process.url} None" in told.read().decode()


def test_a_certificate_that_is_none_is_refused(settings, tmp_path):
    (tmp_path / "cert.pem").write_text("no")
    with pytest.raises(InputError, match=re.escape(str(tmp_path / "cert.pem"))):
        LiveServerSupervisor(settings.model_copy(update={"certfile": tmp_path / "cert.pem"}), command=QUICK)


def test_an_address_that_is_taken_is_refused(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InputError, match=r"127\.0\.0\.1"):
        LiveServerSupervisor(settings, port=taken.getsockname()[1], command=QUICK)


def test_the_folders_must_be_apart(tmp_path):
    settings = settings_in(tmp_path)
    (settings.root / "state").mkdir()
    with pytest.raises(InputError):
        LiveServerSupervisor(settings.model_copy(update={"state": settings.root / "state"}), command=QUICK)
    with pytest.raises(InputError):
        LiveServerSupervisor(settings.model_copy(update={"root": Path.home()}), command=QUICK)


def test_the_server_learns_who_knocks(settings):
    with LiveServerSupervisor(settings, command=QUICK) as process:
        process.wait_until_ready()
        assert "mentoring/127.0.0.1/" in said(process)


def test_a_link_in_the_place_of_the_log_is_not_followed(settings, tmp_path):
    (tmp_path / "precious").write_text("kept")
    (settings.state / "output.log").symlink_to(tmp_path / "precious")
    with LiveServerSupervisor(settings, command=QUICK) as process:
        process.wait_until_ready()
    assert (tmp_path / "precious").read_text() == "kept"
    assert process.log.read_text() == "ready\n"
    assert process.log.stat().st_mode & 0o777 == 0o600


def test_without_a_sandbox_where_somebody_asks_for_that(settings, monkeypatch):
    monkeypatch.setenv("MENTORING_KERNELS", "unsafe")
    with LiveServerSupervisor(settings, command=STAND_IN) as process:
        process.wait_until_ready()
        assert process.notice
        assert ran(process, "import os; print(os.getppid(), settings.broker)") == f"{os.getpid()} -1\n"
        pid = process.pid
    assert not running(pid)


def test_a_groups_folder_that_is_a_link_is_not_lent(tmp_path):
    copies = ({"guest": "ana", "notebook": "ana/ana.ipynb"},)
    settings = settings_in(tmp_path, copies=copies)
    (tmp_path / "elsewhere").mkdir()
    (settings.root / "ana").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="no folder of the session's own"):
        LiveServerSupervisor(settings)
