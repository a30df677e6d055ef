"""Output of a report's cell: HTML with every text escaped, and the same as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape

from markupsafe import Markup, escape

from toolkit.i18n import current_language

__all__ = [
    "Block",
    "escaped",
    "html_list",
    "html_table",
    "icon_with_word",
    "isolated",
    "joined",
    "muted",
    "paragraph",
    "small_line",
    "text_with_code",
]

_CELL_STYLE = Markup('style="text-align: left; vertical-align: top"')
_ROW_HEADER_STYLE = Markup('style="text-align: left; vertical-align: top; font-weight: normal"')
_LINE_ENDS = re.compile(r"</(?:p|li|tr|h\d|figcaption|div)>|<br>")
_CELL_ENDS = re.compile(r"</t[dh]>(?=<t[dh])")
_TAGS = re.compile(r"<[^>]*>")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """An output that a notebook displays.

    The HTML must look right without stylesheets and scripts: JupyterLab removes both from an untrusted
    notebook, and a report that a student may have changed is untrusted. So the layout uses plain elements and
    a few ``style`` attributes; the exported page adds the rest by class.

    Parameters
    ----------
    html : Markup
        Safe HTML, with all texts escaped.
    kind : str
        CSS class of the enclosing element in the exported page.
    language : str
        Language of the texts; the current one by default.
    """

    html: Markup
    kind: str = "part"
    language: str = field(default_factory=current_language)

    def __add__(self, other: Block) -> Block:
        """Return both blocks as one output."""
        return Block(self._framed() + other._framed(), "parts", self.language)

    def __str__(self) -> str:
        lines = _CELL_ENDS.sub(" | ", _LINE_ENDS.sub("\n", str(self.html)))
        return re.sub(r"\n{2,}", "\n", unescape(_TAGS.sub("", lines))).strip()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        return {"text/html": str(self._framed()), "text/plain": str(self)}

    def _framed(self) -> Markup:
        # JupyterLab would take the text between two dollar signs for a formula.
        return Markup('<div class="mentoring-report mathjax_ignore {}" lang="{}">{}</div>').format(
            self.kind, self.language, self.html
        )


def escaped(value: str) -> Markup:
    """Return ``value`` escaped for HTML."""
    return escape(value)


def isolated(value: str) -> Markup:
    """Return ``value`` escaped, with its writing direction isolated (a name in Hebrew, a title)."""
    return Markup("<bdi>{}</bdi>").format(value)


def icon_with_word(icon: Markup, word: str) -> Markup:
    """Return an icon and its word on one line.

    Parameters
    ----------
    icon : Markup
        Safe HTML.
    word : str
        Plain text, which is escaped.
    """
    return Markup('<span style="white-space: nowrap">{} {}</span>').format(icon, word)


def text_with_code(value: str) -> Markup:
    """Return ``value`` escaped, with text between backticks as code and with line breaks."""
    parts = _CODE.split(value)
    marked = (Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))
    return Markup("").join(marked).replace("\n", Markup("<br>"))


def joined(between: str, html: Iterable[Markup]) -> Markup:
    """Return pieces of safe HTML, joined by a separator.

    Parameters
    ----------
    between : str
        The separator; plain text, which is escaped.
    html : iterable of Markup
        The pieces.
    """
    return escape(between).join(html)


def paragraph(html: Markup) -> Markup:
    """Return safe HTML as a paragraph."""
    return Markup("<p>{}</p>").format(html)


def muted(html: Markup) -> Markup:
    """Return safe HTML in a smaller, less prominent style."""
    # Opacity instead of a grey colour, so that it is readable in every theme.
    return Markup('<small style="opacity: 0.8">{}</small>').format(html)


def small_line(html: Markup) -> Markup:
    """Return safe HTML as a second line in small print; the empty string for an empty one."""
    return Markup("<br>{}").format(muted(html)) if html else Markup("")


def html_list(html: Iterable[Markup]) -> Markup:
    """Return pieces of safe HTML as a list."""
    return Markup("<ul>{}</ul>").format(joined("", (Markup("<li>{}</li>").format(item) for item in html)))


def html_table(head: Iterable[str], rows: Iterable[Iterable[Markup]], kind: str) -> Markup:
    """Return a table whose first column contains row headers.

    JupyterLab aligns cells to the right, so each cell has an inline style for left alignment.

    Parameters
    ----------
    head : iterable of str
        Column headings; a text that is not `Markup` is escaped.
    rows : iterable of iterable of Markup
        Cells of each row, safe HTML.
    kind : str
        CSS class of the table.
    """
    titles = joined("", (Markup('<th scope="col" {}>{}</th>').format(_CELL_STYLE, title) for title in head))
    body = []
    for first, *rest in rows:
        cells = joined("", (Markup("<td {}>{}</td>").format(_CELL_STYLE, cell) for cell in rest))
        body.append(Markup('<tr><th scope="row" {}>{}</th>{}</tr>').format(_ROW_HEADER_STYLE, first, cells))
    return Markup(
        '<table class="{}" style="width: 100%"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    ).format(kind, titles, joined("", body))
