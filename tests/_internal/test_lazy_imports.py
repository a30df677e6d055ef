"""Our own processes can omit slow imports of format checkers; no other process is affected."""

from __future__ import annotations

import subprocess
import sys

BUILT = "import sys; built = lambda: 'lark' in sys.modules or 'arrow' in sys.modules; "
HIDDEN = "from toolkit._internal.lazy_imports import without_slow_formats as quick\nwith quick():\n    "


def said(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", BUILT + code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_importing_the_toolkit_changes_no_other_module():
    code = """
before = dict(sys.modules)
import toolkit
new = {name: module for name, module in sys.modules.items() if name not in before}
print([name for name, module in new.items() if module is None or 'rfc3987' in name or 'jsonschema' in name])
print([name for name, module in before.items() if sys.modules.get(name) is not module])
"""
    assert said(code).splitlines() == ["[]", "[]"]


def test_a_notebook_is_read_without_them():
    code = "import nbformat; nbformat.validate(nbformat.v4.new_notebook())\nprint(built())"
    assert said(HIDDEN + code) == "False"


def test_what_is_invalid_is_named_as_ever():
    code = """
import nbformat
try:
    nbformat.validate({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"id": "a"}]})
except nbformat.ValidationError as error:
    print(str(error).splitlines()[0])
"""
    plain = said("import nbformat" + code)
    assert plain
    assert said(HIDDEN + "import nbformat" + code) == plain


def test_they_are_there_as_ever_afterwards():
    code = """import jsonschema
import rfc3987_syntax, isoduration
print(rfc3987_syntax.is_valid_syntax("iri", "https://é.example/a"), type(isoduration).__name__)
"""
    assert said(HIDDEN + code) == "True module"


def test_what_is_imported_already_stays():
    code = """import rfc3987_syntax, toolkit
from toolkit._internal.lazy_imports import without_slow_formats
with without_slow_formats(), without_slow_formats():
    from jsonschema import Draft202012Validator
print(Draft202012Validator.FORMAT_CHECKER.conforms("no address", "iri"), rfc3987_syntax is not None)
"""
    assert said(code) == "False True"


def test_the_command_and_the_workers_do_without_them():
    assert said("import toolkit.exercises.nbgrader_worker, nbformat; print(built())") == "False"
    assert said("import toolkit.desk; print('nbformat' in sys.modules, built())") == "True False"
