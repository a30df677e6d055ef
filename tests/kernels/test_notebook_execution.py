"""Ordinary and misbehaving notebooks, executed in real kernels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from toolkit.errors import ExecutionError
from toolkit.i18n import use_language
from toolkit.kernels import Execution, Limits, containment, execute
from toolkit.kernels.containment import is_unsafe
from toolkit.kernels.notebook_execution import NOT_RUN, TIMED_OUT


@pytest.fixture(params=["sandboxed", "unsafe"], autouse=True)
def mode(request, monkeypatch):
    """`execute` behaves the same in the sandbox and in a mode without a sandbox."""
    if request.param == "unsafe":
        monkeypatch.setenv("MENTORING_KERNELS", "unsafe")
    return request.param


only_sandboxed = pytest.mark.parametrize("mode", ["sandboxed"], indirect=True)


def run(folder: Path, *sources: str, kernel_name: str = "python3", **limits: object) -> Execution:
    cells = [new_code_cell(source) for source in sources]
    cells.insert(1, new_markdown_cell("between"))
    with use_language("en"):
        return execute(
            new_notebook(cells=cells),
            cwd=folder,
            limits=Limits(**limits),  # type: ignore[arg-type]
            kernel_name=kernel_name,
        )


def errors(execution: Execution) -> list[list[str]]:
    return [[o.ename for o in c.outputs if o.output_type == "error"] for c in code_cells(execution)]


def code_cells(execution: Execution) -> list[NotebookNode]:
    return [cell for cell in execution.notebook.cells if cell.cell_type == "code"]


def text(execution: Execution, index: int) -> str:
    return "".join(
        o.get("text", "") or o.get("data", {}).get("text/plain", "")
        for o in code_cells(execution)[index].outputs
    )


def marked_processes(mark: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "cmdline").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found


def test_errors_are_outputs_and_the_environment_is_an_allow_list(tmp_path, monkeypatch, mode):
    monkeypatch.setenv("GRADER_TOKEN", "do-not-tell")
    notebook = new_notebook(
        cells=[
            new_code_cell("1 / 0"),
            new_code_cell("import os; ' '.join(os.environ) + ' '.join(os.environ.values())"),
            new_code_cell("[os.getcwd(), os.path.expanduser('~')]"),
            new_code_cell("'skipped?'", metadata={"tags": ["skip-execution"]}),
            new_code_cell("get_ipython().showtraceback = lambda *a, **k: None\nraise ValueError('quiet')"),
        ]
    )
    execution = execute(notebook, cwd=tmp_path, variables={"EXTRA": "given"})
    assert errors(execution) == [["ZeroDivisionError"], [], [], [], ["ValueError"]]
    environment = text(execution, 1)
    assert "EXTRA" in environment
    assert "GRADER_TOKEN" not in environment
    assert "do-not-tell" not in environment
    where, home = eval(text(execution, 2))
    assert where == ("/workspace" if mode == "sandboxed" else str(tmp_path.resolve()))
    assert home != str(Path.home())
    assert not Path(home).exists(), "the scratch home is gone afterwards"
    assert "skipped?" in text(execution, 3), "a tag of the student's decides nothing"
    assert notebook.cells[0].outputs == [], "the notebook that was handed in is left as it is"
    assert execution.environment.startswith("Python 3.")
    assert execution.environment.endswith(", sandboxed" if mode == "sandboxed" else ", unsafe: not sandboxed")
    assert execution.stopped == ""


@only_sandboxed
def test_an_output_that_no_file_holds_stops_no_cell_after_it(tmp_path):
    show = "display({%s}, raw=True)"
    execution = run(
        tmp_path,
        "print('a\\ud800b')",
        "raise ValueError('\\udfff')",
        show % "'application/json': [float('nan'), float('inf'), 'nan']",
        show % "'image/png': {'a': 1}, 'text/plain': None, 'text/html': [1]",
        show % "'text/plain': '\\ud83d\\ude00'",
        "print('inf nan \N{GRINNING FACE}')",
    )
    assert errors(execution) == [[], ["ValueError"], [], [], [], []]
    half = "\N{REPLACEMENT CHARACTER}"
    outputs = [cell.outputs[0] for cell in code_cells(execution)]
    assert outputs[0].text == f"a{half}b\n"
    assert outputs[1].evalue == half
    assert outputs[2].data["application/json"] == [None, None, "nan"]
    assert outputs[3].data == {"image/png": "{'a': 1}", "text/plain": "None", "text/html": "[1]"}
    assert outputs[5].text == "inf nan \N{GRINNING FACE}\n"
    nbformat.validate(execution.notebook)
    json.dumps(execution.notebook, ensure_ascii=False, allow_nan=False).encode()


def test_a_loop_is_interrupted_and_the_rest_runs(tmp_path):
    execution = run(tmp_path, "while True:\n    pass", "2 + 2", cell_seconds=1)
    assert execution.timed_out == (0,)
    assert execution.not_run == ()
    assert errors(execution) == [[TIMED_OUT], []]
    assert "Stopped after 1 second" in code_cells(execution)[0].outputs[-1].evalue
    assert "while" in "".join(code_cells(execution)[0].outputs[-1].traceback), "it says where the loop is"
    assert text(execution, 1) == "4"


@only_sandboxed
def test_a_cell_that_awaits_is_interrupted_at_once(tmp_path, mode):
    begun = time.monotonic()
    execution = run(tmp_path, "import asyncio\nawait asyncio.sleep(60)", "2 + 2", cell_seconds=1)
    assert time.monotonic() - begun < 30
    assert errors(execution) == [[TIMED_OUT], []], "one error, which says why"
    assert text(execution, 1) == "4"


@only_sandboxed
def test_what_outlives_its_cell_says_it_in_the_cell_that_runs(tmp_path, mode):
    thread = "import asyncio, threading, time\ndef late():\n    time.sleep(0.2)\n    print('THREAD')\n"
    task = "async def later():\n    await asyncio.sleep(0.2)\n    print('TASK')\n"
    execution = run(
        tmp_path,
        thread + "threading.Thread(target=late).start()",
        "time.sleep(1)",
        task + "kept = asyncio.create_task(later())",
        "await asyncio.sleep(1)",
    )
    assert [text(execution, index) for index in range(4)] == ["", "THREAD\n", "", "TASK\n"]


@only_sandboxed
def test_exit_ends_nothing_and_so_the_same_each_time(tmp_path, mode):
    for leaving in ("exit()", "quit", "import sys\nsys.exit()"):
        execution = run(tmp_path, leaving, "print('here')")
        assert (execution.stopped, text(execution, 1)) == ("", "here\n")


def test_what_cannot_be_interrupted_is_ended(tmp_path):
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    execution = run(tmp_path, stubborn, "2 + 2", cell_seconds=1)
    assert execution.timed_out == (0,)
    assert execution.not_run == (2,)
    assert "could not be interrupted" in execution.stopped
    assert errors(execution) == [[TIMED_OUT], [NOT_RUN]]


def test_the_whole_run_has_an_end(tmp_path):
    execution = run(tmp_path, "import time\ntime.sleep(60)", "2 + 2", total_seconds=1)
    assert execution.timed_out == (0,)
    assert execution.not_run == (2,)
    assert "as a whole" in execution.stopped


def test_a_dead_kernel_leaves_the_rest_unrun(tmp_path):
    execution = run(tmp_path, "import os\nos._exit(3)", "2 + 2")
    assert execution.not_run == (0, 2)
    assert execution.stopped == "Code cell 1: Your code ended Python (exit code 3)."
    assert errors(execution) == [[NOT_RUN], [NOT_RUN]], "a test without an error would get its points"
    assert not execution.out_of_memory


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
def test_memory_has_an_end(tmp_path):
    at_once = run(tmp_path, "x = [0] * 10**10", "2 + 2")
    assert at_once.out_of_memory
    assert errors(at_once) == [["MemoryError"], []]
    bit_by_bit = run(
        tmp_path, "y = []\nwhile True:\n    y.append(str(len(y)) * 10)", "2 + 2", memory_bytes=300_000_000
    )
    # Without the sandbox nobody keeps what is needed to say so: the kernel may just end.
    assert bit_by_bit.out_of_memory or (is_unsafe() and bit_by_bit.stopped)
    assert errors(bit_by_bit)[0] != []


def test_output_has_an_end(tmp_path):
    execution = run(tmp_path, "for i in range(3000): print('x' * 1000)", "2 + 2", output_bytes=10_000)
    said = text(execution, 0)
    assert 10_000 <= len(said) < 11_000
    assert "dropped" in said


def test_no_process_outlives_the_run(tmp_path):
    mark = f"{os.getpid()}.0625"
    stay = (
        "import subprocess, os\n"
        f"subprocess.Popen(['sleep', '{mark}'])\n"
        f"subprocess.Popen(['sleep', '{mark}'], start_new_session=True)\n"
    )
    execution = run(tmp_path, stay, "os.kill(os.getpid(), 11)")
    assert "SIGSEGV" in execution.stopped
    assert marked_processes(mark) == []


def test_a_kernel_that_is_not_there(tmp_path):
    with pytest.raises(ExecutionError, match="no kernel named 'klingon'") as caught:
        run(tmp_path, "1", kernel_name="klingon")
    assert caught.value.hint


def test_containment_says_what_is_true(mode):
    with use_language("en"):
        said = containment()
    assert said.sandboxed == (mode == "sandboxed")
    assert said.unsafe == (mode == "unsafe")
    assert ("sandbox" if said.sandboxed else "your own rights") in said.summary


@only_sandboxed
def test_limits_are_told_to_the_student(tmp_path):
    """Each limit has a message of its own."""
    said = run(
        tmp_path,
        "open('big', 'wb').write(bytes(30 << 20))",
        "for i in range(40):\n    open(f'{i}', 'wb').write(bytes(9 << 20))",
        "import subprocess\nmany = [subprocess.Popen(['sleep', '9']) for _ in range(99)]",
        "import socket\nsocket.create_connection(('192.0.2.1', 80), 1)",
        "open('/usr/x', 'w')",
        "x = bytearray(900 << 20)",
        "%pip install requests",
        file_bytes=20 << 20,
        disk_bytes=200 << 20,
        processes=40,
        memory_bytes=600 << 20,
    )
    ends = [cell.outputs[-1] for cell in code_cells(said)]
    last = ["".join(end.get("traceback", [""])[-1:]) + end.get("text", "") for end in ends]
    assert last == [
        "One file may grow to 20 MB here.",
        "Your files may take 200 MB here, and there may be 20000 of them.",
        "Your code may have 40 processes and threads at a time.",
        "There is no network here.",
        "Only files of this workspace, of the home folder and of /tmp can be written here.",
        "Your code used more than 600 MB of memory.",
        (
            "Nothing can be installed from here: the environment is read-only. "
            "Your mentor can add packages to it.\n"
        ),
    ]


@only_sandboxed
def test_limits_are_told_in_french(tmp_path):
    with use_language("fr"):
        said = execute(new_notebook(cells=[new_code_cell("bytearray(1 << 40)")]), cwd=tmp_path)
    assert "2\xa0Go" in code_cells(said)[0].outputs[0].traceback[-1]


@only_sandboxed
def test_the_code_works_on_a_copy(tmp_path):
    (tmp_path / "data.csv").write_text("1,2")
    (tmp_path / "link").symlink_to("/etc/hostname")
    code = ["open('data.csv').read()", "open('data.csv', 'w').write('gone')", "open('link').read()"]
    said = run(tmp_path, *code)
    assert text(said, 0) == "'1,2'"
    assert errors(said) == [[], [], ["FileNotFoundError"]]
    assert (tmp_path / "data.csv").read_text() == "1,2"


@only_sandboxed
def test_without_a_sandbox_nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.setattr("toolkit.kernels.bubblewrap.find_bubblewrap", lambda: None)
    monkeypatch.setenv("MENTORING_RUNTIME_DIR", str(tmp_path / "r"))
    with use_language("en"), pytest.raises(ExecutionError, match="cannot be contained") as caught:
        run(tmp_path, "1")
    assert caught.value.hint == "apt-get install bubblewrap"
    with use_language("en"):
        assert "refused" in containment().summary


def test_asking_how_code_is_contained_needs_no_kernel():
    script = "import toolkit.kernels as k, sys; k.containment(); print('nbclient' in sys.modules)"
    started = time.monotonic()
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False", time.monotonic() - started
