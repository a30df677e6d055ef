"""Which files can be shared as notebooks."""

from __future__ import annotations

import nbformat
import pytest

from tests.live.damaged_notebooks import BEGIN, GARBLED, OLD
from toolkit.live.snapshots.notebook_check import describe_notebook_fault

NAME = "one.ipynb"
PLAIN = [name for name in GARBLED if not name.startswith(("a folder", "a link", "a pipe", "removed"))]


@pytest.mark.parametrize("harm", PLAIN)
def test_what_cannot_be_shared_has_a_fault(tmp_path, monkeypatch, harm):
    monkeypatch.chdir(tmp_path)
    exec(BEGIN + GARBLED[harm], {"name": NAME})
    expected = {"large": "size", "Latin-1": "text"}.get(harm, "notebook")
    assert describe_notebook_fault((tmp_path / NAME).read_bytes()) == expected


def test_a_notebook_has_none(tmp_path):
    cells = [nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="1")])]
    data = nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()
    assert describe_notebook_fault(data) is None
    assert describe_notebook_fault(OLD.encode()) is None
    assert describe_notebook_fault(data, len(data) - 1) == "size"
