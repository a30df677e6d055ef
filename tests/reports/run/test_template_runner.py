from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from toolkit.errors import ExecutionError, InputError, NotFoundError, UnreadableError
from toolkit.reports import find_template, run_template
from toolkit.reports.run.template_runner import read_notebook


@pytest.fixture
def template(tmp_path):
    """Return a function that writes a template of these cells."""

    def write(*cells, kernel="python3"):
        nb = new_notebook(cells=list(cells))
        nb.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
        path = tmp_path / "template.ipynb"
        path.write_text(nbformat.writes(nb), encoding="utf-8")
        return path

    return write


def code(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)})


def test_a_template_becomes_a_notebook(template, tmp_path, capfd):
    path = template(
        new_markdown_cell("Hello {{name}}", metadata={"tags": ["lang-en"]}),
        new_markdown_cell("Bonjour {{name}}", metadata={"tags": ["lang-fr"]}),
        code("who = {}", "parameters"),
        code("import os, sys\nprint(who['name'], os.listdir('.'), sys.executable)"),
    )
    before = Path.cwd()
    output = run_template(path, {"who": {"name": "Zoé"}}, tmp_path / "new" / "out.ipynb", language="fr")
    nb = nbformat.read(output, as_version=4)
    nbformat.validate(nb)
    hello, parameters, ran = nb.cells
    assert hello.source == "Bonjour \u2068Zoé\u2069"
    assert parameters.metadata == {"tags": ["parameters"], "jupyter": {"source_hidden": True}}
    # In an empty folder of its own, on this very Python.
    assert ran.outputs[0].text == f"Zoé [] {sys.executable}\n"
    assert "papermill" not in output.read_text()
    assert ran.execution_count is None
    assert Path.cwd() == before
    # Neither papermill nor the kernel speaks on the terminal.
    assert capfd.readouterr() == ("", "")


def test_what_fails_leaves_the_last_good_one(template, tmp_path):
    output = tmp_path / "out.ipynb"
    output.write_text("the last good one")
    with pytest.raises(ExecutionError, match=r"begins with `total = 1 / 0` failed: ZeroDivisionError"):
        run_template(template(code("\ntotal = 1 / 0\n")), {}, output, language="en")
    assert output.read_text() == "the last good one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.ipynb", "template.ipynb"]


def test_a_loop_that_never_ends_is_stopped(template, tmp_path):
    with pytest.raises(ExecutionError, match="took longer than 1 s"):
        run_template(template(code("while True: pass")), {}, tmp_path / "o.ipynb", language="en", timeout=1)
    assert not (tmp_path / "o.ipynb").exists()


def test_a_kernel_that_dies(template, tmp_path):
    with pytest.raises(ExecutionError, match="the kernel died"):
        run_template(template(code("import os; os._exit(3)")), {}, tmp_path / "o.ipynb", language="en")


def test_a_kernel_that_there_is_not(template, tmp_path):
    with pytest.raises(ExecutionError, match="'cobol', which is not installed"):
        run_template(template(code("1"), kernel="cobol"), {}, tmp_path / "o.ipynb", language="en")


def test_a_word_that_there_is_not_stops_before_the_kernel(template, tmp_path):
    with pytest.raises(NotFoundError, match=r"nmae.*Did you mean name"):
        run_template(template(new_markdown_cell("{{nmae}}")), {"name": "x"}, tmp_path / "o", language="en")


def test_the_mentors_templates_shadow_ours(tmp_path):
    ours = find_template("reports/progress.ipynb", tmp_path)
    assert ours == find_template("reports/progress.ipynb")
    own = tmp_path / "reports" / "progress.ipynb"
    own.parent.mkdir()
    own.write_text("{}")
    assert find_template("reports/progress.ipynb", tmp_path) == own
    with pytest.raises(NotFoundError, match=r"Did you mean reports/progress\.ipynb"):
        find_template("reports/progres.ipynb")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"nbformat": 4}',
        b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_notebook(tmp_path, content):
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match="not a notebook of format 4"):
        read_notebook(path)


def test_cells_without_ids_get_them(tmp_path):
    path = tmp_path / "x.ipynb"
    cell = {"cell_type": "markdown", "metadata": {}, "source": ["a", "b"]}
    twin = {**cell, "id": "twin"}
    path.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell, twin, twin]})
    )
    nb = read_notebook(path)
    assert [one.source for one in nb.cells] == ["ab"] * 3
    assert len({one.id for one in nb.cells}) == 3


@pytest.mark.parametrize(
    ("value", "name", "kind"),
    [
        ((1, 2), "who", "tuple"),
        ({"since": date(2026, 1, 2)}, "who.since", "date"),
        ({"marks": [1, {2}]}, r"who.marks\[1\]", "set"),
        ({1: "a"}, "who", "dict"),
    ],
)
def test_a_parameter_that_would_become_text_is_named(template, tmp_path, value, name, kind):
    with pytest.raises(InputError, match=f"the parameter '{name}' is of the type {kind}, which JSON"):
        run_template(template(code("1")), {"who": value}, tmp_path / "o.ipynb", language="en")
    assert not (tmp_path / "o.ipynb").exists()
