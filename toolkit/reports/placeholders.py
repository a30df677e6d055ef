"""What a template says before it runs: which cells are kept, and ``{{name}}`` in markdown filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from toolkit.errors import NotFoundError
from toolkit.i18n import LANGUAGES, _

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["escape_markdown", "fill", "keep", "words_of"]

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
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

    Raises
    ------
    NotFoundError
        If a template asks for something that there is not; names what there is.
    """
    shown = {name: _markdown(value) for name, value in words.items() if _showable(value)}

    def word(match: re.Match[str]) -> str:
        name = match[1]
        if name not in shown:
            raise NotFoundError(
                _("The template asks for {{{{{name}}}}}, which there is not.").format(name=name),
                name,
                shown,
                _("It can have: {names}.").format(names=", ".join(sorted(shown))),
            )
        return shown[name]

    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = _PLACEHOLDER.sub(word, cell.source)


def _showable(value: object) -> bool:
    return isinstance(value, str | int | float | Sequence)


def _markdown(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(f"{number}. {escape_markdown(str(item))}" for number, item in enumerate(value, 1))
    return escape_markdown(str(value))
