"""Bundling of a widget's front-end source from the files in ``views/``."""

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

    anywidget needs a module without relative imports, so each imported file is inserted once before the view.
    The files then share one scope: their top-level names must be different.
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
    """Return the stylesheet of all views."""
    return (_VIEWS / "style.css").read_text("utf-8")
