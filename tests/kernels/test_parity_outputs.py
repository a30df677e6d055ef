"""The same notebook has the same outputs in a stock kernel, in ours, and in the direct executor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from tests.kernels.kernel_conversation import OURS, STOCK, environment
from tests.kernels.output_normalization import differences, outputs, plain
from tests.kernels.parity_cells import ACROSS, CELLS, FIGURES
from toolkit.i18n import use_language
from toolkit.kernels import Limits, execute

NOTEBOOKS = {"cells": CELLS, "figures": FIGURES, "across": ACROSS}


def notebook(sources: Sequence[str]) -> NotebookNode:
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def by_nbclient(name: str, sources: Sequence[str], folder: Path) -> NotebookNode:
    nb = notebook(sources)
    client = NotebookClient(
        nb, kernel_name=name, allow_errors=True, timeout=60, resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment())
    return nb


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """The outputs of the stock kernel, computed once for each notebook."""

    @cache
    def answers(which: str) -> tuple[NotebookNode, Path]:
        folder = tmp_path_factory.mktemp("stock")
        return by_nbclient(STOCK, NOTEBOOKS[which], folder), folder

    return answers


def seen(nb: NotebookNode, folder: Path) -> list[Any]:
    return [(outputs(cell.outputs, folder), cell.execution_count) for cell in nb.cells]


@pytest.mark.parametrize("which", NOTEBOOKS)
def test_nbclient_gets_the_same_outputs(which, stock, tmp_path):
    expected, folder = stock(which)
    found = by_nbclient(OURS, NOTEBOOKS[which], tmp_path)
    unlike = differences(NOTEBOOKS[which], seen(expected, folder), seen(found, tmp_path))
    assert not unlike, unlike
    assert plain(found.metadata) == plain(expected.metadata) or which == "cells"


@pytest.mark.parametrize("which", NOTEBOOKS)
def test_execute_gets_the_same_outputs(which, stock, tmp_path):
    expected, folder = stock(which)
    with use_language("en"):
        found = execute(notebook(NOTEBOOKS[which]), cwd=tmp_path, limits=Limits(cell_seconds=60)).notebook
    for cell in found.cells:
        # A cell that failed without a traceback has an error here: a test without one would get its points.
        if cell.source.startswith(("raise ExceptionGroup", "%nonsense")):
            assert cell.outputs.pop().output_type == "error"
    unlike = differences(NOTEBOOKS[which], seen(expected, folder), seen(found, tmp_path))
    assert not unlike, unlike


@pytest.mark.parametrize("preload", [(), ("numpy", "matplotlib.pyplot")], ids=["bare", "preloaded"])
@pytest.mark.parametrize("which", ["cells", "figures"])
def test_the_shell_gets_the_same_outputs(which, preload, stock):
    expected, folder = stock(which)
    from toolkit.kernels import SandboxedShell

    with SandboxedShell.open(preload=preload, limits=Limits(cell_seconds=60)) as shell:
        replies = [shell.run(source) for source in NOTEBOOKS[which]]
    found = [(outputs(reply.outputs), reply.execution_count) for reply in replies]
    unlike = differences(NOTEBOOKS[which], seen(expected, folder), found)
    assert not unlike, unlike


def test_the_stock_kernel_shows_what_the_cells_are_about(stock):
    """Without this, the comparison would pass where both sides fail in the same way."""
    nb, _folder = stock("figures")
    kinds = [[key for o in cell.outputs for key in o.get("data", {})] for cell in nb.cells]
    assert kinds[0] == ["text/plain", "text/plain", "image/png"], kinds[0]
    assert kinds[1].count("image/png") == 2
    assert kinds[2].count("image/png") == 2
    assert "image/svg+xml" in kinds[5]
    nb, _folder = stock("across")
    assert nb.cells[0].outputs[0].data["text/plain"] == "'a second one'"
    nb, _folder = stock("cells")
    by_source = {cell.source: cell.outputs for cell in nb.cells}
    for source, wanted in {
        "!echo from the shell": "from the shell\r\n",  # a terminal's
        "%%bash": "from bash\n",
        "import ctypes": "from C\n",
        "import subprocess, time": "from a child\n",
    }.items():
        texts = [o.get("text") for s, os in by_source.items() if s.startswith(source) for o in os]
        assert wanted in texts, (source, texts)
