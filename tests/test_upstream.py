"""The table of upstream behaviours matches the canaries and the locked versions."""

from __future__ import annotations

import ast
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.canary.upstream_table import rows

ROOT = Path(__file__).parent.parent
LOCK = dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))


def canaries() -> list[tuple[str, str]]:
    """Return all canaries, by file and name."""
    found = []
    for path in sorted((ROOT / "tests" / "canary").glob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        assert re.search(r"^pytestmark = .*pytest\.mark\.canary\b", source, re.MULTILINE), (
            f"{path.name}: no marker"
        )
        functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        found += [(path.name, node.name) for node in functions if node.name.startswith("test_")]
    return found


def test_each_row_has_its_canary_and_each_canary_its_row():
    said = [(row.file, row.test) for row in rows()]
    assert sorted(said) == sorted(canaries())
    assert len(said) == len(set(said))


@pytest.mark.parametrize("package", sorted({row.package for row in rows()}))
def test_the_versions_are_those_of_the_lock(package):
    assert {row.version for row in rows() if row.package == package} == {LOCK[package]}
    # Where another one is installed, a canary says nothing of the locked one.
    assert version(package) == LOCK[package]


def test_each_place_of_ours_is_there():
    for row in rows():
        for place in re.findall(r"`([^`]+)`", row.leans):
            if "/" in place:
                assert (ROOT / place).exists(), place
            else:
                assert _is_there(place), place


def _is_there(place: str) -> bool:
    """Return whether a dotted path names a module, or something within one."""
    parts = place.split(".")
    for count in range(len(parts), 1, -1):
        try:
            spec = find_spec(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        if spec is not None and spec.origin is not None:
            source = Path(spec.origin).read_text(encoding="utf-8")
            return all(re.search(rf"\b{re.escape(name)}\b", source) for name in parts[count:])
    return False
