"""Reader of notebook files that gives the same bytes the same cell ids each time."""

from __future__ import annotations

import json
from typing import Any

import nbformat

__all__ = ["read_notebook"]


def read_notebook(text: str, **options: Any) -> Any:  # noqa: ANN401 - nbformat's own
    """Return a notebook of format 4, converted to 4.5, in which every cell has an id.

    A cell without an id, or with a duplicate one, gets an id from its position. nbformat draws a random id at
    each reading, and none for an older minor format: at each check of the file the shared document would then
    replace its cells, while somebody types in them.

    Parameters
    ----------
    text : str
        The file's content.
    options
        Keyword arguments for `nbformat.reads`.
    """
    try:
        content = json.loads(text)
        is_changed = _set_cell_ids(content)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        is_changed = False  # nbformat reports the error
    return nbformat.reads(json.dumps(content) if is_changed else text, **options)


def _set_cell_ids(nb: dict[str, Any]) -> bool:
    """Give every cell a unique id; return True if the notebook was changed."""
    if nb["nbformat"] != 4:
        return False
    is_old_format: bool = nb["nbformat_minor"] < 5
    taken = {cell.get("id") for cell in nb["cells"]}
    seen: set[object] = set()
    changed = is_old_format
    for index, cell in enumerate(nb["cells"]):
        if is_old_format or not cell.get("id") or cell["id"] in seen:
            name = f"cell-{index}"
            while name in taken:
                name += "x"
            cell["id"] = name
            taken.add(name)
            changed = True
        seen.add(cell["id"])
    if is_old_format:
        nb["nbformat_minor"] = 5
    return changed
