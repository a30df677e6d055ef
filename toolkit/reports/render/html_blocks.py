"""What a report's cell shows: HTML whose every text is escaped, and the same in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape, unescape

from toolkit.i18n import current_language

__all__ = ["Block", "bdi", "beside", "coded", "items", "paragraph", "quiet", "small", "table", "text"]

_LEFT = 'style="text-align: left; vertical-align: top"'
_NAMING = 'style="text-align: left; vertical-align: top; font-weight: normal"'
_ENDS = re.compile(r"</(?:p|li|tr|h\d|figcaption|div)>|<br>")
_CELL_ENDS = re.compile(r"</t[dh]>(?=<t[dh])")
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Block:
    """Something that a notebook displays.

    The HTML must look right where no stylesheet and no script of ours is allowed: JupyterLab strips both from
    a notebook that it does not trust, and a report that a student may have touched is not to be trusted. So
    layout is in plain elements and a few ``style`` attributes; the exported page adds the rest by class.

    Parameters
    ----------
    html : str
        Safe as it is.
    kind : str
        The class of the enclosing element in the exported page.
    """

    html: str
    kind: str = "part"
    language: str = field(default_factory=current_language)

    def __add__(self, other: Block) -> Block:
        """Return both in one output, this one first."""
        return Block(f"{self._framed()}{other._framed()}", "parts", self.language)

    def __str__(self) -> str:
        lines = _CELL_ENDS.sub(" | ", _ENDS.sub("\n", self.html))
        return re.sub(r"\n{2,}", "\n", unescape(_TAGS.sub("", lines))).strip()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        return {"text/html": self._framed(), "text/plain": str(self)}

    def _framed(self) -> str:
        return f'<div class="mentoring-report {self.kind}" lang="{self.language}">{self.html}</div>'


def text(value: str) -> str:
    """Return ``value`` as HTML."""
    return escape(value)


def bdi(value: str) -> str:
    """Return ``value`` as HTML that keeps its direction of writing to itself (a name in Hebrew, a title)."""
    return f"<bdi>{escape(value)}</bdi>"


def beside(icon: str, word: str) -> str:
    """Return an icon, HTML already, and its word, kept on one line."""
    return f'<span style="white-space: nowrap">{icon} {escape(word)}</span>'


def coded(value: str) -> str:
    """Return ``value`` as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(value)).replace("\n", "<br>")


def paragraph(html: str) -> str:
    """Return a paragraph of what is HTML already."""
    return f"<p>{html}</p>"


def quiet(html: str) -> str:
    """Return, smaller and quieter, what is HTML already."""
    # Opacity rather than a grey: it is readable in every theme.
    return f'<small style="opacity: 0.8">{html}</small>'


def small(html: str) -> str:
    """Return a second line of what is HTML already; nothing for nothing."""
    return f"<br>{quiet(html)}" if html else ""


def items(html: Iterable[str]) -> str:
    """Return a list of what is HTML already."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in html)}</ul>"


def table(head: Iterable[str], rows: Iterable[Iterable[str]], kind: str) -> str:
    """Return a table of cells that are HTML already; the first cell of a row names the row.

    JupyterLab puts the text of cells to the right; the style says otherwise in each, where it cannot be lost.
    """
    titles = "".join(f'<th scope="col" {_LEFT}>{title}</th>' for title in head)
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td {_LEFT}>{cell}</td>" for cell in rest)
        body.append(f'<tr><th scope="row" {_NAMING}>{first}</th>{cells}</tr>')
    opening = f'<table class="{kind}" style="width: 100%">'
    return f"{opening}<thead><tr>{titles}</tr></thead><tbody>{''.join(body)}</tbody></table>"
