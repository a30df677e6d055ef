"""Check the built documentation, offline: internal links and anchors, public names, commands, pictures.

External addresses are not fetched; a page may load no script, style, picture or font from one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

from toolkit.cli import command_group

ROOT = Path(__file__).parent.parent
BUILT = ROOT / "docs/_build/html"
# The packages whose public names have an entry each.
PACKAGES = ("toolkit", "toolkit.desk", "toolkit.exercises", "toolkit.kernels", "toolkit.reports")
LARGEST = 100_000  # bytes of a picture
MARKDOWN_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#[^)\s]*)?\)")


class Page(HTMLParser):
    """The ids of a page, and the addresses that it links to or loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the ids and addresses of one tag."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif value and (name == "src" or (tag == "link" and name == "href")):
                self.loads.append(value)
            elif value and tag == "a" and name == "href":
                self.links.append(value)


def broken(pages: dict[Path, Page]) -> Iterator[str]:
    """Yield a line for each broken internal address, and each external one that is loaded."""
    for path, page in pages.items():
        for address in (*page.links, *page.loads):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                if address in page.loads and parts.scheme != "data":
                    yield f"{path.name} loads {address}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{path.name}: no file {address}"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                yield f"{path.name}: no anchor {address}"


def commands(group: object, words: tuple[str, ...] = ("mentor",)) -> Iterator[str]:
    """Yield the words of every command."""
    for name, command in getattr(group, "commands", {}).items():
        yield " ".join((*words, name))
        yield from commands(command, (*words, name))


def undocumented(pages: dict[Path, Page]) -> Iterator[str]:
    """Yield each public name and each command that has no entry."""
    ids = pages[BUILT / "reference/api.html"].ids
    for package in PACKAGES:
        names: Iterable[str] = import_module(package).__all__
        yield from (f"no entry for {package}.{name}" for name in names if f"{package}.{name}" not in ids)
    ids = pages[BUILT / "reference/commands.html"].ids
    group = command_group()
    context = group.make_context("mentor", [], resilient_parsing=True)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        for line in (f"mentor {name}", *commands(command, ("mentor", name))):
            if line.replace(" ", "-") not in ids:
                yield f"no entry for the command `{line}`"


def missing_files() -> Iterator[str]:
    """Yield each link of a Markdown file in the repository's root whose file does not exist."""
    for path in sorted(ROOT.glob("*.md")):
        for target in MARKDOWN_LINK.findall(path.read_text("utf-8")):
            if target and not (ROOT / target).exists():
                yield f"{path.name}: no file {target}"


def main() -> int:
    """Print the problems; return 1 if there are any."""
    pages = {path: Page(path.read_text("utf-8")) for path in sorted(BUILT.rglob("*.html"))}
    found = [*broken(pages), *undocumented(pages), *missing_files()]
    pictures = sorted((ROOT / "docs/images").rglob("*.png"))
    found += [f"{one.name} has {LARGEST} bytes or more" for one in pictures if one.stat().st_size >= LARGEST]
    print("\n".join(found) or f"{len(pages)} pages: every internal link leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
