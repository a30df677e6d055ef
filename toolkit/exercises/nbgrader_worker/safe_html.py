"""Turns what students wrote and what their code put out into HTML in which nothing can run.

Three nets: whatever is not on a short list of harmless tags and attributes is dropped; images are data of
the page itself, never fetched; and the page that this goes into forbids scripts by its content policy.
"""

from __future__ import annotations

import base64
import binascii
import re
from html import escape
from typing import Any

import bleach
from bs4 import BeautifulSoup
from markupsafe import Markup
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from toolkit._internal.terminal_output import joined, settled
from toolkit.exercises.course.notebook import Cell
from toolkit.i18n import _

__all__ = ["code", "markdown", "outputs"]

_LONGEST = 20_000
_LARGEST_IMAGE = 4_000_000

_TEXT = ["a", "abbr", "b", "br", "code", "del", "em", "i", "img", "kbd", "q", "s", "samp", "small", "span"]
_TEXT += ["strong", "sub", "sup", "u", "var"]
_BLOCKS = ["blockquote", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p"]
_BLOCKS += ["pre", "ul"]
_TABLES = ["caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"]
# Their text is no text for people.
_WITH_CONTENT = (
    "script",
    "style",
    "template",
    "iframe",
    "object",
    "embed",
    "noscript",
    "svg",
    "math",
    "title",
)
# Most have none of them, and reading HTML takes longer than looking for these.
_TAG_WITH_CONTENT = re.compile(rf"<\s*(?:{'|'.join(_WITH_CONTENT)})", re.IGNORECASE)
_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z")


def markdown(cell: Cell) -> Markup:
    """Return the HTML of a markdown cell."""
    renderer = IPythonRenderer(
        escape=False, attachments=cell.get("attachments", {}), exclude_anchor_links=True
    )
    return clean(str(MarkdownWithMath(renderer=renderer).render(cell["source"][:_LONGEST])))


def code(source: str) -> Markup:
    """Return the HTML of code, its words marked by class."""
    highlight = Highlight2HTML(pygments_lexer="ipython3")  # type: ignore[no-untyped-call]
    return clean(str(highlight(source[:_LONGEST])), classes=True)


def outputs(cell: Cell, *, errors: bool = True) -> Markup:
    """Return the HTML of what a cell put out.

    Parameters
    ----------
    errors : bool
        Whether tracebacks are shown; they have the code in them that failed.
    """
    return Markup("").join(
        _output(output)
        for output in joined(cell.get("outputs", []))
        if errors or output.get("output_type") != "error"
    )


def clean(html: str, *, classes: bool = False) -> Markup:
    """Return HTML of which only the harmless part is left."""
    if _TAG_WITH_CONTENT.search(html):
        soup = BeautifulSoup(html, "html.parser")
        for element in soup.find_all(_WITH_CONTENT):
            element.decompose()
        html = str(soup)

    def allowed(tag: str, name: str, value: str) -> bool:
        if tag == "a" and name == "href":
            return re.match(r"(https?://|mailto:|#)", value) is not None
        if tag == "img" and name == "src":
            return _IMAGE.match(value) is not None
        if tag in {"td", "th"} and name in {"colspan", "rowspan"}:
            return value.isdigit() and int(value) < 100
        if name == "class":
            return classes
        return name in {"title", "alt"}

    safe = bleach.clean(
        html,
        tags={*_TEXT, *_BLOCKS, *_TABLES},
        attributes=allowed,
        protocols={"http", "https", "mailto", "data"},
        strip=True,
        strip_comments=True,
    )
    return Markup(safe)  # noqa: S704 - it has just been cleaned


def _output(output: dict[str, Any]) -> Markup:
    kind = output.get("output_type")
    if kind == "stream":
        return _terminal(settled(_joined(output.get("text", ""))))
    if kind == "error":
        trace = "\n".join(map(str, output.get("traceback", [])))
        return _terminal(trace or f"{output.get('ename')}: {output.get('evalue')}")
    data = output.get("data", {})
    for mime in ("image/png", "image/jpeg", "image/gif", "image/svg+xml"):
        if mime in data:
            return _image(mime, _joined(data[mime]))
    if "text/html" in data:
        return Markup('<div class="table">{}</div>').format(
            clean(_joined(data["text/html"])[: 10 * _LONGEST])
        )
    if "text/markdown" in data:
        return markdown({"source": _joined(data["text/markdown"])})
    return _terminal(_joined(data.get("text/plain", "")))


def _terminal(text: str) -> Markup:
    if not text.strip():
        return Markup("")
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "\n…"
    coloured = str(ansi2html(text))  # type: ignore[no-untyped-call]
    return Markup("<pre>{}</pre>").format(clean(coloured, classes=True))


def _image(mime: str, data: str) -> Markup:
    if len(data) > _LARGEST_IMAGE:
        return _terminal(_("(A very large image is left out.)"))
    if mime == "image/svg+xml":
        # As an image of its own it is drawn, but no script in it is run and nothing is fetched.
        encoded = base64.b64encode(data.encode()).decode()
    else:
        try:
            encoded = base64.b64encode(base64.b64decode(data)).decode()
        except (binascii.Error, ValueError):
            return Markup("")
    source = escape(f"data:{mime};base64,{encoded}")
    return Markup('<p><img src="{}" alt="{}"></p>').format(
        Markup(source),  # noqa: S704 - base64 that we have just made
        _("What the cell drew"),
    )


def _joined(text: Any) -> str:  # noqa: ANN401 - whatever stands in the notebook
    return "".join(map(str, text)) if isinstance(text, list) else str(text)
