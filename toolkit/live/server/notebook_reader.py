"""A notebook's file, read so that each reading of the same bytes gives the same cells with the same ids."""

from __future__ import annotations

import json
from typing import Any

import nbformat

__all__ = ["read_notebook"]


def read_notebook(text: str, **options: Any) -> Any:  # noqa: ANN401 - nbformat's own
    """Return what `nbformat.reads` makes of a notebook of format 4, brought to 4.5, every cell with an id.

    Cells without an id, or with another's, get one by their place. nbformat draws a new one at each reading,
    and leaves a notebook of an older minor format without any: the shared document would then replace its
    cells, under the hands of those who type in them, whenever the file is looked at.

    Parameters
    ----------
    text : str
        The file's.
    options
        For `nbformat.reads`.
    """
    try:
        found = json.loads(text)
        settled = _settle(found)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        settled = False  # nbformat says what is wrong with it
    return nbformat.reads(json.dumps(found) if settled else text, **options)


def _settle(nb: dict[str, Any]) -> bool:
    """Give the cells their ids; return whether anything had to be changed."""
    if nb["nbformat"] != 4:
        return False
    old: bool = nb["nbformat_minor"] < 5
    taken = {cell.get("id") for cell in nb["cells"]}
    seen: set[object] = set()
    changed = old
    for place, cell in enumerate(nb["cells"]):
        if old or not cell.get("id") or cell["id"] in seen:
            name = f"cell-{place}"
            while name in taken:
                name += "x"
            cell["id"] = name
            taken.add(name)
            changed = True
        seen.add(cell["id"])
    if old:
        nb["nbformat_minor"] = 5
    return changed
