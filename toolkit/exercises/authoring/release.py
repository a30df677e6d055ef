"""Releases an exercise, and returns the parts of it that students may see."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

from toolkit.errors import StateError, StorageError
from toolkit.exercises.course.answer_stubs import read_conventions
from toolkit.exercises.course.course import Course
from toolkit.exercises.course.leaks import find_leaks
from toolkit.exercises.course.notebook import (
    Cell,
    Notebook,
    dump_notebook,
    grade_id,
    is_solution,
    is_test,
    load_notebook,
    nbgrader_metadata,
    upgrade_notebook,
    without_other_languages,
)
from toolkit.exercises.submission.normalize import submission_from_session
from toolkit.exercises.worker_pool import run_in_worker
from toolkit.i18n import _

__all__ = [
    "VisibleTest",
    "extract_submission",
    "preview_notebook",
    "release_exercise",
    "statement_cells",
    "student_copy",
    "student_files",
    "visible_tests",
]


class VisibleTest(NamedTuple):
    """A test that students may run themselves.

    Parameters
    ----------
    grade_id : str
        nbgrader's name of the test cell.
    source : str
        Source of the cell, without hidden tests.
    points : float
        Maximum points of the cell when it is graded, hidden tests included.
    """

    grade_id: str
    source: str
    points: float


def release_exercise(course: Course, name: str, *, executor: Executor | None = None) -> dict[str, Path]:
    """Make the students' version of an exercise with nbgrader, and enter it into the gradebook.

    The caller holds the practice's lock: this writes ``release/`` and the gradebook. The previous release is
    replaced; it stays unchanged if an error is raised.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the exercise.
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Returns
    -------
    dict of str to Path
        The released notebooks by name.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    StateError
        The release would leak a secret; or work is already graded and the exercise's cells have changed.
    ExecutionError
        nbgrader cannot process the source.
    """
    course.folder(name)
    notebooks: dict[str, Path] = run_in_worker(
        executor, "release_builder:release_notebooks", course.root, name
    )
    return notebooks


def preview_notebook(course: Course, name: str, language: str, *, executor: Executor | None = None) -> bytes:
    """Return the notebook that a student would get from the current source. Releases nothing.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the exercise.
    language : {"en", "fr"}
        Language of the student.
    executor : Executor, optional
        Worker processes; one is started for this call if None.

    Returns
    -------
    bytes
        The notebook file.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    StateError
        The release would leak a secret.
    ExecutionError
        nbgrader cannot process the source.
    """
    course.folder(name)
    released: dict[str, Notebook] = run_in_worker(
        executor, "release_builder:preview_notebooks", course.root, name
    )
    nb = without_other_languages(released[course.main_notebook(name)], language)
    nb["metadata"]["mentoring"] = {"exercise": name, "language": language}
    return dump_notebook(nb)


def student_copy(course: Course, name: str, language: str, student_id: str) -> bytes:
    """Return the notebook that a student works in: one language, with the student's id in its metadata.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the exercise.
    language : {"en", "fr"}
        Language of the student; cells in other languages are removed.
    student_id : str
        Student's id in the store.

    Raises
    ------
    StateError
        The exercise is not released yet, or the release contains a secret.
    """
    copies = _copies(course, name, language, student_id)
    main = course.main_notebook(name)
    return copies.get(main) or copies[min(copies)]


def student_files(course: Course, name: str, language: str, student_id: str) -> dict[str, bytes]:
    """Return everything a student needs for an exercise, by path: notebooks, data files, modules.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the exercise.
    language : {"en", "fr"}
        Language of the student; cells in other languages are removed.
    student_id : str
        Student's id in the store.

    Returns
    -------
    dict of str to bytes
        File contents by POSIX path relative to the exercise's folder.

    Raises
    ------
    StateError
        As in `student_copy`.
    StorageError
        A file cannot be read.
    """
    folder = course.release_folder(name)
    files = {f"{stem}.ipynb": data for stem, data in _copies(course, name, language, student_id).items()}
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        hidden = any(part.startswith((".", "__pycache__")) for part in place.parts)
        if path.is_file() and not hidden and place.as_posix() not in files:
            try:
                files[place.as_posix()] = path.read_bytes()
            except OSError as error:
                raise StorageError(
                    _("{file} cannot be read: {why}").format(file=path, why=error.strerror)
                ) from error
    return files


def _copies(course: Course, name: str, language: str, student_id: str) -> dict[str, bytes]:
    sources = course.notebooks(name)
    conventions = read_conventions(course.root)
    copies: dict[str, bytes] = {}
    for stem, path in course.released_notebooks(name).items():
        nb = without_other_languages(load_notebook(path), language)
        nb["metadata"]["mentoring"] = {"exercise": name, "student": student_id, "language": language}
        found = find_leaks(load_notebook(sources[stem]), nb, conventions) if stem in sources else ()
        if found:
            raise StateError(
                _("The release of '{name}' shows what students must not see: {what}").format(
                    name=name, what=" ".join(found)
                ),
                _("Release it again: `mentor exercise release {name}`").format(name=name),
            )
        copies[stem] = dump_notebook(nb)
    return copies


def visible_tests(course: Course, name: str) -> list[VisibleTest]:
    """Return the tests that students can see in the exercise's main notebook.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the exercise.

    Raises
    ------
    StateError
        The exercise is not released yet.
    """
    return [
        VisibleTest(grade_id(cell), cell["source"], float(nbgrader_metadata(cell).get("points", 0)))
        for cell in course.released(name)["cells"]
        if is_test(cell) and cell["cell_type"] == "code" and cell["source"].strip()
    ]


def statement_cells(course: Course, name: str, language: str) -> list[Cell]:
    """Return an exercise's cells for use in another notebook: text, given code and answer cells; no tests.

    The cells keep nbgrader's metadata, and the exercise's name is added to each, so that `extract_submission`
    can find the answers.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the exercise.
    language : {"en", "fr"}
        Language of the text; cells in other languages are removed.

    Raises
    ------
    StateError
        The exercise is not released yet.
    """
    found: list[Cell] = []
    answered = False
    kept = without_other_languages(course.released(name), language)["cells"]
    for index, cell in enumerate(kept):
        if is_test(cell) or (answered and _is_about_tests(kept[index:])):
            continue
        answered = answered or is_solution(cell)
        cell["metadata"]["mentoring"] = {"exercise": name}
        found.append(cell)
    return found


def _is_about_tests(cells: list[Cell]) -> bool:
    """Return whether the first cell is text that introduces a test ("Run the cells below")."""
    for cell in cells:
        if cell["cell_type"] != "markdown" or grade_id(cell):
            return is_test(cell) and cell is not cells[0]
    return False


def extract_submission(course: Course, nb: Notebook, exercise: str) -> bytes:
    """Return a submission of ``exercise`` made of the answers in a session notebook.

    `grade` does this itself; this function serves to inspect the result.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    nb : dict
        Session notebook; not changed.
    exercise : str
        Name of the exercise.

    Raises
    ------
    StateError
        The exercise is not released yet.
    """
    return dump_notebook(submission_from_session(upgrade_notebook(nb), course.released(exercise), exercise))
