"""Finds an exercise's cells in a notebook without nbgrader's metadata: by ids, texts, names and places."""

from __future__ import annotations

import copy

from toolkit.exercises.course.answer_stubs import is_stub
from toolkit.exercises.course.cell_identification import (
    MIN_TEXT_CHARS,
    defined_names,
    is_made_up_id,
    used_names,
)
from toolkit.exercises.course.notebook import (
    Cell,
    Notebook,
    grade_id,
    is_solution,
    nbgrader_metadata,
)

__all__ = ["restore_metadata"]


def restore_metadata(submitted: Notebook, released: Notebook) -> Notebook | None:
    """Return a copy of a notebook whose cells have nbgrader's metadata again; None if nothing is recognised.

    Parameters
    ----------
    submitted : dict
        Notebook without nbgrader's metadata; not changed.
    released : dict
        Students' version of the exercise; not changed.
    """
    cells = copy.deepcopy(submitted["cells"])
    found = _by_evidence(cells, released["cells"])
    if not found and not _uses_names(cells, released["cells"]):
        return None
    for place, index in _by_place(cells, released["cells"], found).items():
        found[place] = index
    for place, index in found.items():
        original = released["cells"][place]
        if grade_id(original):
            cells[index]["metadata"]["nbgrader"] = copy.deepcopy(nbgrader_metadata(original))
    return {**copy.deepcopy(submitted), "cells": cells}


def _by_evidence(cells: list[Cell], originals: list[Cell]) -> dict[int, int]:
    """Return the index of the cell with the same id, text or definitions, by the index of the original."""
    found: dict[int, int] = {}
    free = set(range(len(cells)))

    def take(place: int, index: int) -> None:
        found[place] = index
        free.discard(index)

    ids = {cell["id"]: index for index, cell in enumerate(cells) if not is_made_up_id(cell["id"])}
    for place, original in enumerate(originals):
        index = ids.get(original["id"])
        if index in free and index is not None:
            take(place, index)
    for place, original in enumerate(originals):
        text = original["source"].strip()
        if place in found or len(text) < MIN_TEXT_CHARS or is_stub(text):
            continue
        same = (index for index in sorted(free) if cells[index]["source"].strip() == text)
        if (index := next(same, None)) is not None:
            take(place, index)
    for place, original in enumerate(originals):
        names = defined_names(original["source"]) if original["cell_type"] == "code" else frozenset()
        if place in found or not is_solution(original) or not names:
            continue
        same = (index for index in sorted(free, reverse=True) if names <= _names_in(cells[index]))
        if (index := next(same, None)) is not None:
            take(place, index)
    return found


def _by_place(cells: list[Cell], originals: list[Cell], found: dict[int, int]) -> dict[int, int]:
    """Return cells for the answers that are not found yet: those between the found neighbours."""
    placed: dict[int, int] = {}
    taken = set(found.values())
    for place, original in enumerate(originals):
        if place in found or not is_solution(original):
            continue
        known = {**found, **placed}
        after = max((index for at, index in known.items() if at < place), default=-1)
        before = min((index for at, index in known.items() if at > place), default=len(cells))
        free = [
            index
            for index in range(after + 1, before)
            if index not in taken and cells[index]["source"].strip()
        ]
        alike = [index for index in free if cells[index]["cell_type"] == original["cell_type"]]
        if alike or free:
            placed[place] = (alike or free)[0]
            taken.add(placed[place])
    return placed


def _uses_names(cells: list[Cell], originals: list[Cell]) -> bool:
    """Return whether the notebook's code defines a name that a test reads."""
    defined = frozenset[str]().union(*map(_names_in, cells))
    given = frozenset[str]().union(*(defined_names(c["source"]) for c in originals if not is_solution(c)))
    read = frozenset[str]().union(
        *(used_names(c["source"]) for c in originals if c["cell_type"] == "code" and not is_solution(c))
    )
    return bool(defined & (read - given))


def _names_in(cell: Cell) -> frozenset[str]:
    return defined_names(cell["source"]) if cell["cell_type"] == "code" else frozenset()
