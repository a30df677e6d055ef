"""Renders students' text, code and outputs as sanitized HTML without active content.

Three layers of defence: tags and attributes that are not on an allow list are dropped; images are data URLs,
never fetched; and the page that contains the result forbids scripts by its content security policy.
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

from toolkit._internal.terminal_output import apply_control_characters, join_stream_outputs
from toolkit.exercises.course.notebook import Cell
from toolkit.i18n import _

__all__ = ["render_code", "render_markdown", "render_outputs"]

_MAX_TEXT_CHARS = 20_000
_MAX_IMAGE_CHARS = 4_000_000

_TEXT = ["a", "abbr", "b", "br", "code", "del", "em", "i", "img", "kbd", "q", "s", "samp", "small", "span"]
_TEXT += ["strong", "sub", "sup", "u", "var"]
_BLOCKS = ["blockquote", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p"]
_BLOCKS += ["pre", "ul"]
_TABLES = ["caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"]
# Removed together with their content, which is not text for readers.
_TAGS_DROPPED_WITH_CONTENT = (
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
# Searched first: most texts have none of these tags, and parsing HTML is slower than this search.
_DROPPED_TAG = re.compile(rf"<\s*(?:{'|'.join(_TAGS_DROPPED_WITH_CONTENT)})", re.IGNORECASE)
_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z")


def render_markdown(cell: Cell) -> Markup:
    """Return the HTML of a markdown cell."""
    renderer = IPythonRenderer(
        escape=False, attachments=cell.get("attachments", {}), exclude_anchor_links=True
    )
    return sanitize_html(str(MarkdownWithMath(renderer=renderer).render(cell["source"][:_MAX_TEXT_CHARS])))


def render_code(source: str) -> Markup:
    """Return the HTML of code, highlighted with CSS classes."""
    highlight = Highlight2HTML(pygments_lexer="ipython3")  # type: ignore[no-untyped-call]
    return sanitize_html(str(highlight(source[:_MAX_TEXT_CHARS])), classes=True)


def render_outputs(cell: Cell, *, errors: bool = True) -> Markup:
    """Return the HTML of a cell's outputs.

    Parameters
    ----------
    cell : dict
        Executed cell.
    errors : bool
        Include tracebacks, which quote the failing code.
    """
    return Markup("").join(
        _output(output)
        for output in join_stream_outputs(cell.get("outputs", []))
        if errors or output.get("output_type") != "error"
    )


def sanitize_html(html: str, *, classes: bool = False) -> Markup:
    """Return HTML reduced to the tags and attributes on the allow list.

    Parameters
    ----------
    html : str
        Untrusted HTML.
    classes : bool
        Keep ``class`` attributes.
    """
    if _DROPPED_TAG.search(html):
        soup = BeautifulSoup(html, "html.parser")
        for element in soup.find_all(_TAGS_DROPPED_WITH_CONTENT):
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
    return Markup(safe)  # noqa: S704 - sanitized above


def _output(output: dict[str, Any]) -> Markup:
    kind = output.get("output_type")
    if kind == "stream":
        return _terminal(apply_control_characters(_joined(output.get("text", ""))))
    if kind == "error":
        trace = "\n".join(map(str, output.get("traceback", [])))
        return _terminal(trace or f"{output.get('ename')}: {output.get('evalue')}")
    data = output.get("data", {})
    for mime in ("image/png", "image/jpeg", "image/gif", "image/svg+xml"):
        if mime in data:
            return _image(mime, _joined(data[mime]))
    if "text/html" in data:
        return Markup('<div class="table">{}</div>').format(
            sanitize_html(_joined(data["text/html"])[: 10 * _MAX_TEXT_CHARS])
        )
    if "text/markdown" in data:
        return render_markdown({"source": _joined(data["text/markdown"])})
    return _terminal(_joined(data.get("text/plain", "")))


def _terminal(text: str) -> Markup:
    if not text.strip():
        return Markup("")
    if len(text) > _MAX_TEXT_CHARS:
        text = text[:_MAX_TEXT_CHARS] + "\n…"
    coloured = str(ansi2html(text))  # type: ignore[no-untyped-call]
    return Markup("<pre>{}</pre>").format(sanitize_html(coloured, classes=True))


def _image(mime: str, data: str) -> Markup:
    if len(data) > _MAX_IMAGE_CHARS:
        return _terminal(_("(A very large image is left out.)"))
    if mime == "image/svg+xml":
        # Browsers neither run scripts nor fetch resources of an SVG in an `img` element.
        encoded = base64.b64encode(data.encode()).decode()
    else:
        try:
            encoded = base64.b64encode(base64.b64decode(data)).decode()
        except (binascii.Error, ValueError):
            return Markup("")
    source = escape(f"data:{mime};base64,{encoded}")
    return Markup('<p><img src="{}" alt="{}"></p>').format(
        Markup(source),  # noqa: S704 - base64, encoded above
        _("What the cell drew"),
    )


def _joined(text: Any) -> str:  # noqa: ANN401 - untrusted JSON
    return "".join(map(str, text)) if isinstance(text, list) else str(text)
