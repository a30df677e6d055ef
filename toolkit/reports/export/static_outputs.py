"""Outputs of a notebook in a form that a page without scripts shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode, from_dict

from toolkit._internal.html_sanitizer import REPORT
from toolkit._internal.notebook_outputs import is_shown_whole, output_to_html
from toolkit._internal.notebook_pictures import joined_text
from toolkit._internal.terminal_output import apply_control_characters, join_stream_outputs

__all__ = ["SHOWN_TYPES", "static_outputs"]

SHOWN_TYPES = [
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "text/plain",
]
"""MIME types that a page shows, in order of preference."""

# nbconvert's templates have no block for GIF and WebP.
_TEMPLATE_TYPES = set(SHOWN_TYPES) - {"image/gif", "image/webp"}


def static_outputs(outputs: Iterable[Any]) -> list[NotebookNode]:
    """Return outputs that need no script, each text with its final terminal view.

    An output that cannot be shown becomes a line that names it.

    Parameters
    ----------
    outputs : iterable of dict
        Outputs of a cell, which are not changed; a shared notebook may hold damaged ones.
    """
    found = join_stream_outputs(output for output in outputs if isinstance(output, dict))
    shown = (_static(output) for output in found)
    return [from_dict(output) for output in shown if output]  # type: ignore[no-untyped-call]


def _static(output: dict[str, Any]) -> dict[str, Any]:
    """Return a valid output with no fields but those that the page shows; empty if nothing is to be shown."""
    kind, data = output.get("output_type"), output.get("data")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": kind, "name": name, "text": apply_control_characters(output["text"])}
    trace = output.get("traceback")
    if kind == "error" and isinstance(trace, list):
        about = {name: str(output.get(name, "")) for name in ("ename", "evalue")}
        return {"output_type": kind, **about, "traceback": [str(line) for line in trace]}
    if isinstance(data, dict):
        shown = {mime: joined_text(value) for mime, value in data.items() if mime in _TEMPLATE_TYPES}
        if shown and (is_shown_whole(data) or data.keys() == {"text/plain"}):
            return {"output_type": "display_data", "data": shown, "metadata": _image_metadata(output)}
    html = str(output_to_html(output, REPORT))
    return {"output_type": "display_data", "data": {"text/html": html}, "metadata": {}} if html else {}


def _image_metadata(output: dict[str, Any]) -> dict[str, Any]:
    """Return the size of an output's images, by MIME type.

    nbconvert's templates put the values of metadata into tags without quotation marks.
    """
    metadata = output.get("metadata")
    return {
        mime: {name: given[name] for name in ("width", "height") if type(given.get(name)) in {int, float}}
        for mime, given in (metadata.items() if isinstance(metadata, dict) else ())
        if mime in SHOWN_TYPES and isinstance(given, dict)
    }
