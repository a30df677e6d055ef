"""The check of the built documentation finds broken links, and pages that load resources from elsewhere."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from pathlib import Path

import click
import pytest

from toolkit.cli import command_group
from toolkit.i18n import use_language

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def check():
    spec = importlib.util.spec_from_file_location("check_docs", ROOT / "scripts/check_docs.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_link_that_leads_nowhere_is_found(check, tmp_path):
    here, there = tmp_path / "here.html", tmp_path / "there.html"
    here.write_text(
        '<h1 id="top"></h1><a href="#top"></a><a href="#gone"></a><a href="there.html#part"></a>'
        '<a href="there.html#gone"></a><a href="gone.html"></a><a href="https://example.org/gone"></a>'
        '<img src="gone.png">'
    )
    there.write_text('<p id="part"></p>')
    pages = {path: check.Page(path.read_text()) for path in (here, there)}
    assert list(check.broken(pages)) == [
        "here.html: no anchor #gone",
        "here.html: no anchor there.html#gone",
        "here.html: no file gone.html",
        "here.html: no file gone.png",
    ]


def test_a_page_that_loads_from_elsewhere_is_found(check, tmp_path):
    here = tmp_path / "here.html"
    here.write_text('<script src="https://example.org/x.js"></script><img src="data:image/png;base64,AA==">')
    assert list(check.broken({here: check.Page(here.read_text())})) == [
        "here.html loads https://example.org/x.js"
    ]


def test_every_command_and_public_name_needs_an_entry(check):
    with use_language("en"):
        nothing = check.Page("")
        places = ("reference/api.html", "reference/commands.html")
        found = list(check.undocumented({check.BUILT / place: nothing for place in places}))
    assert "no entry for toolkit.Agenda" in found
    assert "no entry for the command `mentor session plan`" in found


def test_every_file_that_the_readme_links_to_is_there(check):
    assert not list(check.missing_files())


def test_every_picture_of_a_page_has_a_dark_twin_and_is_small():
    for path in (ROOT / "docs/images").glob("*.png"):
        assert path.stat().st_size < 100_000, path.name
    pages = [path.read_text() for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts]
    for name in re.findall(r"images/(\S+-light\.png)", "\n".join(pages)):
        assert (ROOT / "docs/images" / name.replace("-light", "-dark")).is_file(), name


def command_lines() -> list[str]:
    """Return every command line of `mentor` that a page shows, as a block or within a sentence."""
    found = []
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        if "_build" in path.parts:
            continue
        text = path.read_text()
        blocks = re.findall(r"^```(?:sh|bash)?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        lines = [line for block in blocks for line in block.splitlines()]
        lines += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
        # What follows in a shell is no word of the command.
        found += [re.split(r"#| && | \| | > ", line)[0].strip() for line in lines]
    whole = re.compile(r"mentor (--lang fr )?[a-z][^\[…]*")
    return sorted({line for line in found if whole.fullmatch(line)})


@pytest.mark.parametrize("line", command_lines())
def test_every_command_line_of_the_pages_is_understood(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).touch()
    with use_language("en"):
        command = command_group()
        words = shlex.split(line)[1:]
        if words[0] == "--lang":
            words = words[2:]
        context = click.Context(command, info_name="mentor")
        while isinstance(command, click.Group) and words:
            name, command, words = command.resolve_command(context, words)
        # A command that a sentence only names has no words of its own.
        if words:
            command.make_context(name, words, parent=context)
