"""`mentor kernels` lists, starts and stops our fork servers, and leaves those of other users alone."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from toolkit.kernels import fork_servers
from toolkit.kernels.fork_servers import ForkServerKey
from toolkit.kernels.sandboxed_shell import SandboxedShell

QUICK = "json"


@pytest.fixture(autouse=True)
def runtime(monkeypatch):
    """A separate runtime folder; its path is short, because socket paths must be short."""
    folder = Path(tempfile.mkdtemp(prefix="mk-", dir="/tmp"))
    monkeypatch.setenv("MENTORING_RUNTIME_DIR", str(folder))
    yield folder
    monkeypatch.setenv("MENTORING_RUNTIME_DIR", str(folder))
    folder.chmod(0o700)
    for server in fork_servers.running_fork_servers():
        server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def warm(mentor):
    assert mentor("kernels", "warm", "--preload", QUICK)[0] == 0


def status(mentor):
    code, out, err = mentor("kernels", "status", "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_where_none_runs_the_next_step_is_named(mentor):
    code, out, _err = mentor("kernels", "status")
    assert code == 0
    assert "mentor kernels warm" in out
    assert status(mentor) == []
    assert mentor("kernels", "stop")[:2] == (0, "No fork server is running.\n")


def test_warm_starts_one_and_says_so_once(mentor):
    code, out, _err = mentor("kernels", "warm", "--preload", QUICK)
    assert code == 0
    assert out.startswith("Ready after ")
    assert f"with {QUICK}." in out
    assert "mentor kernels stop" in out.splitlines()[-1]
    code, out, _err = mentor("kernels", "warm", "--preload", QUICK)
    assert code == 0
    assert out.startswith("It was ready already: ")
    (server,) = status(mentor)
    assert server["preloaded"] == [QUICK]
    assert server["network"] is False
    assert (server["running"], server["started"]) == (0, 0)
    assert 10_000_000 < server["memory_bytes"] < 1_000_000_000
    assert Path(f"/proc/{server['pid']}").exists()


def test_the_table_has_a_line_a_server(mentor, warm):
    code, out, _err = mentor("kernels", "status")
    assert code == 0
    (line,) = out.splitlines()
    python, preloaded, network, running, started, _since, memory = line.split("\t")
    assert python == ".".join(map(str, sys.version_info[:3]))
    assert (preloaded, network, running, started) == (QUICK, "no", "0", "0")
    assert memory.endswith(" MB")


def test_a_server_with_the_network_is_another_one(mentor, warm):
    assert mentor("kernels", "warm", "--preload", QUICK, "--network")[0] == 0
    assert [server["network"] for server in status(mentor)] == [False, True]
    assert mentor("kernels", "stop")[1] == "2 fork servers were stopped.\n"


def test_what_cannot_be_imported_is_named(mentor):
    code, _out, err = mentor("kernels", "warm", "--preload", QUICK, "--preload", "no_such_module")
    assert code == 0
    assert "no_such_module" in err
    assert status(mentor)[0]["preloaded"] == [QUICK]


def test_a_module_that_fails_is_told_by_its_own_error(mentor, runtime):
    # A relative import has no place to start from.
    code, out, err = mentor("kernels", "warm", "--preload", "..")
    assert (code, out) == (5, "")
    assert "TypeError" in err
    assert "Traceback" not in err
    assert str(runtime) in err


def test_stop_asks_where_kernels_are_running(mentor, warm, monkeypatch):
    with SandboxedShell.open(preload=(QUICK,)) as shell:
        assert shell.run("x = 1").status == "ok"
        (server,) = status(mentor)
        assert (server["running"], server["started"]) == (1, 1)
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        code, out, _err = mentor("kernels", "stop")
        assert code == 1
        assert "1 kernel is running" in out
        assert "Nothing was stopped." in out
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        assert mentor("kernels", "stop")[0] == 130
        assert shell.run("x").outputs[0].data["text/plain"] == "1"
        code, out, _err = mentor("kernels", "stop", "--yes")
        assert (code, out) == (0, "1 fork server was stopped. 1 kernel ended with it.\n")
        assert shell.run("x").status == "ended"
    assert status(mentor) == []


def test_stop_leaves_nothing_of_servers_that_were_killed(mentor, warm, runtime):
    (server,) = fork_servers.running_fork_servers()
    os.kill(server.pid, 9)
    assert server.folder.exists()
    assert mentor("kernels", "stop")[0] == 0
    assert [path.name for path in runtime.iterdir()] == ["fonts"]
    assert mentor("kernels", "warm", "--preload", QUICK)[0] == 0


def test_without_a_sandbox_nothing_is_started(mentor, monkeypatch):
    monkeypatch.setattr("toolkit.kernels.bubblewrap.find_bubblewrap", lambda: None)
    code, out, err = mentor("kernels", "warm")
    assert (code, out) == (5, "")
    assert "apt-get install bubblewrap" in err


@pytest.mark.parametrize("command", ["status", "warm", "stop"])
def test_a_runtime_folder_that_is_not_private_is_refused(mentor, runtime, command):
    runtime.chmod(0o755)
    code, out, err = mentor("kernels", command)
    assert (code, out) == (5, "")
    assert str(runtime) in err
    assert "MENTORING_RUNTIME_DIR" in err


def test_a_runtime_folder_that_cannot_be_made_is_named(mentor, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MENTORING_RUNTIME_DIR", str(tmp_path / "file" / "run"))
    code, _out, err = mentor("kernels", "status")
    assert code == 5
    assert str(tmp_path / "file" / "run") in err


def test_one_interpreter_has_one_server_whatever_it_is_called():
    python = Path(sys.executable)
    other = python.with_name("python3" if python.name == "python" else "python")
    assert other.exists()
    assert ForkServerKey(python).key() == ForkServerKey(other).key()


def test_it_speaks_french(mentor, warm, monkeypatch):
    monkeypatch.setenv("MENTORING_LANG", "fr")
    assert "Mo" in mentor("--lang", "fr", "kernels", "status")[1]
