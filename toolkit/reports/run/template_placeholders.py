"""Preparation of a template before it runs: selection of cells, and placeholders ``{{name}}`` in markdown."""

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

__all__ = ["escape_markdown", "fill_placeholders", "keep_cells_for", "placeholder_values", "web_address"]

_PLACEHOLDER = re.compile(r"(?P<link><)?\{\{\s*(?P<name>[A-Za-z_]\w*)\s*\}\}(?(link)>)")
# Characters with a meaning in markdown, anywhere or in that position; all others stay unescaped, so that the
# cell remains easy to edit.
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>#+!|$~&^=]|\.(?=\S)|(?<=\d)\.|:(?=/)|^-")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape_markdown(value: str) -> str:
    """Return ``value`` escaped for markdown, on one line, with its writing direction isolated."""
    line = " ".join(value.split())
    escaped = _SPECIAL.sub(lambda match: _HTML.get(match[0], f"\\{match[0]}"), line)
    # First strong isolate … pop directional isolate: a name in Hebrew does not reorder the text around it.
    return escaped if line.isascii() else f"\u2068{escaped}\u2069"


def web_address(value: str) -> str:
    """Return ``value`` as a web address that is safe in markdown and HTML.

    Raises
    ------
    InputError
        If it does not begin with http:// or https:// and a host, or contains control characters.
    """
    address = value.strip()
    try:
        parts = urlsplit(address)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid or any(unicodedata.category(c) in {"Cc", "Cs"} for c in value):
        raise InputError(
            _("'{address}' is no web address.").format(address=value[:200]),
            _("A link begins with https:// and the name of its site."),
        )
    # Characters of an address stay; a dollar or a backslash could be read as mathematics or HTML.
    return quote(address, safe="%/:?#@!&'()*+,;=~")


def placeholder_values(parameters: Mapping[str, object]) -> dict[str, object]:
    """Return the names for placeholders: the parameters, and the parts of parameters that are mappings."""
    parts = (value.items() for value in parameters.values() if isinstance(value, Mapping))
    return {**dict(chain.from_iterable(parts)), **parameters}


def keep_cells_for(nb: NotebookNode, language: str, words: Mapping[str, object]) -> None:
    """Remove the cells that are not meant for this reader.

    These are the cells for another language (tags ``lang-en``, ``lang-fr``), and those with a tag
    ``needs-<name>`` ("needs-warm-up") if the parameter of that name is empty.

    Parameters
    ----------
    nb : NotebookNode
        The notebook, which is changed.
    language : {"en", "fr"}
        Language of the reader.
    words : mapping of str to object
        The parameters and their parts.
    """
    unwanted = {f"lang-{other}" for other in LANGUAGES if other != language}
    unwanted |= {f"needs-{name.replace('_', '-')}" for name, value in words.items() if not value}
    nb.cells = [cell for cell in nb.cells if not unwanted & set(cell.metadata.get("tags", []))]


def fill_placeholders(nb: NotebookNode, words: Mapping[str, object]) -> None:
    """Replace the placeholders in the markdown cells: ``{{name}}`` by a text, a number or a numbered list.

    ``<{{name}}>`` is replaced by a link to a web address.

    Parameters
    ----------
    nb : NotebookNode
        The notebook, which is changed.
    words : mapping of str to object
        The parameters and their parts.

    Raises
    ------
    NotFoundError
        If a placeholder names an unknown parameter; the error names the known ones.
    InputError
        If the value of a link is not a web address.
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
