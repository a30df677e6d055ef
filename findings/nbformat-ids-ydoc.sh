#!/bin/sh
# nbformat 5.11.1 with jupyter-ydoc 4.2.1 and pycrdt 0.14.13, Python 3.11: an unchanged file replaces shared cells.
#
# A server of shared notebooks reads a file with nbformat whenever its time has changed, and gives the result to
# `YNotebook.set`, which leaves unchanged cells alone: it knows them by their ids. Two kinds of ordinary files have none
# that it could know them by:
#  * format 4.4 and older (most notebooks from before 2021): reading "as version 4" adds no ids;
#  * format 4.5 with one id twice (a cell copied in a text editor, a merge): each reading draws another id.
# So a file that holds the same bytes as before (touched, checked out, synchronised) has cells deleted and made anew:
# cursors are gone, and so is all that somebody types in such a cell at that moment.
#
# Seen, when the same bytes are read and set twice:
#   4.5, ids a b c: 0 of 3 cells replaced
#   4.5, ids a a c: 1 of 3 cells replaced
#   4.4, no ids:    3 of 3 cells replaced
set -eu
self=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check nbformat==5.11.1 jupyter-ydoc==4.2.1 pycrdt==0.14.13
cat >tried.py <<'PYTHON'
import json
import warnings

import nbformat
from jupyter_ydoc import YNotebook
from pycrdt import Doc

warnings.simplefilter("ignore")
METADATA = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}


def replaced(minor, *ids):
    cells = [{"cell_type": "markdown", "source": "a", "metadata": {}} | ({"id": one} if one else {}) for one in ids]
    file = json.dumps({"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": minor})
    notebook = YNotebook(Doc())
    notebook.set(nbformat.reads(file, as_version=4))
    steps = []
    subscription = notebook.ycells.observe(lambda event: steps.extend(event.delta))
    notebook.set(nbformat.reads(file, as_version=4))
    return f"{sum(step.get('delete', 0) for step in steps)} of {len(ids)} cells replaced"


print("4.5, ids a b c:", replaced(5, "a", "b", "c"))
print("4.5, ids a a c:", replaced(5, "a", "a", "c"))
print("4.4, no ids:   ", replaced(4, "", "", ""))
PYTHON
venv/bin/python tried.py | tee seen.txt
sed -n '/^# Seen/,/^set/s/^#   //p' "$self" >expected.txt
cmp expected.txt seen.txt || { echo "It is otherwise now." >&2; exit 1; }
