"""Outputs of a notebook's cells as HTML that runs and fetches nothing.

An output is shown as its reader saw it: of a progress line the last state. A part that needs a running
notebook or another site is named in a line in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup
from nbconvert.filters import ansi2html

from toolkit._internal.html_sanitizer import FEEDBACK_WITH_CLASSES, HtmlPolicy, sanitize
from toolkit._internal.notebook_markdown import MAX_TEXT_CHARS, markdown_to_html
from toolkit._internal.notebook_pictures import image_html, joined_text, notice, picture_html
from toolkit._internal.terminal_output import apply_control_characters, join_stream_outputs
from toolkit.i18n import N_, _

__all__ = ["is_shown_whole", "output_to_html", "outputs_to_html"]

_MAX_HTML_CHARS = 10 * MAX_TEXT_CHARS
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
# The word for an output by the beginning of its MIME type, and by a text in its HTML.
_LIVE_TYPES = {
    "application/vnd.plotly": N_("a Plotly figure"),
    "application/vnd.jupyter.widget-view": N_("a widget"),
    "application/vnd.vega": N_("an Altair chart"),
    "application/vnd.bokeh": N_("a Bokeh figure"),
    "application/vnd.holoviews": N_("a HoloViews figure"),
    "application/geo+json": N_("a map"),
    "application/pdf": N_("a PDF file"),
    "application/javascript": N_("a script"),
    "audio/": N_("a sound"),
    "video/": N_("a video"),
}
_LIVE_HTML = {
    "plotly": N_("a Plotly figure"),
    "bokeh": N_("a Bokeh figure"),
    "vega": N_("an Altair chart"),
    "leaflet": N_("a map"),
    "<iframe": N_("a page of another site or a map"),
    "<video": N_("a video"),
    "<audio": N_("a sound"),
    "<canvas": N_("a drawing that a script makes"),
    "<svg": N_("a drawing (SVG)"),
    "<math": N_("a formula"),
    "<object": N_("an embedded file"),
    "<embed": N_("an embedded file"),
    "<script": N_("something that a script draws"),
}
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_REMOVED = re.compile(r"<(iframe|video|audio|canvas|svg|math|object|embed)\b", re.IGNORECASE)
_VISIBLE = re.compile(r"<(?:img|hr)\b|>[^<]*[^\s<]|^[^<]*[^\s<]")


def is_shown_whole(data: Mapping[str, Any]) -> bool:
    """Return whether a MIME bundle has a form that a page without scripts shows as it is.

    Parameters
    ----------
    data : mapping
        MIME bundle of an output; untrusted.
    """
    html = data.get("text/html")
    if html is not None:
        text = joined_text(html)
        return not (_SCRIPT.search(text) or _REMOVED.search(text))
    images = [image_html(mime, joined_text(data[mime]), "") for mime in _IMAGES if mime in data]
    return all(images) if images else "text/markdown" in data


def outputs_to_html(outputs: Iterable[Any], policy: HtmlPolicy) -> Markup:
    """Return a cell's outputs as safe HTML.

    Parameters
    ----------
    outputs : iterable of dict
        Outputs as in a notebook; untrusted.
    policy : HtmlPolicy
        The tags, attributes and styles of HTML outputs that stay.
    """
    found = [output for output in outputs if isinstance(output, dict)]
    return Markup("").join(output_to_html(output, policy) for output in join_stream_outputs(found))


def output_to_html(output: Mapping[str, Any], policy: HtmlPolicy) -> Markup:
    """Return one output as safe HTML.

    Parameters
    ----------
    output : dict
        Output as in a notebook; untrusted.
    policy : HtmlPolicy
        The tags, attributes and styles of an HTML output that stay.
    """
    try:
        return _output(output, policy)
    except Exception:  # noqa: BLE001 - no output of one cell may cost the page, whatever error it causes
        return _paragraph(notice(_("(An output of this cell cannot be shown: it is damaged.)")))


def _output(output: Mapping[str, Any], policy: HtmlPolicy) -> Markup:
    kind = output.get("output_type")
    if kind == "stream":
        return _terminal(apply_control_characters(joined_text(output.get("text", ""))))
    if kind == "error":
        trace = output.get("traceback")
        text = "\n".join(map(str, trace)) if isinstance(trace, list) else ""
        return _terminal(text or f"{output.get('ename')}: {output.get('evalue')}")
    data = output.get("data")
    return _rich(data, policy) if isinstance(data, dict) else Markup("")


def _rich(data: Mapping[str, Any], policy: HtmlPolicy) -> Markup:
    for mime in _IMAGES:
        image = image_html(mime, joined_text(data[mime]), _("What the cell drew")) if mime in data else None
        if image:
            return _paragraph(image)
    live = next((word for start, word in _LIVE_TYPES.items() if any(m.startswith(start) for m in data)), "")
    if "text/html" in data:
        return _html(joined_text(data["text/html"]), live, policy)
    return _left_out(live) if live else _text(data, policy)


def _text(data: Mapping[str, Any], policy: HtmlPolicy) -> Markup:
    if "text/markdown" in data:
        return markdown_to_html(joined_text(data["text/markdown"]), {}, policy)
    if "text/latex" in data:
        formula = _terminal(joined_text(data["text/latex"]))
        return formula + _paragraph(notice(_("(Formulas are shown as they were typed, in LaTeX.)")))
    if "application/json" in data:
        return _terminal(json.dumps(data["application/json"], ensure_ascii=False, indent=1))
    if "text/plain" in data:
        return _terminal(joined_text(data["text/plain"]))
    kind = str(next(iter(data), ""))
    if kind in _IMAGES:
        return _paragraph(notice(_("(A picture that cannot be shown: {name})").format(name=kind)))
    return _left_out(kind) if kind else Markup("")


def _html(html: str, live: str, policy: HtmlPolicy) -> Markup:
    cut = html[:_MAX_HTML_CHARS]
    shown = sanitize(cut, policy, lambda address, alt: picture_html(address, alt, {}))
    word = live or next((word for mark, word in _LIVE_HTML.items() if mark in html.lower()), "")
    if _VISIBLE.search(shown) is None:
        return _left_out(word) if word else Markup("")
    shown = Markup('<div class="table">{}</div>').format(shown)
    removed = _REMOVED.search(cut)
    if removed:
        shown += _left_out(live or _LIVE_HTML[f"<{removed[1].lower()}"])
    if len(html) > len(cut):
        shown += _paragraph(notice(_("(The rest of this output is left out: it is very long.)")))
    return shown


def _left_out(word: str) -> Markup:
    said = _("(Not shown here: {kind}. Open the notebook to see it.)").format(kind=_(word))
    return _paragraph(notice(said))


def _paragraph(html: Markup) -> Markup:
    return Markup("<p>{}</p>").format(html)


def _terminal(text: str) -> Markup:
    if not text.strip():
        return Markup("")
    rest = len(text) > MAX_TEXT_CHARS
    coloured = str(ansi2html(text[:MAX_TEXT_CHARS]))  # type: ignore[no-untyped-call]
    shown = Markup("<pre>{}</pre>").format(sanitize(coloured, FEEDBACK_WITH_CLASSES))
    if rest:
        shown += _paragraph(notice(_("(The rest of this output is left out: it is very long.)")))
    return shown
