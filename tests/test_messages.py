"""Every message is translated, and the binary catalogue matches the text."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent


def test_the_catalogues_are_complete_and_up_to_date():
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/messages.py", "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_catalogue_names_the_version_of_babel_that_wrote_it():
    folder = ROOT / "toolkit/locale/fr/LC_MESSAGES"
    for name in ("mentoring.po", "mentoring.mo"):
        assert b"Generated-By" not in (folder / name).read_bytes(), name


def test_what_is_said_within_an_f_string_is_in_the_catalogue_too():
    with (ROOT / "toolkit/locale/fr/LC_MESSAGES/mentoring.po").open("rb") as file:
        catalogue = read_po(file)
    # Before Python 3.12 what collects them sees no call there.
    calls = [
        node
        for path in (ROOT / "toolkit").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"_", "ngettext"}
    ]
    said = {node.args[0].value for node in calls if node.args and isinstance(node.args[0], ast.Constant)}
    assert "To the agenda" in said
    assert not [text for text in said if catalogue.get(text) is None]
