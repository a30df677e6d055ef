"""The static form of a widget: HTML that stands without a kernel and without scripts."""

from __future__ import annotations

from html import escape

__all__ = ["Html", "code", "element"]


class Html(str):
    """Text that is HTML already, and is not escaped again."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str | int | None) -> Html:
    """Return the element ``name`` with what is in it; every text that is not `Html` is escaped.

    An attribute that is None is left out; ``class_`` and ``for_`` lose their underscore.
    """
    opening = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(child if isinstance(child, Html) else escape(child) for child in children)
    return Html(f"<{name}{opening}>{inside}</{name}>")


def code(text: str) -> Html:
    """Return ``text`` with what stands between backticks as code."""
    parts = text.split("`")
    # An odd backtick at the end opens nothing.
    last = len(parts) - 1 if len(parts) % 2 == 0 else len(parts)
    return Html(
        "".join(
            element("code", part)
            if index % 2 and index < last
            else escape(part if index < last else "`" + part)
            for index, part in enumerate(parts)
        )
    )
