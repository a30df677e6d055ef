"""Markdown that people wrote, as HTML that a report may hold."""

from __future__ import annotations

import re

__all__ = ["prose"]

_HEADING = re.compile(r"(</?h)[1-6]\b")


def prose(markdown: str) -> str:
    """Return ``markdown`` as HTML: HTML in it shows as text, nothing is fetched, headings go below ours."""
    # Only a report with a recap waits for these two.
    import mistune

    from toolkit.reports.render.sanitizer import clean_html

    # Left to themselves, lines would run together that were typed one below the other.
    html = str(mistune.create_markdown(escape=True, hard_wrap=True)(markdown))
    return _HEADING.sub(r"\g<1>4", clean_html(html))
