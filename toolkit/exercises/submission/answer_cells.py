"""Finds the cell that holds an answer: among copies, and in a student's own cells beside its place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toolkit.exercises.course.answer_stubs import is_stub
from toolkit.exercises.course.notebook import Cell, Notebook, grade_id, is_grade, is_solution, is_task
from toolkit.i18n import _

__all__ = ["UnclearAnswer", "choose_copy", "find_unclear_answers", "has_own_words", "is_untouched"]

# A line as similar as this to a line of the exercise is that line, with a correction.
_SAME_LINE = 0.8
_MAX_CORRECTED_LINES = 40
_MAX_LINE_CHARS = 2_000


@dataclass(frozen=True)
class UnclearAnswer:
    """An answer cell whose content alone does not say what the student answered.

    Parameters
    ----------
    grade_id : str
        Name of the answer cell.
    by_hand : bool
        True if a person gives its points.
    message : str
        Reason, for the student and the mentor, in the current language.
    """

    grade_id: str
    by_hand: bool
    message: str


def is_untouched(cell: Cell, released: Cell) -> bool:
    """Return whether an answer cell is empty, or has the text that was given out.

    Parameters
    ----------
    cell : dict
        Cell of the submission.
    released : dict
        The same cell in the students' version.
    """
    source = cell["source"].strip()
    return not source or source == released["source"].strip() or is_stub(source)


def choose_copy(copies: Sequence[Cell], released: Cell) -> int:
    """Return the index of the copy that holds the answer: the last one that was written in, else the last.

    Parameters
    ----------
    copies : sequence of dict
        Cells of the submission with the same ``grade_id``, in the notebook's order; at least one.
    released : dict
        The same cell in the students' version.
    """
    written = [index for index, cell in enumerate(copies) if not is_untouched(cell, released)]
    return written[-1] if written else len(copies) - 1


def has_own_words(source: str, known: Iterable[str]) -> bool:
    """Return whether a text has lines that none of the exercise's texts has.

    Parameters
    ----------
    source : str
        Source of a cell.
    known : iterable of str
        Sources of the exercise's own cells.
    """
    lines = {line.strip() for text in known for line in text.split("\n")}
    own = {line for line in (line.strip() for line in source.split("\n")) if line and line not in lines}
    # So many or such long changes are no corrections of the exercise's text.
    if len(own) > _MAX_CORRECTED_LINES or any(len(line) > _MAX_LINE_CHARS for line in own):
        return True
    candidates = [line[:_MAX_LINE_CHARS] for line in lines if line]
    return any(not difflib.get_close_matches(line, candidates, 1, _SAME_LINE) for line in own)


def find_unclear_answers(settled: Notebook, submitted: Notebook, released: Notebook) -> list[UnclearAnswer]:
    """Return the answer cells that a person should look at before they count as empty, or as the only answer.

    An answer cell is unclear if nothing was written in it while the student wrote in a cell of their own
    beside it, or if the submission has several copies of it with different answers.

    Parameters
    ----------
    settled : dict
        Normalized submission (`normalize_submission`).
    submitted : dict
        Submission before it was normalized.
    released : dict
        Students' version of the exercise.
    """
    originals = {grade_id(cell): cell for cell in released["cells"] if grade_id(cell)}
    cells = settled["cells"]
    empty = [
        is_solution(cell) and grade_id(cell) in originals and is_untouched(cell, originals[grade_id(cell)])
        for cell in cells
    ]
    own: list[bool] = []
    if any(empty):
        known = [cell["source"] for cell in released["cells"] if not is_solution(cell)]
        own = [_is_own(cell, originals, known) for cell in cells]
    found = []
    for index, cell in enumerate(cells):
        name = grade_id(cell)
        if name not in originals or not (is_solution(cell) or is_task(cell)):
            continue
        by_hand = is_grade(cell) or is_task(cell)
        if empty[index]:
            if _stands_beside(cells, own, index):
                message = _(
                    "Nothing was written in cell '{cell}' itself, but there is something in a cell beside it."
                )
                found.append(UnclearAnswer(name, by_hand, message.format(cell=name)))
        elif by_hand and is_solution(cell) and _answers(submitted, name, originals[name]) > 1:
            message = _("Cell '{cell}' was there several times, with different answers; see them all.")
            found.append(UnclearAnswer(name, by_hand, message.format(cell=name)))
    return found


def _is_own(cell: Cell, originals: dict[str, Cell], known: list[str]) -> bool:
    """Return whether the student added the cell, or wrote into one of the exercise's texts."""
    source = cell["source"].strip()
    if grade_id(cell) in originals or not source or is_stub(source):
        return False
    if any(source == original["source"].strip() for original in originals.values()):
        return False
    return has_own_words(source, known)


def _stands_beside(cells: list[Cell], own: list[bool], index: int) -> bool:
    """Return whether an own cell lies between the answer cell and the next answer cell before or after it.

    A text counts anywhere between them. Code counts beside a text only if no cell of nbgrader's stands
    between: code that was tried out further away answers no question.
    """
    code = cells[index]["cell_type"] == "code"
    for step in (-1, 1):
        close = True
        at = index + step
        while 0 <= at < len(cells):
            if is_solution(cells[at]) or is_task(cells[at]):
                break
            close = close and not grade_id(cells[at])
            if own[at] and (close if cells[at]["cell_type"] == "code" or code else True):
                return True
            at += step
    return False


def _answers(submitted: Notebook, name: str, original: Cell) -> int:
    """Return the number of different answers in the copies of a cell."""
    copies = [cell for cell in submitted["cells"] if grade_id(cell) == name]
    return len({cell["source"].strip() for cell in copies if not is_untouched(cell, original)})
