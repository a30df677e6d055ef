"""Renders students' text, code and outputs as sanitized HTML without active content.

Three layers of defence: tags and attributes that are not on an allow list are dropped; images are data URLs,
never fetched; and the page that contains the result forbids scripts by its content security policy.
"""

from __future__ import annotations

from markupsafe import Markup
from nbconvert.filters import Highlight2HTML

from toolkit._internal.html_sanitizer import FEEDBACK, FEEDBACK_WITH_CLASSES, sanitize
from toolkit._internal.markdown_subset import subset_to_html
from toolkit._internal.notebook_markdown import MAX_TEXT_CHARS, markdown_to_html
from toolkit._internal.notebook_outputs import outputs_to_html
from toolkit._internal.notebook_pictures import notice, picture_html
from toolkit.exercises.course.notebook import Cell
from toolkit.i18n import _

__all__ = ["render_code", "render_comment", "render_markdown", "render_outputs", "render_source"]


def render_source(cell: Cell) -> Markup:
    """Return the HTML of a cell's source: text as it is read, code with its colours, raw text as typed."""
    if not cell["source"].strip():
        return Markup("")
    if cell["cell_type"] == "markdown":
        return render_markdown(cell)
    if cell["cell_type"] == "code":
        return render_code(cell["source"])
    return Markup("<pre>{}</pre>").format(cell["source"][:MAX_TEXT_CHARS]) + _rest(cell["source"])


def render_markdown(cell: Cell) -> Markup:
    """Return the HTML of a markdown cell."""
    return markdown_to_html(cell["source"], cell.get("attachments"), FEEDBACK)


def render_comment(text: str) -> Markup:
    """Return the HTML of a mentor's comment, which is Markdown of `toolkit._internal.markdown_subset`."""
    return sanitize(subset_to_html(text), FEEDBACK, lambda address, alt: picture_html(address, alt, {}))


def render_code(source: str) -> Markup:
    """Return the HTML of code, highlighted with CSS classes."""
    shown = source[:MAX_TEXT_CHARS]
    try:
        highlight = Highlight2HTML(pygments_lexer="ipython3")  # type: ignore[no-untyped-call]
        html = sanitize(str(highlight(shown)), FEEDBACK_WITH_CLASSES)
    except Exception:  # noqa: BLE001 - no source of one cell may cost the page, whatever error it causes
        html = Markup("<pre>{}</pre>").format(shown)
    return html + _rest(source)


def render_outputs(cell: Cell) -> Markup:
    """Return the HTML of a cell's outputs."""
    return outputs_to_html(cell.get("outputs", []), FEEDBACK)


def _rest(source: str) -> Markup:
    if len(source) <= MAX_TEXT_CHARS:
        return Markup("")
    return Markup("<p>{}</p>").format(notice(_("(The rest of this text is left out: it is very long.)")))
