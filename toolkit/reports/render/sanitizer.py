"""The HTML sanitiser of exported pages: people's texts are shown, but run and fetch nothing."""

from __future__ import annotations

import re

from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner

__all__ = ["clean_html"]

_TAGS = {
    *("a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "i", "img", "ins", "kbd"),
    *("mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr"),
    *("blockquote", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4"),
    *("h5", "h6", "hr", "li", "ol", "p", "pre", "section", "summary", "ul"),
    *("caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
}
_GLOBAL_ATTRIBUTES = {"class", "style", "lang", "dir", "title", "aria-hidden", "aria-label", "role"}
_TAG_ATTRIBUTES = {
    "img": {"alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"scope", "colspan", "rowspan"},
    "details": {"open"},
    "time": {"datetime"},
}
_STYLE_PROPERTIES = {
    *("background-color", "border-collapse", "color", "display", "font-family", "font-size", "font-style"),
    *("font-weight", "line-height", "list-style", "margin", "margin-bottom", "margin-left", "margin-right"),
    *("margin-top", "max-width", "opacity", "padding", "padding-left", "text-align", "text-decoration"),
    *("vertical-align", "white-space", "width"),
}
# An embedded image in an image element runs no script and fetches nothing.
_IMAGE_URL = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*")
# Feedback pages and exercises lie in the same workspace.
_WORKSPACE_PATH = r"(?:\.\./\.\./)?(?:feedback|exercises)(?:/[\w%-][\w.%-]*)+\Z"
_LINK_URL = re.compile(f"https?:|mailto:|#|{_WORKSPACE_PATH}", re.IGNORECASE)


def _allowed(tag: str, name: str, value: str) -> bool:
    if name in _GLOBAL_ATTRIBUTES or name in _TAG_ATTRIBUTES.get(tag, ()):
        return True
    if (tag, name) == ("img", "src"):
        # A remote image would reveal to its server that the page was opened.
        return _IMAGE_URL.fullmatch(value) is not None
    return (tag, name) == ("a", "href") and _LINK_URL.match(value) is not None


def clean_html(html: str) -> str:
    """Return ``html`` with only safe elements, attributes and styles; refused elements show as text.

    Scripts, external resources, and styles that could cover the page are refused.
    """
    cleaner = Cleaner(
        tags=_TAGS,
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data"},
        css_sanitizer=CSSSanitizer(allowed_css_properties=_STYLE_PROPERTIES),
    )
    cleaned: str = cleaner.clean(html)
    return cleaned
