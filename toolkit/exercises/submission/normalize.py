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
from toolkit.exercises.submission.answer_cells import choose_copy, has_own_words, is_untouched
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
        for cell in _with_overwritten(_one_of_each(submitted["cells"], own, corrections), own)
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
    own = {grade_id(cell): cell for cell in released["cells"] if is_solution(cell)}
    corrections = _Corrections()
    kept = _one_of_each(session["cells"], own, corrections)
    answers = {grade_id(cell): cell for cell in kept if grade_id(cell) in own}
    added = _added_cells(kept, own, exercise, corrections.other_answers)
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
        self.copies = self.empty_copies = self.missing = self.edited = self.marks = self.unknown = 0
        self.moved = False
        self.other_answers: list[Cell] = []

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
        if self.empty_copies:
            found.append(
                ngettext(
                    "{n} empty copy of an answer cell stood after the answer and was left out.",
                    "{n} empty copies of answer cells stood after the answer and were left out.",
                    self.empty_copies,
                ).format(n=self.empty_copies)
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


def _one_of_each(cells: list[Cell], own: dict[str, Cell], corrections: _Corrections) -> list[Cell]:
    """Return the cells with one copy of each cell of the exercise.

    Of an answer the last copy counts that was written in, of other cells the last one, as in nbgrader. Other
    answers stay as cells of the student's own; copies that nobody wrote in are left out, since a run of them
    could undo the answer.
    """
    copies: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        if grade_id(cell) in own:
            copies.setdefault(grade_id(cell), []).append(index)
    chosen = {
        name: places[choose_copy([cells[place] for place in places], own[name])]
        if is_solution(own[name])
        else places[-1]
        for name, places in copies.items()
    }
    kept: list[Cell] = []
    for index, cell in enumerate(copy.deepcopy(cells)):
        name = grade_id(cell)
        if name in own and chosen[name] != index:
            corrections.copies += index < chosen[name]
            corrections.empty_copies += index > chosen[name]
            cell["metadata"].pop("nbgrader")
            # A second run of a test gives no new result, and may time out twice.
            if is_test(own[name]) or (is_solution(own[name]) and is_untouched(cell, own[name])):
                continue
            if is_solution(own[name]):
                corrections.other_answers.append(cell)
        kept.append(cell)
    return kept


def _with_overwritten(cells: list[Cell], own: dict[str, Cell]) -> list[Cell]:
    """Return the cells, each locked text that the student wrote in followed by a copy that is not locked."""
    result: list[Cell] = []
    for cell in cells:
        result.append(cell)
        original = own.get(grade_id(cell))
        if (
            original is not None
            and is_locked(original)
            and original["cell_type"] != "code"
            and has_own_words(cell["source"], [original["source"]])
        ):
            plain = _without_metadata(cell)
            plain.pop("outputs", None)
            plain.pop("execution_count", None)
            result.append({**plain, "cell_type": "markdown"})
    return result


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


def _added_cells(
    cells: list[Cell], own: dict[str, Cell], exercise: str, other_answers: list[Cell]
) -> dict[tuple[str, str], list[Cell]]:
    """Return the cells that the student added, keyed by "before" or "after" and the exercise's cell.

    Code counts between two cells that belong to the exercise, and right after the last one; a text right
    after an answer cell that nobody wrote in, and other copies of an answer.
    """
    added: dict[tuple[str, str], list[Cell]] = {}
    last = ""
    inside = False  # between two cells that belong to the exercise, or right after the last one
    beside = False  # right after an answer cell that is empty
    waiting: list[Cell] = []
    for cell in cells:
        name = grade_id(cell)
        stamp = cell["metadata"].get("mentoring")
        ours = isinstance(stamp, dict) and stamp.get("exercise") == exercise
        is_text = cell["cell_type"] != "code"
        if name in own:
            if waiting:
                added[("before", name)] = waiting
            last, inside, waiting = name, True, []
            beside = is_untouched(cell, own[name])
        elif any(cell is other for other in other_answers):
            if last:
                added.setdefault(("after", last), []).append(_without_metadata(cell))
            else:
                waiting.append(_without_metadata(cell))
            inside = True
        elif ours:
            inside, beside = True, False
        elif stamp is not None or cell["metadata"].keys() & {"papermill"} or (is_text and not beside):
            # A cell of the session itself: code after it no longer belongs to the exercise.
            inside, waiting, beside = False, [], False
        elif inside and last:
            added.setdefault(("after", last), []).append(_without_metadata(cell))
        elif inside:
            waiting.append(_without_metadata(cell))
    return added


def _without_metadata(cell: Cell) -> Cell:
    plain = copy.deepcopy(cell)
    plain["metadata"] = {}
    return plain
