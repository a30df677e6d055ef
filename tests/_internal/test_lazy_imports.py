"""The grammar of addresses is there as ever, but not before it is used."""

from __future__ import annotations

import subprocess
import sys

BUILT = "import sys; built = lambda: 'lark' in sys.modules; "


def said(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", BUILT + code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_a_notebook_is_read_without_it():
    assert (
        said("import toolkit, nbformat; nbformat.validate(nbformat.v4.new_notebook()); print(built())")
        == "False"
    )


def test_an_address_is_checked_as_ever():
    code = """
import toolkit, jsonschema
checks = jsonschema.Draft202012Validator.FORMAT_CHECKER
print([checks.conforms(text, "iri") for text in ("https://é.example/a", "no address")], built())
import rfc3987_syntax
print(rfc3987_syntax.RFC3987_SYNTAX_PARSER_TYPE, type(rfc3987_syntax).__name__)
"""
    assert said(code).splitlines() == ["[True, False] True", "earley module"]


def test_anything_of_it_is_there():
    assert said("import toolkit; from rfc3987_syntax import parse; print(parse.__module__)") == (
        "rfc3987_syntax.syntax_helpers"
    )
