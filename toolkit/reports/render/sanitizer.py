"""The HTML sanitiser of exported pages: people's texts are shown, but run and fetch nothing."""

from __future__ import annotations

from markupsafe import Markup

from toolkit._internal.html_sanitizer import REPORT, sanitize

__all__ = ["clean_html"]


def clean_html(html: str) -> Markup:
    """Return ``html`` with only safe elements, attributes and styles.

    Scripts, external resources, and styles that could cover the page are removed. A refused element's text
    stays, except where it is no text for readers (a script, a style).
    """
    return sanitize(html, REPORT)
