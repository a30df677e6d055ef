from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

# Ours before papermill itself, which looks for ours while it is imported.
from toolkit.reports.run.papermill_engine import MentoringEngine  # isort: skip
from papermill import execute_notebook
from papermill.exceptions import PapermillExecutionError

from toolkit._internal.resources import resource_folder
from toolkit.reports.run.papermill_entry import Mentoring


def run(path, *cells, **options):
    """Run a notebook of these cells with papermill; return the file that it wrote."""
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    out = path.with_name("out.ipynb")
    quiet = {"progress_bar": False, "kernel_name": "python3", "language": "python"}
    execute_notebook(path, out, engine_name="mentoring", **quiet, **options)
    return out


def test_the_plain_command_runs_our_template(story, tmp_path):
    (found,) = entry_points(group="papermill.engine", name="mentoring")
    assert found.load() is Mentoring
    assert MentoringEngine.__name__ == "MentoringEngine"
    parameters, out = tmp_path / "parameters.yml", tmp_path / "out.ipynb"
    parameters.write_text(json.dumps({"snapshot": story.told().model_dump(mode="json")}))
    template = resource_folder("templates") / "reports" / "progress.ipynb"
    line = [Path(sys.executable).with_name("papermill"), "--engine", "mentoring", template, out]
    done = subprocess.run([*line, "-f", parameters], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    nb = nbformat.read(out, as_version=4)
    assert nb.metadata["papermill"]["exception"] is None
    assert nb.metadata["language_info"]["version"] == sys.version.split()[0]
    assert all(cell.outputs for cell in nb.cells[2:] if cell.cell_type == "code")
    assert "The median" in out.read_text(encoding="utf-8")


def test_it_stops_where_papermill_does_and_says_where(tmp_path):
    said = tmp_path / "said"
    with said.open("w") as stream, pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        run(tmp_path / "t.ipynb", "print('before')", "1 / 0", "print('after')", stdout_file=stream)
    assert said.read_text() == "before\n"
    texts = [str(cell.get("outputs")) for cell in nbformat.read(tmp_path / "out.ipynb", as_version=4).cells]
    assert sum("before" in text for text in texts) == 1
    assert not any("after" in text for text in texts)


def test_what_ends_more_than_a_cell_leaves_what_there_was(tmp_path):
    with pytest.raises(RuntimeError, match="exit code 7"):
        run(tmp_path / "t.ipynb", "print('before')", "import os; os._exit(7)")
    assert "before" in (tmp_path / "out.ipynb").read_text()


def test_without_a_sandbox_a_stock_kernel_runs_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MENTORING_KERNELS", "unsafe")
    out = run(tmp_path / "t.ipynb", f"import os; print(os.path.exists({str(tmp_path)!r}))")
    (cell,) = nbformat.read(out, as_version=4).cells
    assert cell.outputs[0].text == "True\n"


def test_a_template_reaches_nothing_but_what_it_is_given(tmp_path):
    out = run(
        tmp_path / "t.ipynb",
        f"import os; print(os.path.exists({str(tmp_path)!r}), os.listdir())",
        "import socket\ntry: socket.create_connection(('1.1.1.1', 80), 2)\nexcept OSError: print('none')",
    )
    first, second = nbformat.read(out, as_version=4).cells
    assert first.outputs[0].text == "False []\n"
    assert second.outputs[0].text == "none\n"
