"""Reading the same bytes twice gives the same cells."""

from __future__ import annotations

import asyncio
import json

import nbformat
import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Doc

from toolkit.live.server.contents import WorkspaceContents
from toolkit.live.server.no_checkpoints import NoCheckpoints
from toolkit.live.server.notebook_reader import read_notebook

CELL = {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "execution_count": None}
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3"},
    "language_info": {"name": "python"},
}


def text(minor: int, *ids: str) -> str:
    cells = [CELL | ({"id": name} if name else {}) for name in ids]
    return json.dumps({"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": minor})


@pytest.mark.parametrize(
    ("minor", "ids", "expected"),
    [
        (5, ("a", "b"), ["a", "b"]),
        (5, ("a", "a", "a"), ["a", "cell-1", "cell-2"]),
        (5, ("", "cell-0"), ["cell-0x", "cell-0"]),
        (4, ("", ""), ["cell-0", "cell-1"]),
        (0, ("", ""), ["cell-0", "cell-1"]),
    ],
)
def test_ids_are_the_same_at_each_reading(minor, ids, expected):
    first, second = (read_notebook(text(minor, *ids), as_version=4) for _time in range(2))
    nbformat.validate(first)
    assert first == second
    assert [cell.id for cell in first.cells] == expected
    assert first.nbformat_minor == 5


@pytest.mark.parametrize(
    "data", ["", "[]", '{"nbformat": 4}', "{}", '{"nbformat": 4, "nbformat_minor": 4, "cells": 1}']
)
def test_what_is_no_notebook_is_nbformat_s_to_refuse(data):
    found = []
    for read in (nbformat.reads, read_notebook):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever nbformat has
            read(data, as_version=4)
        found.append((caught.type, str(caught.value)))
    assert found[0] == found[1]


@pytest.mark.parametrize("data", [text(4, "", ""), text(5, "a", "a")], ids=["4.4", "doubled ids"])
def test_a_look_at_an_unchanged_file_replaces_no_cell(tmp_path, data):
    (tmp_path / "one.ipynb").write_text(data)
    contents = WorkspaceContents(root_dir=str(tmp_path), checkpoints_class=NoCheckpoints)
    doc: Doc = Doc()
    notebook = YNotebook(doc)
    states = []
    for _look in range(2):
        model = asyncio.run(contents.get("one.ipynb", type="notebook", format="json"))
        notebook.set(model["content"])
        states.append(doc.get_state())
    assert states[0] == states[1]
    # What is written from it is what was read.
    assert notebook.get() == model["content"]
