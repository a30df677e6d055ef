"""Conversion of people's Markdown to safe HTML for a report."""

from __future__ import annotations

import re

from markupsafe import Markup

__all__ = ["render_markdown"]

_HEADING = re.compile(r"(</?h)[1-6]\b")


def render_markdown(markdown: str) -> Markup:
    """Return Markdown as safe HTML: raw HTML shows as text, nothing is fetched, headings become ``h4``."""
    # Imported here because only a report with a recap needs them.
    import mistune

    from toolkit.reports.render.sanitizer import clean_html

    # hard_wrap: without it, successive lines would be joined.
    html = str(mistune.create_markdown(escape=True, hard_wrap=True)(markdown))
    # A pattern works on plain text: what it puts together of `Markup` would be escaped again.
    return Markup(_HEADING.sub(r"\g<1>4", str(clean_html(html))))  # noqa: S704 - cleaned just before
