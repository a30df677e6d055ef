"""What stands in a notebook's metadata where the format has something else: dropped, it is nobody's answer.

Every tool that ever opened a notebook writes there. nbformat refuses a notebook for one wrong tag, and a
refusal for that would cost a student the whole submission.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["fitting_attachments", "fitting_cell", "fitting_notebook"]


def _of(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: type(value) in kinds


def _kernelspec(value: Any) -> bool:  # noqa: ANN401 - whatever stands in the notebook
    return type(value) is dict and all(type(value.get(key)) is str for key in ("name", "display_name"))


# What nbformat's schema of 4.5 has a word on; everything else may be anything.
_CELL: dict[str, Callable[[Any], bool]] = {
    "collapsed": _of(bool),
    "execution": lambda value: type(value) is dict and all(type(each) is str for each in value.values()),
    "format": _of(str),
    "jupyter": _of(dict),
    "name": lambda value: type(value) is str and bool(value.strip()),
    "scrolled": lambda value: value == "auto" or type(value) is bool,
    "tags": _of(list),
}
_NOTEBOOK: dict[str, Callable[[Any], bool]] = {
    "authors": _of(list),
    "kernelspec": _kernelspec,
    "language_info": lambda value: type(value) is dict and type(value.get("name")) is str,
    "orig_nbformat": lambda value: type(value) is int and value > 0,
    "title": _of(str),
}


def fitting_cell(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's metadata without what does not fit the format."""
    kept = _fitting(metadata, _CELL)
    if "tags" in kept:
        words = [tag for tag in kept["tags"] if isinstance(tag, str) and tag and "," not in tag]
        kept["tags"] = list(dict.fromkeys(words))
    return kept


def fitting_notebook(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook's metadata without what does not fit the format."""
    return _fitting(metadata, _NOTEBOOK)


def fitting_attachments(attachments: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's attachments without those that are no files."""
    return {
        name: bundle
        for name, bundle in attachments.items()
        if isinstance(bundle, dict) and all(_is_text(data) for data in bundle.values())
    }


def _fitting(metadata: dict[str, Any], shapes: dict[str, Callable[[Any], bool]]) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if key not in shapes or shapes[key](value)}


def _is_text(data: object) -> bool:
    lines = data if isinstance(data, list) else [data]
    return all(isinstance(line, str) for line in lines)
