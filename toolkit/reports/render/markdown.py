"""Conversion of people's Markdown to safe HTML for a report."""

from __future__ import annotations

import re

from markupsafe import Markup

from toolkit._internal.markdown_subset import subset_to_html

__all__ = ["render_markdown"]

_HEADING = re.compile(r"(</?h)[1-6]\b")


def render_markdown(markdown: str) -> Markup:
    """Return Markdown as safe HTML: raw HTML shows as text, nothing is fetched, headings become ``h4``.

    It reads the marks of `toolkit._internal.markdown_subset`, so that code in a sentence stays as typed.
    """
    # Imported here because only a report with a recap needs it.
    from toolkit.reports.render.sanitizer import clean_html

    html = clean_html(subset_to_html(markdown))
    # A pattern works on plain text: what it puts together of `Markup` would be escaped again.
    return Markup(_HEADING.sub(r"\g<1>4", str(html)))  # noqa: S704 - cleaned just before
