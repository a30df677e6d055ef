"""Output of a report's cell: HTML with every text escaped, and the same as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape, unescape

from toolkit.i18n import current_language

__all__ = [
    "Block",
    "escaped",
    "html_list",
    "html_table",
    "icon_with_word",
    "isolated",
    "muted",
    "paragraph",
    "small_line",
    "text_with_code",
]

_CELL_STYLE = 'style="text-align: left; vertical-align: top"'
_ROW_HEADER_STYLE = 'style="text-align: left; vertical-align: top; font-weight: normal"'
_LINE_ENDS = re.compile(r"</(?:p|li|tr|h\d|figcaption|div)>|<br>")
_CELL_ENDS = re.compile(r"</t[dh]>(?=<t[dh])")
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Block:
    """An output that a notebook displays.

    The HTML must look right without stylesheets and scripts: JupyterLab removes both from an untrusted
    notebook, and a report that a student may have changed is untrusted. So the layout uses plain elements and
    a few ``style`` attributes; the exported page adds the rest by class.

    Parameters
    ----------
    html : str
        Safe HTML, with all texts escaped.
    kind : str
        CSS class of the enclosing element in the exported page.
    language : str
        Language of the texts; the current one by default.
    """

    html: str
    kind: str = "part"
    language: str = field(default_factory=current_language)

    def __add__(self, other: Block) -> Block:
        """Return both blocks as one output."""
        return Block(f"{self._framed()}{other._framed()}", "parts", self.language)

    def __str__(self) -> str:
        lines = _CELL_ENDS.sub(" | ", _LINE_ENDS.sub("\n", self.html))
        return re.sub(r"\n{2,}", "\n", unescape(_TAGS.sub("", lines))).strip()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        return {"text/html": self._framed(), "text/plain": str(self)}

    def _framed(self) -> str:
        return f'<div class="mentoring-report {self.kind}" lang="{self.language}">{self.html}</div>'


def escaped(value: str) -> str:
    """Return ``value`` escaped for HTML."""
    return escape(value)


def isolated(value: str) -> str:
    """Return ``value`` escaped, with its writing direction isolated (a name in Hebrew, a title)."""
    return f"<bdi>{escape(value)}</bdi>"


def icon_with_word(icon: str, word: str) -> str:
    """Return an icon and its word on one line.

    Parameters
    ----------
    icon : str
        Safe HTML.
    word : str
        Plain text, which is escaped.
    """
    return f'<span style="white-space: nowrap">{icon} {escape(word)}</span>'


def text_with_code(value: str) -> str:
    """Return ``value`` escaped, with text between backticks as code and with line breaks."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(value)).replace("\n", "<br>")


def paragraph(html: str) -> str:
    """Return safe HTML as a paragraph."""
    return f"<p>{html}</p>"


def muted(html: str) -> str:
    """Return safe HTML in a smaller, less prominent style."""
    # Opacity instead of a grey colour, so that it is readable in every theme.
    return f'<small style="opacity: 0.8">{html}</small>'


def small_line(html: str) -> str:
    """Return safe HTML as a second line in small print; the empty string for an empty one."""
    return f"<br>{muted(html)}" if html else ""


def html_list(html: Iterable[str]) -> str:
    """Return pieces of safe HTML as a list."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in html)}</ul>"


def html_table(head: Iterable[str], rows: Iterable[Iterable[str]], kind: str) -> str:
    """Return a table whose first column contains row headers.

    JupyterLab aligns cells to the right, so each cell has an inline style for left alignment.

    Parameters
    ----------
    head : iterable of str
        Column headings, safe HTML.
    rows : iterable of iterable of str
        Cells of each row, safe HTML.
    kind : str
        CSS class of the table.
    """
    titles = "".join(f'<th scope="col" {_CELL_STYLE}>{title}</th>' for title in head)
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td {_CELL_STYLE}>{cell}</td>" for cell in rest)
        body.append(f'<tr><th scope="row" {_ROW_HEADER_STYLE}>{first}</th>{cells}</tr>')
    opening = f'<table class="{kind}" style="width: 100%">'
    return f"{opening}<thead><tr>{titles}</tr></thead><tbody>{''.join(body)}</tbody></table>"
