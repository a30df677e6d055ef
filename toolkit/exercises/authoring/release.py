"""Releases an exercise, and hands out what students may see of it."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

from toolkit.errors import StateError, StorageError
from toolkit.exercises.course.course import Course
from toolkit.exercises.course.leaks import leaks
from toolkit.exercises.course.notebook import (
    Cell,
    Notebook,
    dump,
    grade_id,
    is_solution,
    is_test,
    load,
    marks,
    tidy,
    without_other_languages,
)
from toolkit.exercises.submission.normalize import transplant
from toolkit.exercises.worker_pool import call
from toolkit.i18n import _

__all__ = [
    "VisibleTest",
    "extract",
    "previewed",
    "release",
    "statement",
    "student_copy",
    "student_files",
    "visible_tests",
]


class VisibleTest(NamedTuple):
    """A test that students may run themselves.

    Parameters
    ----------
    points : float
        What the cell is worth when it is graded, hidden tests included.
    """

    grade_id: str
    source: str
    points: float


def release(course: Course, name: str, *, executor: Executor | None = None) -> dict[str, Path]:
    """Make the students' version of an exercise with nbgrader, and enter it into the gradebook.

    The caller holds the practice's lock: this writes ``release/`` and the gradebook. What was released
    before is replaced; where something is wrong it stays as it was.

    Returns
    -------
    dict of str to Path
        The released notebooks by name.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    StateError
        Something would leak; or work was graded already, and the exercise has other cells now.
    ExecutionError
        The source is broken.
    """
    course.folder(name)
    notebooks: dict[str, Path] = call(executor, "release_builder:release_notebooks", course.root, name)
    return notebooks


def previewed(course: Course, name: str, language: str, *, executor: Executor | None = None) -> bytes:
    """Return the notebook that a student would be given, of the source as it is now; nothing is released.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    StateError
        Something would leak.
    ExecutionError
        The source is broken.
    """
    course.folder(name)
    released: dict[str, Notebook] = call(executor, "release_builder:previewed", course.root, name)
    nb = without_other_languages(released[course.main_notebook(name)], language)
    nb["metadata"]["mentoring"] = {"exercise": name, "language": language}
    return dump(nb)


def student_copy(course: Course, name: str, language: str, student_id: str) -> bytes:
    """Return the notebook that a student works in: one language, stamped with whose it is.

    Raises
    ------
    StateError
        It is not released yet, or something that students must not see is left in it.
    """
    copies = _copies(course, name, language, student_id)
    main = course.main_notebook(name)
    return copies.get(main) or copies[min(copies)]


def student_files(course: Course, name: str, language: str, student_id: str) -> dict[str, bytes]:
    """Return everything a student needs for an exercise, by path: notebooks, data files, helper modules.

    Raises
    ------
    StateError
        As in `student_copy`.
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
    copies: dict[str, bytes] = {}
    for stem, path in course.released_notebooks(name).items():
        nb = without_other_languages(load(path), language)
        nb["metadata"]["mentoring"] = {"exercise": name, "student": student_id, "language": language}
        found = leaks(load(sources[stem]), nb) if stem in sources else ()
        if found:
            raise StateError(
                _("The release of '{name}' shows what students must not see: {what}").format(
                    name=name, what=" ".join(found)
                ),
                _("Release it again: `mentor exercise release {name}`").format(name=name),
            )
        copies[stem] = dump(nb)
    return copies


def visible_tests(course: Course, name: str) -> list[VisibleTest]:
    """Return the tests that students can see, for the notebook that stands for the exercise.

    Raises
    ------
    StateError
        It is not released yet.
    """
    return [
        VisibleTest(grade_id(cell), cell["source"], float(marks(cell).get("points", 0)))
        for cell in course.released(name)["cells"]
        if is_test(cell) and cell["cell_type"] == "code" and cell["source"].strip()
    ]


def statement(course: Course, name: str, language: str) -> list[Cell]:
    """Return an exercise's cells for another notebook: the text, what is given, and the cells for answers.

    Tests stay out. The cells keep nbgrader's marks, and each is stamped with the exercise's name, so that
    `extract` finds the answers again.

    Raises
    ------
    StateError
        It is not released yet.
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
    """Whether the first of the cells is text, and what it leads to is a test ("Run the cells below")."""
    for cell in cells:
        if cell["cell_type"] != "markdown" or grade_id(cell):
            return is_test(cell) and cell is not cells[0]
    return False


def extract(course: Course, nb: Notebook, exercise: str) -> bytes:
    """Return a submission of ``exercise`` made of the answers in a session notebook.

    `grade` does this by itself; it is here for those who want to look at it.

    Raises
    ------
    StateError
        It is not released yet.
    """
    return dump(transplant(tidy(nb), course.released(exercise), exercise))
