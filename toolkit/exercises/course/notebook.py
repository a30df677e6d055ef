"""Notebooks as plain dictionaries, and accessors for nbgrader's cell metadata.

Plain dictionaries rather than nbformat's objects: importing nbformat takes a second, too long for commands
that only list exercises or collect files.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit.errors import StorageError, UnreadableError
from toolkit.i18n import _

__all__ = [
    "LANGUAGE_TAGS",
    "Cell",
    "Notebook",
    "cell_language",
    "dump_notebook",
    "grade_id",
    "is_grade",
    "is_locked",
    "is_solution",
    "is_task",
    "is_test",
    "load_notebook",
    "mentoring_metadata",
    "nbgrader_metadata",
    "notebook_cells",
    "split_delimited_lines",
    "upgrade_notebook",
    "without_other_languages",
]

Notebook = dict[str, Any]
Cell = dict[str, Any]

LANGUAGE_TAGS = {"lang-en": "en", "lang-fr": "fr"}


def load_notebook(path: Path) -> Notebook:
    """Return the mentor's own notebook at ``path``.

    Raises
    ------
    UnreadableError
        The file is not a notebook of format 4.
    StorageError
        The file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StorageError(_("{file} cannot be read: {why}").format(file=path, why=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise _no_notebook(path) from error
    try:
        nb = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_notebook(path) from error
    if not isinstance(nb, dict) or nb.get("nbformat") != 4 or not isinstance(nb.get("cells"), list):
        raise _no_notebook(path)
    return upgrade_notebook(nb)


def _no_notebook(path: Path) -> UnreadableError:
    return UnreadableError(
        _("{file} is not a notebook of format 4.").format(file=path), _("Save it again from JupyterLab.")
    )


def dump_notebook(nb: Notebook) -> bytes:
    """Return a notebook as the bytes of a file, formatted as nbformat does."""
    return (json.dumps(nb, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def upgrade_notebook(nb: Notebook) -> Notebook:
    """Return a copy in format 4.5: every cell has an id and metadata, and its source is a string."""
    nb = copy.deepcopy(nb)
    nb["nbformat_minor"] = max(5, nb.get("nbformat_minor", 0))
    nb.setdefault("metadata", {})
    taken = {cell.get("id") for cell in nb["cells"]}
    for index, cell in enumerate(nb["cells"]):
        if isinstance(cell.get("source"), list):
            cell["source"] = "".join(cell["source"])
        cell.setdefault("metadata", {})
        if not cell.get("id"):
            name = f"cell-{index}"
            while name in taken:
                name += "x"
            cell["id"] = name
            taken.add(name)
    return nb


def notebook_cells(nb: Notebook) -> Iterator[Cell]:
    """Yield the cells of a notebook."""
    yield from nb["cells"]


def nbgrader_metadata(cell: Cell) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell; empty if missing."""
    found = cell.get("metadata", {}).get("nbgrader")
    return found if isinstance(found, dict) else {}


def grade_id(cell: Cell) -> str:
    """Return nbgrader's ``grade_id`` of a cell; empty if missing."""
    name = nbgrader_metadata(cell).get("grade_id")
    return name if isinstance(name, str) else ""


def is_grade(cell: Cell) -> bool:
    """Whether the cell has points, given by tests or by a person."""
    return bool(nbgrader_metadata(cell).get("grade"))


def is_solution(cell: Cell) -> bool:
    """Whether the student writes in it."""
    return bool(nbgrader_metadata(cell).get("solution"))


def is_test(cell: Cell) -> bool:
    """Whether the cell is an autograder test."""
    return is_grade(cell) and not is_solution(cell)


def is_task(cell: Cell) -> bool:
    """Whether the cell is a task that a person grades."""
    return bool(nbgrader_metadata(cell).get("task"))


def is_locked(cell: Cell) -> bool:
    """Whether the cell is read-only for the student."""
    return not is_solution(cell) and (
        is_grade(cell) or is_task(cell) or bool(nbgrader_metadata(cell).get("locked"))
    )


def cell_language(cell: Cell) -> str | None:
    """Return "en" or "fr" for a cell in one language only; None for a cell in every language."""
    tags = cell.get("metadata", {}).get("tags", [])
    return next((LANGUAGE_TAGS[tag] for tag in tags if tag in LANGUAGE_TAGS), None)


def without_other_languages(nb: Notebook, language: str) -> Notebook:
    """Return a copy without the cells in other languages.

    Parameters
    ----------
    nb : dict
        Notebook.
    language : {"en", "fr"}
        Language to keep; cells without a language stay too.
    """
    nb = copy.deepcopy(nb)
    nb["cells"] = [cell for cell in notebook_cells(nb) if cell_language(cell) in {None, language}]
    return nb


def mentoring_metadata(nb: Notebook) -> dict[str, str]:
    """Return the toolkit's own metadata of a notebook ("exercise", "student", "language", "kind")."""
    found = nb.get("metadata", {}).get("mentoring")
    if not isinstance(found, dict):
        return {}
    return {str(key): value for key, value in found.items() if isinstance(value, str)}


def split_delimited_lines(source: str, *regions: tuple[str, str]) -> tuple[list[str], list[str]]:
    """Split a source into the lines outside and inside delimited regions; delimiter lines are in neither.

    Parameters
    ----------
    source : str
        Source of a cell.
    *regions : tuple of (str, str)
        Begin and end delimiter, each found anywhere in a line.

    Returns
    -------
    tuple of (list of str, list of str)
        Lines outside, and lines inside.
    """
    shown: list[str] = []
    secret: list[str] = []
    end = ""
    for line in source.split("\n"):
        begin_end = next((region[1] for region in regions if region[0] in line), "")
        if not end and begin_end:
            end = begin_end
        elif end and end in line:
            end = ""
        else:
            (secret if end else shown).append(line)
    return shown, secret
