"""What the pages need beside MyST: dark pictures, pages of the repository's root, whole names of commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from docutils import nodes
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
# A page here, and the file in the root that it shows, once there is one.
ROOT_PAGES = {"contributing": "CONTRIBUTING.md", "reporting-vulnerabilities": "SECURITY.md"}
# Pages that the table of contents leaves out as long as they are not written.
OPTIONAL = ("architecture",)
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|mailto:|#)([^)\s]+)\)")


def show_root_page(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put a file of the root in its page's place; links to docs/ stay links, others become names."""
    path = ROOT / ROOT_PAGES.get(docname, "-")
    if not path.is_file():
        return

    def within_docs(link: re.Match[str]) -> str:
        text, target = link.groups()
        here = target.removeprefix("docs/")
        if here != target and (app.srcdir / here.partition("#")[0]).is_file():
            return f"[{text}]({here})"
        for page, name in ROOT_PAGES.items():
            if target == name:
                return f"[{text}]({page}.md)"
        return f"{text} (`{target}`)"

    source[0] = _LINK.sub(within_docs, path.read_text("utf-8"))


def leave_out_missing_pages(app: Sphinx, docname: str, source: list[str]) -> None:
    """Take optional pages that do not exist out of the table of contents."""
    if docname == "index":
        for page in OPTIONAL:
            if not (app.srcdir / f"{page}.md").is_file():
                source[0] = source[0].replace(f"\n{page}\n", "\n")


def pair_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Show NAME-dark.png instead of NAME-light.png on dark pages."""
    folder = Path(app.env.doc2path(app.env.docname)).parent
    for image in list(doctree.findall(nodes.image)):
        dark = image["uri"].replace("-light.png", "-dark.png")
        if dark != image["uri"] and (folder / dark).is_file():
            twin = image.deepcopy()
            twin["uri"] = dark
            image["classes"].append("only-light")
            twin["classes"].append("only-dark")
            image.parent.insert(image.parent.index(image) + 1, twin)


def name_commands_in_full(_app: Sphinx, doctree: nodes.document) -> None:
    """Head each command with all its words: ``mentor session plan`` instead of ``plan``."""
    for section in doctree.findall(nodes.section):
        for name in section["names"]:
            if name.startswith("mentor "):
                title = section[0]
                title.clear()
                title += nodes.literal(text=name)


def write_dashes(_app: Sphinx, doctree: nodes.document) -> None:
    """Put a dash between a parameter and its description, where Sphinx has two hyphens."""
    for text in list(doctree.findall(nodes.Text)):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(" – "))


def leave_out_empty_signatures(
    _app: Sphinx,
    _what: str,
    _name: str,
    _object: object,
    _options: object,
    signature: str | None,
    returns: str,
) -> tuple[str | None, str] | None:
    """Show no signature that only passes on: the parameters stand in the docstring."""
    return ("", returns) if signature and signature.startswith("(*args: ") else None


def show_examples_as_code(_app: Sphinx, _ctx: click.Context, lines: list[str]) -> None:
    """Make a block of code of the examples that end a command's help."""
    texts = [line.removeprefix("| ").strip() for line in lines]
    examples = [text for text in texts if text.startswith("mentor ")]
    if examples:
        lines[:] = [
            "**Examples**",
            "",
            ".. code-block:: console",
            "",
            *(f"   {text}" for text in examples),
            "",
        ]


def speak_french(
    _app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Say in the page's own head that the pages of fr/ are French."""
    if pagename.startswith("fr/"):
        context["language"] = "fr"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it; pictures and titles before Sphinx collects them."""
    early: list[Callable[..., None]] = [pair_pictures, name_commands_in_full, write_dashes]
    for change in early:
        app.connect("doctree-read", change, priority=100)
    app.connect("source-read", show_root_page)
    app.connect("source-read", leave_out_missing_pages)
    app.connect("sphinx-click-process-epilog", show_examples_as_code)
    app.connect("autodoc-process-signature", leave_out_empty_signatures)
    app.connect("html-page-context", speak_french)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
