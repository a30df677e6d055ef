"""The configuration page names every environment variable of ours, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAME = re.compile(r"\bMENTORING_[A-Z][A-Z_]*[A-Z]\b")
READERS = ("toolkit", "scripts", "tests", "benchmarks", "templates", "notebooks")
KINDS = {".py", ".sh", ".ts", ".js", ".json", ".ipynb", ".toml"}


def named_in_code():
    files = [ROOT / "Makefile", ROOT / "pyproject.toml"]
    for folder in READERS:
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in KINDS and path.is_file()]
    return {
        name
        for path in files
        if "node_modules" not in path.parts
        for name in NAME.findall(path.read_text("utf-8"))
    }


def test_documented_variables_are_exactly_those_read():
    """The table lists exactly the variables that the code reads."""
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| `MENTORING_")]
    assert all(len(row) == 6 and all(cell.strip() for cell in row[1:5]) for row in rows)
    described = [row[1].strip(" `") for row in rows]
    assert len(described) == len(set(described))
    assert set(described) == named_in_code()
