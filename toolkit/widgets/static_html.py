"""The static form of a widget: HTML that stands without a kernel and without scripts."""

from __future__ import annotations

from html import escape

__all__ = ["SafeHtml", "element", "text_with_code"]


class SafeHtml(str):
    """Text that is HTML already, and is not escaped again."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str | int | None) -> SafeHtml:
    """Return the element ``name`` with what is in it; every text that is not `SafeHtml` is escaped.

    An attribute that is None is left out; ``class_`` and ``for_`` lose their underscore.
    """
    opening = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(child if isinstance(child, SafeHtml) else escape(child) for child in children)
    return SafeHtml(f"<{name}{opening}>{inside}</{name}>")


def text_with_code(text: str) -> SafeHtml:
    """Return ``text`` with what stands between backticks as code."""
    parts = text.split("`")
    # An odd backtick at the end opens nothing.
    last = len(parts) - 1 if len(parts) % 2 == 0 else len(parts)
    return SafeHtml(
        "".join(
            element("code", part)
            if index % 2 and index < last
            else escape(part if index < last else "`" + part)
            for index, part in enumerate(parts)
        )
    )
