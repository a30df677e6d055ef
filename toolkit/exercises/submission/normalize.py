"""Puts a submission back into the exercise's own form: what the student wrote, what the exercise fixed.

Students delete a test, paste a cell twice, turn code into text, edit what was locked, change the points.
None of that is the student's answer. So the cells that nbgrader knows are settled before nbgrader sees
them: their marks, their kind, their order and - for locked cells - their text come from the release; the
text of solution cells, and every cell that the student added, come from the submission.
"""

from __future__ import annotations

import copy

from toolkit.exercises.course.notebook import (
    Cell,
    Notebook,
    cell_language,
    grade_id,
    is_grade,
    is_locked,
    is_solution,
    is_test,
)
from toolkit.i18n import ngettext

__all__ = ["settle", "transplant"]


def settle(submitted: Notebook, released: Notebook) -> tuple[Notebook, tuple[str, ...]]:
    """Return a submission in the exercise's own form, and a sentence for each kind of mending.

    Parameters
    ----------
    submitted, released : dict
        Left as they are.
    """
    own = {grade_id(cell): cell for cell in released["cells"] if grade_id(cell)}
    mended = _Mended()
    settled = [_settle_cell(cell, own, mended) for cell in _last_of_each(submitted["cells"], own, mended)]
    settled = _in_order(settled, list(own), mended)
    settled = _with_missing(settled, own, mended)
    nb = copy.deepcopy(submitted)
    nb["cells"] = settled
    # A kernel of another name, or none at all, is the student's machine speaking.
    for key in ("kernelspec", "language_info"):
        nb["metadata"].pop(key, None)
        if key in released["metadata"]:
            nb["metadata"][key] = copy.deepcopy(released["metadata"][key])
    return nb, mended.sentences()


def transplant(session: Notebook, released: Notebook, exercise: str) -> Notebook:
    """Return a submission of ``exercise`` made of the released notebook and a session's answers.

    The cells of a session notebook around the exercise (agenda, notes, warm-up) stay out; code that the
    student added between or right after the exercise's cells is taken along, because answers use it.
    """
    own = {grade_id(cell) for cell in released["cells"] if is_solution(cell)}
    answers = {grade_id(cell): cell for cell in session["cells"] if grade_id(cell) in own}
    added = _added_code(session["cells"], own, exercise)
    nb = copy.deepcopy(released)
    nb["cells"] = []
    for cell in released["cells"]:
        name = grade_id(cell)
        nb["cells"] += added.get(("before", name), []) if name in own else []
        answer = answers.get(name)
        nb["cells"].append({**copy.deepcopy(cell), "source": answer["source"]} if answer else cell)
        nb["cells"] += added.get(("after", name), []) if name in own else []
    return nb


class _Mended:
    def __init__(self) -> None:
        self.copies = self.missing = self.edited = self.marks = self.strangers = 0
        self.moved = False

    def sentences(self) -> tuple[str, ...]:
        found: list[str] = []
        if self.missing:
            found.append(
                ngettext(
                    "{n} cell of the exercise was missing and was put back.",
                    "{n} cells of the exercise were missing and were put back.",
                    self.missing,
                ).format(n=self.missing)
            )
        if self.edited:
            found.append(
                ngettext(
                    "{n} locked cell had been changed; the exercise's own text was graded.",
                    "{n} locked cells had been changed; the exercise's own text was graded.",
                    self.edited,
                ).format(n=self.edited)
            )
        if self.copies:
            found.append(
                ngettext(
                    "{n} cell was there twice; the last copy was graded.",
                    "{n} cells were there twice; the last copy was graded.",
                    self.copies,
                ).format(n=self.copies)
            )
        if self.marks or self.strangers or self.moved:
            n = self.marks + self.strangers + int(self.moved)
            found.append(
                ngettext(
                    "{n} mark of a cell (points, kind, order) had been changed and was set back.",
                    "{n} marks of cells (points, kind, order) had been changed and were set back.",
                    n,
                ).format(n=n)
            )
        return tuple(found)


def _last_of_each(cells: list[Cell], own: dict[str, Cell], mended: _Mended) -> list[Cell]:
    # nbgrader keeps the last of several cells of one name, and so do we.
    seen: set[str] = set()
    kept: list[Cell] = []
    for cell in reversed(copy.deepcopy(cells)):
        name = grade_id(cell)
        if name in seen:
            mended.copies += 1
            cell["metadata"].pop("nbgrader")
            if is_test(own[name]):
                continue  # a second run of a test tells nothing, and may cost its time limit again
        elif name in own:
            seen.add(name)
        kept.append(cell)
    return kept[::-1]


def _settle_cell(cell: Cell, own: dict[str, Cell], mended: _Mended) -> Cell:
    name = grade_id(cell)
    if name not in own:
        if "nbgrader" in cell["metadata"]:
            mended.strangers += bool(name)
            cell["metadata"].pop("nbgrader")
        # nbclient would leave out a cell with this tag, and nbgrader give a test its points for it.
        if "skip-execution" in cell["metadata"].get("tags", []):
            mended.marks += 1
            cell["metadata"].pop("tags")
        return cell
    original = own[name]
    theirs, ours = cell["metadata"], original["metadata"]
    if cell["cell_type"] != original["cell_type"] or any(
        (theirs.get(key) or None) != (ours.get(key) or None) for key in ("nbgrader", "tags")
    ):
        mended.marks += 1
    if is_locked(original) and cell["source"].strip() != original["source"].strip():
        mended.edited += 1
    source = original["source"] if is_locked(original) else cell["source"]
    return {**copy.deepcopy(original), "id": cell["id"], "source": source}


def _in_order(cells: list[Cell], order: list[str], mended: _Mended) -> list[Cell]:
    present = [grade_id(cell) for cell in cells if grade_id(cell)]
    wanted = [name for name in order if name in present]
    if present == wanted:
        return cells
    mended.moved = True
    # What the student added stays behind the exercise's cell that it stood behind.
    blocks: dict[str, list[Cell]] = {"": []}
    current = ""
    for cell in cells:
        current = grade_id(cell) or current
        blocks.setdefault(current, []).append(cell)
    return [cell for name in ["", *wanted] for cell in blocks[name]]


def _with_missing(cells: list[Cell], own: dict[str, Cell], mended: _Mended) -> list[Cell]:
    present = {grade_id(cell) for cell in cells}
    result = list(cells)
    before = ""
    for name, original in own.items():
        elsewhere = cell_language(original) and not is_grade(original)
        if name not in present and not elsewhere:
            mended.missing += 1
            places = [index for index, cell in enumerate(result) if before and grade_id(cell) == before]
            at = places[0] + 1 if places else 0
            # Answers stand right behind their question, tests behind everything that was written for them.
            if is_test(original):
                while at < len(result) and not grade_id(result[at]):
                    at += 1
            result.insert(at, copy.deepcopy(original))
        before = name
    return _with_unique_ids(result)


def _with_unique_ids(cells: list[Cell]) -> list[Cell]:
    taken: set[str] = set()
    for cell in cells:
        while cell["id"] in taken:
            cell["id"] += "-x"
        taken.add(cell["id"])
    return cells


def _added_code(cells: list[Cell], own: set[str], exercise: str) -> dict[tuple[str, str], list[Cell]]:
    """Return the student's own code cells by the exercise's cell that they stand before or after."""
    added: dict[tuple[str, str], list[Cell]] = {}
    last = ""
    inside = False  # between two cells that belong to the exercise, or right behind the last one
    waiting: list[Cell] = []
    for cell in cells:
        name = grade_id(cell)
        stamp = cell["metadata"].get("mentoring")
        ours = isinstance(stamp, dict) and stamp.get("exercise") == exercise
        if name in own:
            if waiting:
                added[("before", name)] = waiting
            last, inside, waiting = name, True, []
        elif ours:
            inside = True
        elif cell["cell_type"] != "code" or stamp is not None or cell["metadata"].keys() & {"papermill"}:
            # The session's own cells: what comes behind them is no longer about the exercise.
            inside, waiting = False, []
        elif inside and last:
            added.setdefault(("after", last), []).append(_plain(cell))
        elif inside:
            waiting.append(_plain(cell))
    return added


def _plain(cell: Cell) -> Cell:
    plain = copy.deepcopy(cell)
    plain["metadata"] = {}
    return plain
