"""The server: the extensions that it loads, the files that it writes, its start and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.live.live_server import NOTEBOOK, plant, serving
from tests.live.room_member import Member
from tests.patience import PATIENCE_S
from toolkit.live.server.jupyter_config import OUR_LABEXTENSIONS


def test_only_what_a_session_needs_is_loaded(live):
    page = live.guest().get("/lab").text
    told = json.loads(page.split('id="jupyter-config-data"')[1].split(">", 1)[1].split("</script>")[0])
    names = {one["name"] for one in told["federated_extensions"]}
    assert {"@jupyter/collaboration-extension", "@jupyter/docprovider-extension"} <= names
    assert "@mentoring-toolkit/lab" in names
    assert not {name for name in names if "nbdime" in name or "nbgrader" in name or "notebook/" in name}
    assert not told["disableRTC"]
    assert told["token"] == ""
    assert str(live.settings.root) not in page
    assert str(live.settings.state) not in page
    assert "extension was successfully loaded" in live.log
    for other in ("nbdime", "nbgrader", "notebook", "jupyter_lsp", "terminals", "nbmodel"):
        assert f"{other} | extension was" not in live.log


def test_the_front_end_runs_cells_and_nothing_else_does(live):
    student = live.guest()
    page = student.get("/lab").text
    told = json.loads(page.split('id="jupyter-config-data"')[1].split(">", 1)[1].split("</script>")[0])
    (ours,) = (one for one in told["federated_extensions"] if one["name"] == "@mentoring-toolkit/lab")
    manifest = json.loads((OUR_LABEXTENSIONS / ours["name"] / "package.json").read_text("utf-8"))
    assert set(manifest["jupyterlab"]["disabledExtensions"]) <= set(told["disabledExtensions"])
    script = student.get(f"/lab/extensions/{ours['name']}/{ours['load']}")
    assert script.content == (OUR_LABEXTENSIONS / ours["name"] / ours["load"]).read_bytes()


def test_one_kernel_is_known(live):
    told = live.guest().get("/api/kernelspecs").json()
    assert list(told["kernelspecs"]) == ["mentoring"]


def test_what_it_writes_lies_in_the_state_folder(live):
    live.guest().get("/lab")
    names = {path.name for path in live.settings.state.iterdir()}
    assert {"updates.db", "fileid.db", "logs", "jupyter", "invitations.json"} <= names
    below = {str(path.relative_to(live.settings.root)) for path in live.settings.root.rglob("*")}
    assert below == {"notes.md", "sessions", "sessions/first", NOTEBOOK}
    home = live.settings.state.parent / "home"
    assert not home.exists() or not list(home.iterdir())


def test_the_document_is_there_before_anybody(live):
    assert "Created and started room" in live.log


def test_what_is_typed_is_soon_in_the_file(live):
    with Member(live, live.guest()) as member:
        member.type(0, "  # typed")
        deadline = time.monotonic() + PATIENCE_S
        while "# typed" not in (live.settings.root / NOTEBOOK).read_text():
            assert time.monotonic() < deadline
            member.hear(0.05)


def test_the_layout_is_forgotten(live):
    student = live.guest()
    kept = {"data": {"layout": 1}, "metadata": {"id": "default"}}
    assert live.ask(student, "PUT", "/lab/api/workspaces/default", json=kept).status_code == 204
    assert student.get("/lab/api/workspaces/default").json()["data"] == {}


def test_an_interrupt_ends_it(tmp_path):
    with serving(tmp_path) as live:
        assert live.stop(signal.SIGINT) == 0


def test_a_signal_ends_it_with_everybody_connected(tmp_path):
    with serving(tmp_path) as live:
        student, mentor = live.join("zoe-lefevre"), live.join("mentor")
        kernel = live.kernel(student)
        with Member(live, student) as one, Member(live, mentor):
            sockets = [live.open(who, f"/api/kernels/{kernel}/channels") for who in (student, mentor)]
            one.type(0, "  # the last words")
            one.hear(0.05)
            assert live.stop() == 0, "the alarm that ends a server that hangs"
            for socket in sockets:
                socket.shutdown()
        assert "# the last words" in (live.settings.root / NOTEBOOK).read_text()


def test_after_a_kill_people_are_still_in_and_nothing_is_lost(tmp_path):
    with serving(tmp_path) as live:
        student = live.join("zoe-lefevre")
        cookies = dict(student.cookies)
        with Member(live, student) as member:
            member.state["agenda:a/state"] = "discussed"
            member.send()
            member.hear(0.5)
        assert live.stop(signal.SIGKILL) == -signal.SIGKILL
    with serving(tmp_path) as live:
        back = live.nobody()
        back.cookies.update(cookies)
        with Member(live, back) as member:
            assert member.state["agenda:a/state"] == "discussed"


def test_it_listens_by_itself_where_it_is_given_nothing(tmp_path):
    with serving(tmp_path, listener=-1) as live:
        assert live.join("mentor").get("/api/me").status_code == 200


def test_a_notebook_that_is_not_there_is_said(tmp_path):
    plant(tmp_path / "workspace")
    (tmp_path / "workspace" / NOTEBOOK).write_text("this is no notebook")
    places = {"root": str(tmp_path / "workspace"), "state": str(tmp_path / "state")}
    for notebook in (NOTEBOOK, "nowhere.ipynb"):
        done = _run(tmp_path, json.dumps({"session": "s", "guests": [], "notebook": notebook, **places}))
        assert done.returncode == 3
        assert f"{notebook} cannot be shared" in done.stderr
    assert (tmp_path / "workspace" / NOTEBOOK).read_text() == "this is no notebook"


def test_settings_that_are_none_are_said(tmp_path):
    done = _run(tmp_path, "{}")
    assert done.returncode == 2
    assert "does not hold a session's settings" in done.stderr


def test_it_refuses_to_start_beside_server_side_execution(tmp_path):
    (tmp_path / "jupyter_server_nbmodel").mkdir()
    (tmp_path / "jupyter_server_nbmodel" / "__init__.py").write_text("")
    wanted = {"session": "s", "root": str(tmp_path), "notebook": "n.ipynb", "state": str(tmp_path / "state")}
    done = _run(tmp_path, json.dumps({**wanted, "guests": []}), PYTHONPATH=str(tmp_path))
    assert done.returncode == 3
    assert "jupyter-server-nbmodel is installed" in done.stderr


def _run(folder: Path, settings: str, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "settings.json").write_text(settings)
    return subprocess.run(
        [sys.executable, "-m", "toolkit.live.server", str(folder / "settings.json")],
        cwd=Path(__file__).parents[3],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
