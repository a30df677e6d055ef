"""Parses and validates an untrusted submission; every other module gets the clean notebook only."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit.errors import UnreadableError
from toolkit.exercises.course.notebook import Cell, Notebook, grade_id, mentoring_metadata
from toolkit.exercises.submission.metadata_cleanup import (
    clean_attachments,
    clean_cell_metadata,
    clean_notebook_metadata,
)
from toolkit.i18n import _, ngettext

__all__ = [
    "MAX_CELLS",
    "MAX_DEPTH",
    "MAX_NOTEBOOK_BYTES",
    "Submission",
    "no_marks_error",
    "parse_submission",
    "size_refusal",
]

MAX_NOTEBOOK_BYTES = 50 * 1024**2
MAX_CELLS = 5_000
MAX_DEPTH = 40


@dataclass(frozen=True)
class Submission:
    """A parsed and validated submission.

    Parameters
    ----------
    notebook : dict
        Clean copy in format 4.5, without outputs.
    grade_ids : frozenset of str
        ``grade_id`` of its cells; none if they have lost nbgrader's metadata.
    exercise, student, language : str
        The toolkit's metadata in the student's copy; empty if missing.
    is_session : bool
        True for a session notebook that contains an exercise.
    upgraded_from : int
        Major notebook format of the received file, 3 or 4.
    """

    notebook: Notebook
    grade_ids: frozenset[str]
    exercise: str = ""
    student: str = ""
    language: str = ""
    is_session: bool = False
    upgraded_from: int = 4


class _LenientModel(BaseModel):
    # Unknown keys are dropped, not refused: every tool that opens a notebook may add its own.
    model_config = ConfigDict(extra="ignore", strict=True)


class _Cell(_LenientModel):
    cell_type: Literal["code", "markdown", "raw"]
    source: str | list[str]
    id: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    attachments: Any = None


class _Notebook(_LenientModel):
    metadata: dict[str, Any] = Field(default_factory=dict)
    cells: list[_Cell]


def parse_submission(
    data: bytes, *, max_bytes: int = MAX_NOTEBOOK_BYTES, require_marks: bool = True
) -> Submission:
    """Parse and validate a submission. Executes nothing.

    Parameters
    ----------
    data : bytes
        File as received.
    max_bytes : int
        Maximum size, bytes; a larger file is refused before parsing.
    require_marks : bool
        Whether to refuse a notebook without any cell that nbgrader knows.

    Raises
    ------
    UnreadableError
        The file is not a valid notebook of an exercise; the message has one reason and the next step.
    """
    if len(data) > max_bytes:
        raise size_refusal(len(data), max_bytes)
    raw = _parse(data)
    version = raw.get("nbformat")
    if not isinstance(version, int) or isinstance(version, bool) or abs(version) > 1_000:
        raise UnreadableError(
            _("This is JSON, but not a notebook."), _("Hand in the file that ends in .ipynb.")
        )
    if version == 3:
        raw = _upgrade(raw)
    elif version != 4:
        raise UnreadableError(
            _("This notebook has format {version}; formats 3 and 4 can be read.").format(version=version),
            _("Open it in JupyterLab and save it again."),
        )
    nb = _clean(raw)
    grade_ids = frozenset(filter(None, map(grade_id, nb["cells"])))
    if not nb["cells"]:
        raise UnreadableError(_("This notebook has no cells."), _("Hand in the one with the answers in it."))
    if not grade_ids and require_marks:
        raise no_marks_error()
    stamp = mentoring_metadata(nb)
    return Submission(
        notebook=nb,
        grade_ids=grade_ids,
        exercise=stamp.get("exercise", ""),
        student=stamp.get("student", ""),
        language=stamp.get("language", ""),
        is_session=stamp.get("kind") == "session",
        upgraded_from=version,
    )


def no_marks_error() -> UnreadableError:
    """Return the error for a notebook in which no cell of an exercise is recognised."""
    return UnreadableError(
        _("This notebook has none of an exercise's cells."),
        _("Hand in the exercise's own notebook, with the answers in it."),
    )


def size_refusal(size: int, limit: int) -> UnreadableError:
    """Return the error for a file that is too large.

    Parameters
    ----------
    size : int
        Size of the file, bytes.
    limit : int
        Maximum size, bytes.
    """
    return UnreadableError(
        _("It is {size} MB large; {limit} MB are the limit.").format(
            size=max(1, round(size / 1024**2)), limit=max(1, round(limit / 1024**2))
        ),
        _("In JupyterLab: Edit, Clear Outputs of All Cells, then save and hand in again."),
    )


def _parse(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(
            _("This is not text in UTF-8, so it is not a notebook."),
            _("Hand in the file that ends in .ipynb."),
        ) from error
    if not text.strip():
        raise UnreadableError(_("The file is empty."), _("Save the notebook and hand it in again."))
    try:
        raw = json.loads(text)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        line = getattr(error, "lineno", None)
        if line is None:
            said = _("This is not JSON, so it is not a notebook, or only part of one.")
        else:
            said = _("Line {line} is not JSON, so this is not a notebook, or only part of one.").format(
                line=line
            )
        raise UnreadableError(said, _("Save it again in JupyterLab and hand in the whole file.")) from error
    if not isinstance(raw, dict):
        raise UnreadableError(
            _("This is JSON, but not a notebook."), _("Hand in the file that ends in .ipynb.")
        )
    return raw


def _upgrade(raw: dict[str, Any]) -> dict[str, Any]:
    # Imported here because it is slow, and only notebooks from before 2015 need it.
    from nbformat import convert, reader

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            old = reader.reads(json.dumps(raw))  # type: ignore[no-untyped-call]
            upgraded: dict[str, Any] = json.loads(json.dumps(convert(old, 4)))  # type: ignore[no-untyped-call]
    except Exception as error:  # nbformat raises errors of any type for a damaged file
        raise UnreadableError(
            _("This notebook has format 3, and it is damaged: it cannot be brought to format 4."),
            _("Open it in JupyterLab and save it again."),
        ) from error
    for cell in upgraded["cells"]:
        # nbformat adds random ids; the same bytes must always give the same notebook.
        cell.pop("id", None)
    return upgraded


def _clean(raw: dict[str, Any]) -> Notebook:
    found = raw.get("cells")
    if isinstance(found, list) and len(found) > MAX_CELLS:
        raise UnreadableError(
            ngettext(
                "It has {n} cell; {limit} are the limit.",
                "It has {n} cells; {limit} are the limit.",
                len(found),
            ).format(n=len(found), limit=MAX_CELLS)
        )
    try:
        model = _Notebook.model_validate(raw)
    except ValidationError as error:
        raise _damaged(error) from error
    nb: Notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": clean_notebook_metadata(model.metadata),
        "cells": [_clean_cell(cell) for cell in model.cells],
    }
    _repair_ids(nb["cells"])
    if _exceeds_depth(nb, MAX_DEPTH):
        raise _too_deep()
    try:
        # Outputs are already removed: a NaN in a plot's data is common and harmless.
        json.dumps(nb, allow_nan=False, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise UnreadableError(
            _("It contains half a character (a lone surrogate), which no file can hold."),
            _("Remove the character that shows as a box, save and hand in again."),
        ) from error
    except ValueError as error:
        raise UnreadableError(
            _("It contains a number that JSON does not have (NaN or infinity)."),
            _("Save it again in JupyterLab and hand it in."),
        ) from error
    return nb


def _clean_cell(cell: _Cell) -> Cell:
    source = cell.source if isinstance(cell.source, str) else "".join(cell.source)
    clean: Cell = {
        "id": cell.id or "",
        "cell_type": cell.cell_type,
        "source": source,
        "metadata": clean_cell_metadata(cell.metadata),
    }
    if cell.cell_type == "code":
        clean |= {"outputs": [], "execution_count": None}
    elif isinstance(cell.attachments, dict):
        clean["attachments"] = clean_attachments(cell.attachments)
    return clean


def _repair_ids(cells: list[Cell]) -> None:
    taken: set[str] = set()
    for index, cell in enumerate(cells):
        if cell["id"] in taken or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"]):
            cell["id"] = f"cell-{index}"
        while cell["id"] in taken:
            cell["id"] += "x"
        taken.add(cell["id"])


def _damaged(error: ValidationError) -> UnreadableError:
    first = error.errors()[0]
    where = first["loc"]
    if where[0] == "cells" and len(where) > 1:
        reason = _("The notebook is damaged in cell {number}: {what}.").format(
            number=int(where[1]) + 1, what=".".join(map(str, where[2:3])) or first["type"]
        )
    else:
        reason = _("The notebook is damaged: {what}.").format(what=".".join(map(str, where)))
    return UnreadableError(reason, _("Open it in JupyterLab, save it again and hand it in."))


def _too_deep() -> UnreadableError:
    return UnreadableError(
        _("It is nested too deeply for a notebook."),
        _("Open it in JupyterLab, save it again and hand it in."),
    )


def _exceeds_depth(value: object, limit: int) -> bool:
    level: list[object] = [value]
    for _depth in range(limit):
        level = [inner for outer in level for inner in _containers_in(outer)]
        if not level:
            return False
    return True


def _containers_in(value: object) -> list[object]:
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    else:
        return []
    return [item for item in inner if isinstance(item, (dict, list))]
