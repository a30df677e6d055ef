"""Drops metadata that violate the nbformat 4.5 schema.

Every tool that opens a notebook may write metadata. nbformat rejects a notebook for one wrong tag, and that
must not cost a student the submission.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["clean_attachments", "clean_cell_metadata", "clean_notebook_metadata"]


def _has_type(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: type(value) in kinds


def _kernelspec(value: Any) -> bool:  # noqa: ANN401 - untrusted JSON
    return type(value) is dict and all(type(value.get(key)) is str for key in ("name", "display_name"))


# Keys constrained by the schema of nbformat 4.5; all others may have any value.
_CELL_CHECKS: dict[str, Callable[[Any], bool]] = {
    "collapsed": _has_type(bool),
    "execution": lambda value: type(value) is dict and all(type(each) is str for each in value.values()),
    "format": _has_type(str),
    "jupyter": _has_type(dict),
    "name": lambda value: type(value) is str and bool(value.strip()),
    "scrolled": lambda value: value == "auto" or type(value) is bool,
    "tags": _has_type(list),
}
_NOTEBOOK_CHECKS: dict[str, Callable[[Any], bool]] = {
    "authors": _has_type(list),
    "kernelspec": _kernelspec,
    "language_info": lambda value: type(value) is dict and type(value.get("name")) is str,
    "orig_nbformat": lambda value: type(value) is int and value > 0,
    "title": _has_type(str),
}


def clean_cell_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's metadata without invalid entries."""
    kept = _drop_invalid(metadata, _CELL_CHECKS)
    if "tags" in kept:
        words = [tag for tag in kept["tags"] if isinstance(tag, str) and tag and "," not in tag]
        kept["tags"] = list(dict.fromkeys(words))
    return kept


def clean_notebook_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook's metadata without invalid entries."""
    return _drop_invalid(metadata, _NOTEBOOK_CHECKS)


def clean_attachments(attachments: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's attachments without invalid ones."""
    return {
        name: bundle
        for name, bundle in attachments.items()
        if isinstance(bundle, dict) and all(_is_text(data) for data in bundle.values())
    }


def _drop_invalid(metadata: dict[str, Any], checks: dict[str, Callable[[Any], bool]]) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if key not in checks or checks[key](value)}


def _is_text(data: object) -> bool:
    lines = data if isinstance(data, list) else [data]
    return all(isinstance(line, str) for line in lines)
