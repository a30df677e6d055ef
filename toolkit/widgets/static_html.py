"""Building blocks for the static form of a widget: HTML without kernel and scripts."""

from __future__ import annotations

from html import escape

from markupsafe import Markup

__all__ = ["element", "text_with_code"]


def element(name: str, *children: str, **attributes: str | int | None) -> Markup:
    """Return an HTML element.

    Parameters
    ----------
    name : str
        Name of the element.
    *children : str
        Its content; text that is not `Markup` is escaped.
    **attributes : str, int or None
        Its attributes, escaped; None leaves an attribute out. A trailing underscore (``class_``) is removed,
        other underscores become hyphens.
    """
    opening = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _escaped(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, opening, Markup("").join(map(_escaped, children)))


def text_with_code(text: str) -> Markup:
    """Return ``text`` escaped, with text between backticks as code."""
    parts = text.split("`")
    # The last backtick of an odd number is a literal character.
    last = len(parts) - 1 if len(parts) % 2 == 0 else len(parts)
    return Markup("").join(
        element("code", part)
        if index % 2 and index < last
        else _escaped(part if index < last else "`" + part)
        for index, part in enumerate(parts)
    )


def _escaped(value: str | int) -> Markup:
    """Return a value as HTML, a quotation mark as ``&quot;``: so notebooks that are kept have it."""
    return value if isinstance(value, Markup) else Markup(escape(str(value)))  # noqa: S704 - just escaped
