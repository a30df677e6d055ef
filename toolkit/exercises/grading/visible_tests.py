"""Tries the visible tests of an exercise on a notebook, for whoever wants to know before handing it in."""

from __future__ import annotations

import json
from typing import NamedTuple

from nbformat import from_dict

from toolkit.exercises.course.course import Course
from toolkit.exercises.course.notebook import Cell, dump, grade_id, is_test, tidy
from toolkit.exercises.grading.results import message_of
from toolkit.exercises.submission.normalize import settle, transplant
from toolkit.exercises.submission.submission_parser import Submission
from toolkit.kernels import Limits, execute

__all__ = ["VisibleResult", "try_visible_tests"]


class VisibleResult(NamedTuple):
    """How a visible test went, and what it says where it did not pass."""

    grade_id: str
    passed: bool
    message: str


def try_visible_tests(
    course: Course, exercise: str, submission: Submission, *, notebook: str = "", limits: Limits | None = None
) -> list[VisibleResult]:
    """Run a notebook with the tests that students can see, in a sandbox; nothing is kept of it.

    The tests are those of the release, whatever became of them in the notebook.

    Parameters
    ----------
    notebook : str
        Which notebook of the exercise it is, where it has several.

    Raises
    ------
    StateError
        It is not released yet.
    ExecutionError
        There is no sandbox, or no kernel.
    """
    released = course.released(exercise)
    if notebook and notebook != course.main_notebook(exercise):
        released = tidy(json.loads(course.released_notebooks(exercise)[notebook].read_bytes()))
    nb = submission.notebook
    if submission.is_session:
        nb = transplant(nb, released, exercise)
    settled, _notes = settle(nb, released)
    run = execute(
        from_dict(tidy(json.loads(dump(settled)))),  # type: ignore[no-untyped-call]
        cwd=course.release_folder(exercise),
        limits=limits,
    )
    return [
        VisibleResult(grade_id(cell), not _failed(cell), message_of(cell) if _failed(cell) else "")
        for cell in run.notebook.cells
        if is_test(cell) and cell.cell_type == "code" and cell.source.strip()
    ]


def _failed(cell: Cell) -> bool:
    # As nbgrader has it: an error, or anything on stderr.
    return any(
        output["output_type"] == "error" or output.get("name") == "stderr"
        for output in cell.get("outputs", [])
    )
