"""The front-end text of a widget, put together from ``views/``."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

__all__ = ["stylesheet", "view_module"]

_VIEWS = Path(__file__).parent / "views"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=function|const)", re.MULTILINE)


@cache
def view_module(name: str) -> str:
    """Return the view ``name`` as one ES module.

    anywidget takes a module that imports nothing from beside it, so what a view imports is put before it,
    once. The files share one scope then: what they declare at their top level must differ in name.
    """
    parts: dict[str, str] = {}

    def gather(part: str) -> None:
        if part not in parts:
            text = (_VIEWS / f"{part}.js").read_text("utf-8")
            for imported in _IMPORT.findall(text):
                gather(imported)
            parts[part] = _IMPORT.sub("", text)

    gather(name)
    own = parts.pop(name)
    return "\n".join([*(_EXPORT.sub("", text) for text in parts.values()), own])


@cache
def stylesheet() -> str:
    """Return the one stylesheet that all views share."""
    return (_VIEWS / "style.css").read_text("utf-8")
