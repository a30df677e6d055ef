"""What a template says before it runs: which cells are kept, and ``{{name}}`` in markdown filled in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from toolkit.errors import InputError, NotFoundError
from toolkit.i18n import LANGUAGES, _

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["escape_markdown", "fill", "keep", "web_address", "words_of"]

_PLACEHOLDER = re.compile(r"(?P<link><)?\{\{\s*(?P<name>[A-Za-z_]\w*)\s*\}\}(?(link)>)")
# What markdown reads as its own, anywhere or in that place; the rest stays as people type it, for whoever
# edits the cell.
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>#+!|$~&^=]|\.(?=\S)|(?<=\d)\.|:(?=/)|^-")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape_markdown(value: str) -> str:
    """Return ``value`` so that markdown shows it as it is, on one line, in its own direction of writing."""
    line = " ".join(value.split())
    escaped = _SPECIAL.sub(lambda match: _HTML.get(match[0], f"\\{match[0]}"), line)
    # First strong isolate … pop directional isolate: a name in Hebrew leaves the sentence around it alone.
    return escaped if line.isascii() else f"\u2068{escaped}\u2069"


def web_address(value: str) -> str:
    """Return ``value`` as an address that a link may lead to, with nothing in it that markdown or HTML reads.

    Raises
    ------
    InputError
        If it does not begin with http:// or https:// and a host.
    """
    address = value.strip()
    try:
        parts = urlsplit(address)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound or any(unicodedata.category(c) in {"Cc", "Cs"} for c in value):
        raise InputError(
            _("'{address}' is no web address.").format(address=value[:200]),
            _("A link begins with https:// and the name of its site."),
        )
    # What may stand in an address stays; a dollar or a backslash could be read as mathematics or HTML.
    return quote(address, safe="%/:?#@!&'()*+,;=~")


def words_of(parameters: Mapping[str, object]) -> dict[str, object]:
    """Return what a template may name: the parameters, and the parts of those that are mappings."""
    parts = (value.items() for value in parameters.values() if isinstance(value, Mapping))
    return {**dict(chain.from_iterable(parts)), **parameters}


def keep(nb: NotebookNode, language: str, words: Mapping[str, object]) -> None:
    """Take out the cells that are not meant for this reader.

    Those are the cells for another language (tags ``lang-en``, ``lang-fr``), and those with a tag
    ``needs-<word>`` ("needs-warm-up") where that word is empty.
    """
    unwanted = {f"lang-{other}" for other in LANGUAGES if other != language}
    unwanted |= {f"needs-{name.replace('_', '-')}" for name, value in words.items() if not value}
    nb.cells = [cell for cell in nb.cells if not unwanted & set(cell.metadata.get("tags", []))]


def fill(nb: NotebookNode, words: Mapping[str, object]) -> None:
    """Put words into the markdown cells: ``{{name}}`` a text or a number, a list as a numbered list.

    ``<{{name}}>`` is a web address, as a link.

    Raises
    ------
    NotFoundError
        If a template asks for something that there is not; names what there is.
    InputError
        If what should be a link is no web address.
    """
    shown = {name: _markdown(value) for name, value in words.items() if _showable(value)}

    def word(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in shown:
            raise NotFoundError(
                _("The template asks for {{{{{name}}}}}, which there is not.").format(name=name),
                name,
                shown,
                _("It can have: {names}.").format(names=", ".join(sorted(shown))),
            )
        return f"<{web_address(str(words[name]))}>" if match["link"] else shown[name]

    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = _PLACEHOLDER.sub(word, cell.source)


def _showable(value: object) -> bool:
    return isinstance(value, str | int | float | Sequence)


def _markdown(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(f"{number}. {escape_markdown(str(item))}" for number, item in enumerate(value, 1))
    return escape_markdown(str(value))
