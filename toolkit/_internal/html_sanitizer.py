"""Sanitises HTML that others wrote: all that is not allowed here is removed, so nothing in it can run.

The two policies are narrower than what pages forbid by their content policy: each is a net of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape

import nh3
import tinycss2
from markupsafe import Markup

__all__ = ["FEEDBACK", "FEEDBACK_WITH_CLASSES", "REPORT", "HtmlPolicy", "sanitize"]

_TEXT = {
    *("a", "abbr", "b", "br", "code", "del", "em", "i", "img", "kbd", "q", "s", "samp", "small", "span"),
    *("strong", "sub", "sup", "u", "var"),
}
_BLOCKS = {
    *("blockquote", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p"),
    *("pre", "ul"),
}
_TABLES = {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
# Their text is no text for people.
_WITHOUT_CONTENT = {
    *("script", "style", "template", "iframe", "object", "embed", "noscript", "svg", "math", "title"),
}
_SCHEMES = {"http", "https", "mailto", "data"}
# The cleaner quotes every value and escapes the quotation marks in it, so this finds each image as a whole.
_IMAGE = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
# A function in a style may fetch (url, image-set); these only compute.
_STYLE_FUNCTIONS = {"calc", "hsl", "hsla", "max", "min", "rgb", "rgba"}


@dataclass(frozen=True)
class HtmlPolicy:
    """The allow-list of one kind of page.

    Parameters
    ----------
    tags : frozenset of str
        Elements that stay; of another one only its text does.
    attributes : mapping of str to set of str
        Names of attributes that stay, by element; those of ``"*"`` stay on each.
    links : re.Pattern
        What the beginning of a link's address must match.
    images : re.Pattern
        What the whole address of an image must match.
    values : mapping of str to re.Pattern
        What the whole value of other attributes must match, by the attribute's name.
    styles : frozenset of str
        CSS properties that stay in the attribute ``style``.
    """

    tags: frozenset[str]
    attributes: Mapping[str, set[str]]
    links: re.Pattern[str]
    images: re.Pattern[str]
    values: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    styles: frozenset[str] = frozenset()

    @cached_property
    def cleaner(self) -> nh3.Cleaner:
        """The cleaner of nh3 for this policy."""
        return self._cleaner(_SCHEMES, self._filtered)

    @cached_property
    def cleaner_before_pictures(self) -> nh3.Cleaner:
        """The same cleaner, which leaves the address of an image for the function that replaces it."""
        return self._cleaner(
            _SCHEMES | {"attachment"},
            lambda tag, name, value: (
                value if (tag, name) == ("img", "src") else self._filtered(tag, name, value)
            ),
        )

    def _cleaner(self, schemes: set[str], keep: Callable[[str, str, str], str | None]) -> nh3.Cleaner:
        return nh3.Cleaner(
            tags=set(self.tags),
            clean_content_tags=_WITHOUT_CONTENT,
            attributes={tag: set(names) for tag, names in self.attributes.items()},
            attribute_filter=keep,
            url_schemes=schemes,
            link_rel=None,
        )

    def _filtered(self, tag: str, name: str, value: str) -> str | None:
        """Return the value of an allowed attribute; None where it is removed."""
        if name == "style":
            return _style(value, self.styles) or None
        if (tag, name) == ("a", "href"):
            fits = self.links.match(value)
        elif (tag, name) == ("img", "src"):
            # Anything but the image itself would tell somebody that the page was opened.
            fits = self.images.fullmatch(value)
        elif name in self.values:
            fits = self.values[name].fullmatch(value)
        else:
            return value
        return value if fits else None


def sanitize(html: str, policy: HtmlPolicy, picture: Callable[[str, str], Markup] | None = None) -> Markup:
    """Return the part of ``html`` that a policy allows, every element in it closed.

    Parameters
    ----------
    html : str
        Untrusted HTML.
    policy : HtmlPolicy
        The tags, attributes and styles that stay.
    picture : callable, optional
        Returns safe HTML in place of an image, given its address and its description as untrusted text. If
        left out, an image whose address the policy refuses keeps only its description.
    """
    if picture is None:
        return Markup(policy.cleaner.clean(html))  # noqa: S704 - it has just been cleaned

    def replaced(match: re.Match[str]) -> str:
        found = {name: unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
        return str(picture(found.get("src", ""), found.get("alt", "")))

    cleaned = policy.cleaner_before_pictures.clean(html)
    return Markup(_IMAGE.sub(replaced, cleaned))  # noqa: S704 - cleaned, and the pictures are safe


def _style(value: str, allowed: frozenset[str]) -> str:
    """Return the declarations of a style whose property is allowed and whose value fetches nothing."""
    try:
        kept: list[tinycss2.ast.Node] = []
        for part in tinycss2.parse_declaration_list(value, skip_comments=True):
            if part.type == "whitespace":
                kept += [part] if kept and kept[-1].type != "whitespace" else []
            elif part.type == "declaration" and part.lower_name in allowed and _is_computed(part.value):
                kept.append(part)
        return str(tinycss2.serialize(kept)).strip()
    except RecursionError:  # brackets in brackets, more than any style has
        return ""


def _is_computed(tokens: list[tinycss2.ast.Node]) -> bool:
    for token in tokens:
        if token.type in {"url", "error", "{} block", "[] block"}:
            return False
        if token.type == "function" and not (
            token.lower_name in _STYLE_FUNCTIONS and _is_computed(token.arguments)
        ):
            return False
        if token.type == "() block" and not _is_computed(token.content):
            return False
    return True


_SPANS = re.compile(r"[0-9]{1,2}")
_FEEDBACK_ATTRIBUTES = {
    "*": {"title", "alt"},
    "a": {"href"},
    "img": {"src"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}

FEEDBACK = HtmlPolicy(
    tags=frozenset(_TEXT | _BLOCKS | _TABLES),
    attributes=_FEEDBACK_ATTRIBUTES,
    links=re.compile(r"https?://|mailto:|#"),
    images=re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+"),
    values={"colspan": _SPANS, "rowspan": _SPANS},
)
"""Policy for students' texts and outputs on a feedback page: no style and no class of their own."""

FEEDBACK_WITH_CLASSES = HtmlPolicy(
    tags=FEEDBACK.tags,
    attributes={**_FEEDBACK_ATTRIBUTES, "*": {"title", "alt", "class"}},
    links=FEEDBACK.links,
    images=FEEDBACK.images,
    values=FEEDBACK.values,
)
"""The same with classes, for code that our highlighter marked and colours of a terminal."""

# A page of the feedback, or an exercise, lies in the same workspace.
_NEAR = r"(?:\.\./\.\./)?(?:feedback|exercises)(?:/[\w%-][\w.%-]*)+\Z"

REPORT = HtmlPolicy(
    tags=FEEDBACK.tags
    | {"bdi", "bdo", "cite", "col", "colgroup", "details", "dfn", "figcaption", "figure", "ins", "mark"}
    | {"section", "summary", "time", "wbr"},
    attributes={
        "*": {"class", "style", "lang", "dir", "title", "aria-hidden", "aria-label", "role"},
        "a": {"href"},
        "img": {"src", "alt", "width", "height"},
        "ol": {"start"},
        "td": {"colspan", "rowspan"},
        "th": {"scope", "colspan", "rowspan"},
        "details": {"open"},
        "time": {"datetime"},
    },
    links=re.compile(f"https?:|mailto:|#|{_NEAR}", re.IGNORECASE),
    # An image inside an image element runs no script and fetches nothing.
    images=re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*"),
    styles=frozenset(
        {
            *("background-color", "border-collapse", "color", "display", "font-family", "font-size"),
            *("font-style", "font-weight", "line-height", "list-style", "margin", "margin-bottom"),
            *("margin-left", "margin-right", "margin-top", "max-width", "opacity", "padding"),
            *("padding-left", "text-align", "text-decoration", "vertical-align", "white-space", "width"),
        }
    ),
)
"""Exported pages: reports, recaps and replays."""
