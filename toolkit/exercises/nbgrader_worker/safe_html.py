"""Renders students' text, code and outputs as sanitized HTML without active content.

Three layers of defence: tags and attributes that are not on an allow list are dropped; images are data URLs,
never fetched; and the page that contains the result forbids scripts by its content security policy.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from markupsafe import Markup
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from toolkit._internal.html_sanitizer import FEEDBACK, FEEDBACK_WITH_CLASSES, sanitize
from toolkit._internal.terminal_output import apply_control_characters, join_stream_outputs
from toolkit.exercises.course.notebook import Cell
from toolkit.i18n import _

__all__ = ["render_code", "render_markdown", "render_outputs"]

_MAX_TEXT_CHARS = 20_000
_MAX_IMAGE_CHARS = 4_000_000


def render_markdown(cell: Cell) -> Markup:
    """Return the HTML of a markdown cell."""
    renderer = IPythonRenderer(
        escape=False, attachments=cell.get("attachments", {}), exclude_anchor_links=True
    )
    return sanitize(
        str(MarkdownWithMath(renderer=renderer).render(cell["source"][:_MAX_TEXT_CHARS])), FEEDBACK
    )


def render_code(source: str) -> Markup:
    """Return the HTML of code, highlighted with CSS classes."""
    highlight = Highlight2HTML(pygments_lexer="ipython3")  # type: ignore[no-untyped-call]
    return sanitize(str(highlight(source[:_MAX_TEXT_CHARS])), FEEDBACK_WITH_CLASSES)


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
            sanitize(_joined(data["text/html"])[: 10 * _MAX_TEXT_CHARS], FEEDBACK)
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
    return Markup("<pre>{}</pre>").format(sanitize(coloured, FEEDBACK_WITH_CLASSES))


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
    return Markup('<p><img src="{}" alt="{}"></p>').format(
        f"data:{mime};base64,{encoded}",
        _("What the cell drew"),
    )


def _joined(text: Any) -> str:  # noqa: ANN401 - untrusted JSON
    return "".join(map(str, text)) if isinstance(text, list) else str(text)
