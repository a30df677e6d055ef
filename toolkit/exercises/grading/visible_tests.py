"""Runs the visible tests of an exercise on a notebook, before it is submitted."""

from __future__ import annotations

import json
from typing import NamedTuple

from nbformat import from_dict

from toolkit.exercises.course.course import Course
from toolkit.exercises.course.notebook import (
    Cell,
    dump_notebook,
    grade_id,
    is_test,
    load_notebook,
    upgrade_notebook,
)
from toolkit.exercises.grading.notebook_tests import SolvedNotebook
from toolkit.exercises.grading.results import failure_message
from toolkit.exercises.grading.score_outputs import stderr_as_stdout
from toolkit.exercises.submission.normalize import normalize_submission, submission_from_session
from toolkit.exercises.submission.restore_metadata import restore_metadata
from toolkit.exercises.submission.submission_parser import Submission, no_marks_error
from toolkit.kernels import Limits, execute

__all__ = ["VisibleResult", "try_visible_tests"]


class VisibleResult(NamedTuple):
    """Result of a visible test.

    Parameters
    ----------
    grade_id : str
        nbgrader's name of the test cell.
    passed : bool
        True if the test passed.
    message : str
        Message of the failure; empty if it passed.
    """

    grade_id: str
    passed: bool
    message: str


def try_visible_tests(
    course: Course,
    exercise: str,
    submission: Submission,
    *,
    notebook: str = "",
    limits: Limits | None = None,
    stderr_fails: bool = True,
) -> list[VisibleResult]:
    """Run a notebook with the visible tests in a sandbox. Stores nothing.

    The tests are those of the release, even if the notebook's own copies were edited.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    exercise : str
        Name of the exercise.
    submission : Submission
        Parsed notebook of the student.
    notebook : str
        Name of the exercise's notebook, if it has several; the main one if empty.
    limits : Limits, optional
        Limits of the run; the defaults of `Limits` if None.
    stderr_fails : bool
        True if a test that writes on stderr fails, as with nbgrader.

    Raises
    ------
    StateError
        The exercise is not released yet.
    UnreadableError
        The notebook has none of the exercise's cells.
    ExecutionError
        The sandbox or the kernel does not start.
    """
    released = course.released(exercise)
    if notebook and notebook != course.main_notebook(exercise):
        released = upgrade_notebook(json.loads(course.released_notebooks(exercise)[notebook].read_bytes()))
    nb = submission.notebook
    if not submission.grade_ids & set(map(grade_id, released["cells"])):
        restored = restore_metadata(nb, released)
        if restored is None:
            raise no_marks_error()
        nb = restored
    elif submission.is_session:
        nb = submission_from_session(nb, released, exercise)
    settled, _notes = normalize_submission(nb, released)
    nb = from_dict(upgrade_notebook(json.loads(dump_notebook(settled))))  # type: ignore[no-untyped-call]
    path = course.notebooks(exercise)[notebook or course.main_notebook(exercise)]
    solved = SolvedNotebook(lambda: from_dict(load_notebook(path)))  # type: ignore[no-untyped-call]
    folder = course.release_folder(exercise)
    _tests, run = solved.execute(nb, lambda one, tests: execute(one, cwd=folder, limits=limits, tests=tests))
    results = []
    for cell in run.notebook.cells:
        if is_test(cell) and cell.cell_type == "code" and cell.source.strip():
            cell.outputs = cell.outputs if stderr_fails else stderr_as_stdout(cell.outputs)
            failed = _failed(cell)
            results.append(VisibleResult(grade_id(cell), not failed, failure_message(cell) if failed else ""))
    return results


def _failed(cell: Cell) -> bool:
    # nbgrader's rule: an error, or any output on stderr.
    return any(
        output["output_type"] == "error" or output.get("name") == "stderr"
        for output in cell.get("outputs", [])
    )
