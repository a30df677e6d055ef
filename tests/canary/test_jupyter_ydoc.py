"""jupyter-ydoc: the notebook as a shared document."""

from __future__ import annotations

import copy

import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Doc, Map

from tests.canary.shipped import scripts

pytestmark = pytest.mark.canary

CELL = {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "execution_count": None}
NOTEBOOK = {
    "cells": [CELL, {"cell_type": "markdown", "source": "b", "metadata": {}}],
    "metadata": {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    },
    "nbformat": 4,
    "nbformat_minor": 4,
}


def with_ids():
    nb = copy.deepcopy(NOTEBOOK) | {"nbformat_minor": 5}
    for number, cell in enumerate(nb["cells"]):
        cell["id"] = f"c{number}"
    return nb


def shared(nb):
    doc = Doc()
    notebook = YNotebook(doc)
    notebook.set(nb)
    return doc, notebook


def test_an_unchanged_notebook_of_4_4_is_replaced(changed):
    doc, notebook = shared(copy.deepcopy(NOTEBOOK))
    before = doc.get_state()
    notebook.set(notebook.get())
    assert doc.get_state() != before, changed("the replacing of all cells of a notebook without ids")
    doc, notebook = shared(with_ids())
    before = doc.get_state()
    notebook.set(notebook.get())
    assert doc.get_state() == before, changed("the leaving alone of cells with ids")


def test_other_maps_are_left_alone(changed):
    doc, notebook = shared(with_ids())
    doc.get("mentoring", type=Map)["x"] = "y"
    notebook.set(with_ids() | {"metadata": {**NOTEBOOK["metadata"], "new": 1}})
    assert dict(doc.get("mentoring", type=Map).items()) == {"x": "y"}, changed(
        "the leaving alone of a map of ours"
    )


def test_the_metadata_are_replaced_as_a_whole(changed):
    doc, notebook = shared(with_ids())
    before = doc.get("meta", type=Map)["metadata"]
    before["ours"] = "kept?"
    notebook.set(with_ids())
    assert "ours" not in doc.get("meta", type=Map)["metadata"], changed("the replacing of the metadata")


def test_a_document_is_read_back_as_it_was_set(changed):
    _doc, notebook = shared(with_ids())
    assert notebook.get() == with_ids(), changed("what comes back of a notebook")


def test_a_key_set_back_is_taken_for_a_change(changed):
    found = scripts("lab/static", 'keysChanged.has("execution_count")')
    assert found, changed("YCodeCell.getChanges, which this page's script no longer has so,")
    assert any('changes.keys.get("execution_count").oldValue' in text for text in found), changed(
        "getChanges, which now looks before it takes,"
    )
    assert any("getChanges(" in text for text in found), changed("the method's name")
