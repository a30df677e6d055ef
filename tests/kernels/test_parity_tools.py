"""Jupyter's tools (papermill, nbgrader, the Jupyter server) use our kernels as they use stock ones."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import requests
import websocket
from nbformat.v4 import new_code_cell, new_notebook

from tests.kernels.kernel_conversation import OURS, STOCK, environment
from tests.patience import PATIENCE_S

BIN = Path(sys.executable).parent


def command(*words: str, cwd: Path) -> str:
    # nbgrader looks for alembic on the PATH, where an activated environment has it.
    variables = environment() | {"PATH": os.pathsep.join([str(BIN), os.environ["PATH"]])}
    done = subprocess.run(
        words, cwd=cwd, env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


# papermill and nbconvert


def test_papermill(tmp_path):
    cells = [
        new_code_cell("n = 1", metadata={"tags": ["parameters"]}),
        new_code_cell("print(n * 2)\nopen('made.txt', 'w').write('by the notebook')\nn * 3"),
        new_code_cell("import os; os.getcwd()"),
    ]
    kernelspec = {"name": STOCK, "display_name": "Python", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), tmp_path / "in.ipynb")
    command(str(BIN / "papermill"), "-k", OURS, "-p", "n", "21", "in.ipynb", "out.ipynb", cwd=tmp_path)
    nb = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert [o.get("text") or o.data["text/plain"] for o in nb.cells[-2].outputs] == ["42\n", "63"]
    where = nb.cells[-1].outputs[0].data["text/plain"]
    assert where == repr("/workspace" if OURS == "mentoring" else str(tmp_path))
    assert (tmp_path / "made.txt").read_text() == "by the notebook"


def test_nbconvert_executes(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("6 * 7")]), tmp_path / "in.ipynb")
    options = [
        "--to",
        "notebook",
        "--execute",
        f"--ExecutePreprocessor.kernel_name={OURS}",
        "--output",
        "out",
    ]
    command(str(BIN / "jupyter"), "nbconvert", *options, "in.ipynb", cwd=tmp_path)
    nb = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert nb.cells[0].outputs[0].data["text/plain"] == "42"


# nbgrader


def nbgrader_cell(source: str, grade_id: str, points: int | None = None):
    about = {"grade_id": grade_id, "schema_version": 3, "locked": points is not None, "task": False}
    about |= {"grade": points is not None, "solution": points is None}
    if points is not None:
        about["points"] = points
    return new_code_cell(source, metadata={"nbgrader": about})


def test_nbgrader_autogrades_and_the_scores_are_the_same(tmp_path):
    for assignment, kernel in {"stock": STOCK, "ours": OURS}.items():
        cells = [
            nbgrader_cell(
                "def double(n):\n    ### BEGIN SOLUTION\n    return 2 * n\n    ### END SOLUTION", "double"
            ),
            nbgrader_cell("assert double(2) == 4\nassert double('a') == 'aa'", "test_double", 2),
            nbgrader_cell(
                "### BEGIN HIDDEN TESTS\nassert double(0) == 0\n### END HIDDEN TESTS", "test_hidden", 3
            ),
            nbgrader_cell("import matplotlib.pyplot as plt\nplt.plot([1, double(1)]);", "plot"),
            nbgrader_cell("assert plt.get_backend()", "test_plot", 1),
        ]
        nb = new_notebook(cells=cells)
        nb.metadata.kernelspec = {"name": kernel, "display_name": kernel, "language": "python"}
        source = tmp_path / "source" / assignment / "work.ipynb"
        source.parent.mkdir(parents=True)
        nbformat.write(nb, source)
        for student, body in {"good": "return 2 * n", "late": "return n + 2"}.items():
            nb.cells[0].source = f"def double(n):\n    {body}"
            nb.cells[2].source = ""
            handed_in = tmp_path / "submitted" / student / assignment / "work.ipynb"
            handed_in.parent.mkdir(parents=True)
            nbformat.write(nb, handed_in)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'parity'\n")
    for assignment in ("stock", "ours"):
        command(str(BIN / "nbgrader"), "generate_assignment", assignment, "--create", cwd=tmp_path)
        command(str(BIN / "nbgrader"), "autograde", assignment, "--create", cwd=tmp_path)
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        scores = {
            assignment: {s.student.id: s.score for s in gradebook.assignment_submissions(assignment)}
            for assignment in ("stock", "ours")
        }
    assert scores["stock"] == {"good": 6.0, "late": 1.0}
    assert scores["ours"] == scores["stock"]
    shown = nbformat.read(tmp_path / "autograded" / "good" / "ours" / "work.ipynb", as_version=4)
    assert any("image/png" in o.get("data", {}) for o in shown.cells[3].outputs), "the plot is there"


# jupyter_server


class Server:
    """A Jupyter server of its own, spoken to as JupyterLab does."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.token = uuid.uuid4().hex
        self.log = (folder / "server.log").open("w+")
        root = folder / "root"
        root.mkdir()
        options = [f"--ServerApp.port={self.port}", f"--IdentityProvider.token={self.token}"]
        options += ["--ServerApp.open_browser=False", f"--ServerApp.root_dir={root}", "--allow-root"]
        options += ["--ServerApp.port_retries=0", "--KernelRestarter.time_to_dead=0.5"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *options],
            env={**environment(), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
        self.wires: list[websocket.WebSocket] = []
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"token {self.token}"
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.ask("get", "status")
            except requests.ConnectionError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise AssertionError(self.said()) from None
                time.sleep(0.1)
            else:
                break

    def said(self) -> str:
        return Path(self.log.name).read_text()

    def ask(self, method: str, path: str, /, **body):
        answer = self.http.request(
            method, f"http://127.0.0.1:{self.port}/api/{path}", json=body or None, timeout=30
        )
        assert answer.ok, f"{answer.status_code} {answer.text}\n{self.said()}"
        return answer.json() if answer.content else None

    def socket(self, kernel: str, session: str) -> websocket.WebSocket:
        url = f"ws://127.0.0.1:{self.port}/api/kernels/{kernel}/channels?session_id={session}&token={self.token}"
        self.wires.append(websocket.create_connection(url, timeout=10))
        return self.wires[-1]

    def hang_up(self) -> None:
        while self.wires:
            self.wires.pop().shutdown()

    def close(self) -> None:
        self.hang_up()
        self.http.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)
        self.log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.close()


def send(wire: websocket.WebSocket, session: str, code: str) -> str:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": session}
    header |= {"username": "", "version": "5.4", "date": "2020-01-01T00:00:00Z"}
    content = {"code": code, "silent": False, "allow_stdin": False, "stop_on_error": True}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    wire.send(json.dumps(message))
    return header["msg_id"]


def hear(wire: websocket.WebSocket, wanted, seconds: float = PATIENCE_S) -> dict:
    end = time.monotonic() + seconds
    heard = []
    while time.monotonic() < end:
        message = json.loads(wire.recv())
        heard.append((message["msg_type"], message["content"]))
        if wanted(message):
            return message
    raise AssertionError(f"not heard: {heard}")


def run(wire: websocket.WebSocket, session: str, code: str) -> str:
    """Run code to its end; return its output, or the name of its error."""
    request = send(wire, session, code)
    said = []

    def idle(message) -> bool:
        if message["parent_header"].get("msg_id") != request:
            return False
        content = message["content"]
        said.append(content.get("text") or content.get("ename") if message["channel"] == "iopub" else "")
        return message["msg_type"] == "status" and content["execution_state"] == "idle"

    hear(wire, idle)
    return "".join(filter(None, said))


@pytest.fixture
def session(server, name):
    kernel = {"name": name}
    folder = uuid.uuid4().hex
    (Path(server.log.name).parent / "root" / folder).mkdir()
    made = server.ask("post", "sessions", path=f"{folder}/a.ipynb", type="notebook", name="", kernel=kernel)
    yield made
    server.hang_up()
    left = [s["id"] for s in server.ask("get", "sessions")]
    if made["id"] in left:
        server.ask("delete", f"sessions/{made['id']}")


# With a stock kernel what is said while nobody listens is lost now and then, which is not ours to mend.
@pytest.mark.parametrize("name", ["ours"], indirect=True)
def test_a_session_from_its_start_to_its_end(server, session):
    kernel, mine = session["kernel"]["id"], uuid.uuid4().hex
    wire = server.socket(kernel, mine)
    assert run(wire, mine, "kept = 7\nprint('hello')") == "hello\n"
    # What is said while nobody listens is heard by who comes back.
    send(wire, mine, "import time\ntime.sleep(0.5)\nprint('meanwhile')")
    hear(wire, lambda m: m["msg_type"] == "execute_input")
    wire.close()
    end = time.monotonic() + PATIENCE_S
    while server.ask("get", f"kernels/{kernel}")["execution_state"] != "idle":
        assert time.monotonic() < end
        time.sleep(0.05)
    wire = server.socket(kernel, mine)
    hear(wire, lambda m: m["msg_type"] == "stream" and m["content"]["text"] == "meanwhile\n")
    assert run(wire, mine, "print(kept)") == "7\n"
    # A second window on the same kernel.
    other = server.socket(kernel, "second")
    assert run(other, "second", "print(kept + 1)") == "8\n"
    other.close()
    request = send(wire, mine, "print('BEGUN', flush=True)\nwhile True:\n    pass")
    hear(wire, lambda m: m["msg_type"] == "stream" and "BEGUN" in m["content"]["text"])
    # Until it has left the line that says so.
    time.sleep(0.1)
    server.ask("post", f"kernels/{kernel}/interrupt")
    reply = hear(wire, lambda m: m["msg_type"] == "execute_reply" and m["parent_header"]["msg_id"] == request)
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    server.ask("post", f"kernels/{kernel}/restart")
    # As JupyterLab does: the server lets it in once the new kernel is heard, and not only hears.
    wire.close()
    wire = server.socket(kernel, mine)
    assert run(wire, mine, "print('kept' in globals())") == "False\n"
    assert server.ask("get", f"kernels/{kernel}")["execution_state"] in {"idle", "busy"}
    wire.close()
    server.ask("delete", f"sessions/{session['id']}")
    assert kernel not in [k["id"] for k in server.ask("get", "kernels")]


def test_a_kernel_that_dies_is_started_again(server, session):
    kernel, mine = session["kernel"]["id"], uuid.uuid4().hex
    wire = server.socket(kernel, mine)
    assert run(wire, mine, "kept = 7") == ""
    send(wire, mine, "import os\nos._exit(9)")
    hear(
        wire,
        lambda m: (
            m["msg_type"] == "status" and m["content"]["execution_state"] in {"restarting", "autorestarting"}
        ),
    )
    wire.close()
    # A client that is there before the new kernel is comes back until it is answered.
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            wire = server.socket(kernel, uuid.uuid4().hex)
            said = run(wire, mine, "print('kept' in globals())")
        except (websocket.WebSocketException, AssertionError):
            assert time.monotonic() < end, server.said()
        else:
            break
    assert said == "False\n"


def test_the_kernelspec_is_offered(server):
    specs = server.ask("get", "kernelspecs")["kernelspecs"]
    assert {STOCK, OURS} <= set(specs)
    if OURS == "mentoring":
        assert specs[OURS]["spec"]["display_name"] == "Mentoring (sandboxed)"
        assert specs[OURS]["spec"]["language"] == "python"


def test_what_is_left_behind_is_nothing(server, session):
    """The end of a session removes its kernel's files from the runtime folder."""
    kernel = session["kernel"]["id"]
    runtime = Path(server.log.name).parent / "runtime"
    assert any(kernel in path.name for path in runtime.iterdir())
    server.ask("delete", f"sessions/{session['id']}")
    assert not any(kernel in path.name for path in runtime.iterdir())
