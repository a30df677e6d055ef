"""Building blocks for the static form of a widget: HTML without kernel and scripts."""

from __future__ import annotations

from html import escape

__all__ = ["SafeHtml", "element", "text_with_code"]


class SafeHtml(str):
    """Safe HTML, which is not escaped again."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str | int | None) -> SafeHtml:
    """Return an HTML element.

    Parameters
    ----------
    name : str
        Name of the element.
    *children : str
        Its content; text that is not `SafeHtml` is escaped.
    **attributes : str, int or None
        Its attributes, escaped; None leaves an attribute out. A trailing underscore (``class_``) is removed,
        other underscores become hyphens.
    """
    opening = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(child if isinstance(child, SafeHtml) else escape(child) for child in children)
    return SafeHtml(f"<{name}{opening}>{inside}</{name}>")


def text_with_code(text: str) -> SafeHtml:
    """Return ``text`` escaped, with text between backticks as code."""
    parts = text.split("`")
    # The last backtick of an odd number is a literal character.
    last = len(parts) - 1 if len(parts) % 2 == 0 else len(parts)
    return SafeHtml(
        "".join(
            element("code", part)
            if index % 2 and index < last
            else escape(part if index < last else "`" + part)
            for index, part in enumerate(parts)
        )
    )
