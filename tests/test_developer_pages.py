"""Pages for developers name only existing files, modules and names, and every decision record is linked."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("docs/architecture.md", "CONTRIBUTING.md", "SECURITY.md", "README.md")
FOLDERS = (
    "toolkit",
    "docs",
    "tests",
    "scripts",
    "templates",
    "exercises",
    "notebooks",
    "benchmarks",
    "changes",
)
PLACEHOLDER = re.compile(r"\b(NAME|ID|COMMAND)\b|00NN")
CODE = re.compile(r"`([^`\n]+)`")


def code_words(text: str) -> list[str]:
    """Return the words within backticks and within blocks of code."""
    return [word.strip("'\",:;") for code in CODE.findall(text) for word in code.split()]


@cache
def modules() -> dict[str, list[Path]]:
    """Return the modules of the package by every ending of their dotted name."""
    found: dict[str, list[Path]] = {}
    for path in (ROOT / "toolkit").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        for start in range(len(parts)):
            found.setdefault(".".join(parts[start:]), []).append(path)
    return found


def defines(path: Path, names: list[str]) -> bool:
    """Return True if a module binds a name, and the class of that name the next one."""
    body = ast.parse(path.read_text("utf-8")).body
    for name in names:
        found = [node for node in body if name in bound(node)]
        if not found:
            return False
        body = getattr(found[0], "body", [])
    return True


def bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {alias.asname or alias.name for alias in names}
    return set()


def is_missing(word: str) -> bool:
    """Return True if a word names a file, a module or a name in a module that does not exist."""
    if PLACEHOLDER.search(word) or (ROOT / word).exists():
        return False
    if "/" in word and word.partition("/")[0] in FOLDERS:
        return True
    if re.fullmatch(r"[a-z_]\w*(\.\w+)+", word):
        parts = word.split(".")
        for end in range(len(parts), 0, -1):
            places = modules().get(".".join(parts[:end]), [])
            if len(places) == 1:
                return not defines(places[0], parts[end:])
        return parts[0] == "toolkit"
    return False


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_what_exists(page):
    text = (ROOT / page).read_text("utf-8")
    words = code_words(text)
    words += [target.partition("#")[0] for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", text)]
    assert [word for word in words if is_missing(word)] == []


def test_a_file_a_module_and_a_name_that_do_not_exist_are_found():
    assert is_missing("toolkit/live/gone.py")
    assert is_missing("toolkit.live.gone")
    assert is_missing("toolkit.practice.Gone")
    assert is_missing("toolkit.practice.Practice.gone")
    assert not is_missing("toolkit.practice.Practice.find")
    assert not is_missing("toolkit/practice.py")
    assert not is_missing("toolkit/cli/NAME.py")


def test_the_table_of_places_has_an_answer_in_every_row():
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    rows = [line for line in text.partition("## Where is")[2].splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 20
    for row in rows:
        assert CODE.search(row.split("|")[2]), row


def linked_decisions() -> set[str]:
    """Return the decision records that code or a page names, without links among records."""
    files = [path for path in ROOT.iterdir() if path.suffix in {".md", ".toml"} or path.name == "Makefile"]
    for folder in ("toolkit", "scripts", "docs"):
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".sh", ".ts", ".md"}]
    left_out = {"_build", "decisions", "node_modules"}
    texts = [path.read_text("utf-8") for path in files if not left_out & set(path.parts)]
    return set(re.findall(r"decisions/(\d{4}-[a-z0-9-]+)", "\n".join(texts)))


def test_every_decision_is_linked_from_code_or_a_page_and_every_link_has_its_record():
    records = {path.stem for path in (ROOT / "docs/decisions").glob("0*.md")}
    assert linked_decisions() == records
