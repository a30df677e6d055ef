"""Normalizes a submission: combines the student's answers with the structure of the release.

Students delete a test, paste a cell twice, turn code into text, edit locked cells, change the points. None of
that is part of the answer. So nbgrader gets corrected cells: their metadata, type, order and - for locked
cells - source come from the release; the source of solution cells, and all cells that the student added,
come from the submission.
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

__all__ = ["normalize_submission", "submission_from_session"]


def normalize_submission(submitted: Notebook, released: Notebook) -> tuple[Notebook, tuple[str, ...]]:
    """Return the normalized submission, and a sentence for each kind of correction.

    Parameters
    ----------
    submitted : dict
        Parsed notebook of the student; not changed.
    released : dict
        Students' version of the exercise; not changed.
    """
    own = {grade_id(cell): cell for cell in released["cells"] if grade_id(cell)}
    corrections = _Corrections()
    settled = [
        _normalize_cell(cell, own, corrections)
        for cell in _last_of_each(submitted["cells"], own, corrections)
    ]
    settled = _in_order(settled, list(own), corrections)
    settled = _with_missing(settled, own, corrections)
    nb = copy.deepcopy(submitted)
    nb["cells"] = settled
    # The student's kernel name depends on the student's machine; the release has the right one.
    for key in ("kernelspec", "language_info"):
        nb["metadata"].pop(key, None)
        if key in released["metadata"]:
            nb["metadata"][key] = copy.deepcopy(released["metadata"][key])
    return nb, corrections.sentences()


def submission_from_session(session: Notebook, released: Notebook, exercise: str) -> Notebook:
    """Return a submission of ``exercise``: the released notebook with the answers of a session notebook.

    Other cells of the session notebook (agenda, notes, warm-up) are left out. Code that the student added
    between or right after the exercise's cells is included, because answers may use it.

    Parameters
    ----------
    session : dict
        Session notebook; not changed.
    released : dict
        Students' version of the exercise; not changed.
    exercise : str
        Name of the exercise.
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
        nb["cells"].append(_with_answer(cell, answer) if answer else cell)
        nb["cells"] += added.get(("after", name), []) if name in own else []
    return nb


class _Corrections:
    def __init__(self) -> None:
        self.copies = self.missing = self.edited = self.marks = self.unknown = 0
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
        if self.marks or self.unknown or self.moved:
            n = self.marks + self.unknown + int(self.moved)
            found.append(
                ngettext(
                    "{n} mark of a cell (points, kind, order) had been changed and was set back.",
                    "{n} marks of cells (points, kind, order) had been changed and were set back.",
                    n,
                ).format(n=n)
            )
        return tuple(found)


def _last_of_each(cells: list[Cell], own: dict[str, Cell], corrections: _Corrections) -> list[Cell]:
    # Of several cells with one `grade_id` the last counts, as in nbgrader.
    seen: set[str] = set()
    kept: list[Cell] = []
    for cell in reversed(copy.deepcopy(cells)):
        name = grade_id(cell)
        if name in seen:
            corrections.copies += 1
            cell["metadata"].pop("nbgrader")
            if is_test(own[name]):
                continue  # running a test twice gives no new result, and may time out twice
        elif name in own:
            seen.add(name)
        kept.append(cell)
    return kept[::-1]


def _normalize_cell(cell: Cell, own: dict[str, Cell], corrections: _Corrections) -> Cell:
    name = grade_id(cell)
    if name not in own:
        if "nbgrader" in cell["metadata"]:
            corrections.unknown += bool(name)
            cell["metadata"].pop("nbgrader")
        # nbclient skips cells with this tag, and nbgrader then gives a test full points.
        if "skip-execution" in cell["metadata"].get("tags", []):
            corrections.marks += 1
            cell["metadata"].pop("tags")
        return cell
    original = own[name]
    theirs, ours = cell["metadata"], original["metadata"]
    if cell["cell_type"] != original["cell_type"] or any(
        (theirs.get(key) or None) != (ours.get(key) or None) for key in ("nbgrader", "tags")
    ):
        corrections.marks += 1
    if is_locked(original) and cell["source"].strip() != original["source"].strip():
        corrections.edited += 1
    settled = copy.deepcopy(original) if is_locked(original) else _with_answer(original, cell)
    return {**settled, "id": cell["id"]}


def _with_answer(original: Cell, answer: Cell) -> Cell:
    """Return a cell of the release with the source and the pictures of the student's cell."""
    settled = {**copy.deepcopy(original), "source": answer["source"]}
    # Code cells have no attachments: notebook format 4.5 does not allow them.
    pictures = {} if original["cell_type"] == "code" else answer.get("attachments", {})
    if pictures:
        # The release's pictures stay, because the answer may still refer to them.
        settled["attachments"] = {**settled.get("attachments", {}), **copy.deepcopy(pictures)}
    return settled


def _in_order(cells: list[Cell], order: list[str], corrections: _Corrections) -> list[Cell]:
    present = [grade_id(cell) for cell in cells if grade_id(cell)]
    wanted = [name for name in order if name in present]
    if present == wanted:
        return cells
    corrections.moved = True
    # An added cell moves together with the exercise's cell before it.
    blocks: dict[str, list[Cell]] = {"": []}
    current = ""
    for cell in cells:
        current = grade_id(cell) or current
        blocks.setdefault(current, []).append(cell)
    return [cell for name in ["", *wanted] for cell in blocks[name]]


def _with_missing(cells: list[Cell], own: dict[str, Cell], corrections: _Corrections) -> list[Cell]:
    present = {grade_id(cell) for cell in cells}
    result = list(cells)
    before = ""
    for name, original in own.items():
        elsewhere = cell_language(original) and not is_grade(original)
        if name not in present and not elsewhere:
            corrections.missing += 1
            places = [index for index, cell in enumerate(result) if before and grade_id(cell) == before]
            at = places[0] + 1 if places else 0
            # Answers are inserted right after the preceding cell, tests after all cells added there.
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
    """Return the student's added code cells, keyed by "before" or "after" and the exercise's cell."""
    added: dict[tuple[str, str], list[Cell]] = {}
    last = ""
    inside = False  # between two cells that belong to the exercise, or right after the last one
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
            # A cell of the session itself: code after it no longer belongs to the exercise.
            inside, waiting = False, []
        elif inside and last:
            added.setdefault(("after", last), []).append(_without_metadata(cell))
        elif inside:
            waiting.append(_without_metadata(cell))
    return added


def _without_metadata(cell: Cell) -> Cell:
    plain = copy.deepcopy(cell)
    plain["metadata"] = {}
    return plain
