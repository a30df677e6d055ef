"""Builds the students' version of an exercise with nbgrader."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment

from toolkit.errors import StateError
from toolkit.exercises.course.answer_stubs import conventions_from_config
from toolkit.exercises.course.leaks import find_leaks
from toolkit.exercises.course.notebook import Notebook, load_notebook
from toolkit.exercises.nbgrader_worker.course_config import (
    course_config,
    course_directory,
    make_converter,
    run_converter,
)
from toolkit.exercises.nbgrader_worker.gradebook_database import create_tables
from toolkit.exercises.nbgrader_worker.private_course import PrivateCourse, private_course
from toolkit.i18n import _

__all__ = ["find_release_leaks", "preview_notebooks", "refresh_release", "release_notebooks"]


def release_notebooks(root: Path, name: str) -> dict[str, Path]:
    """Write the release of an exercise, and enter its cells into the gradebook.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    name : str
        Name of the exercise.

    Returns
    -------
    dict of str to Path
        Released notebooks by name.

    Raises
    ------
    StateError, ExecutionError
        As in `refresh_release`.
    """
    refresh_release(root, name)
    folder = root / "release" / name
    return {path.stem: path for path in sorted(folder.glob("*.ipynb"))}


def refresh_release(root: Path, name: str) -> None:
    """Update the release and the gradebook from the exercise's source.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    name : str
        Name of the exercise.

    Raises
    ------
    StateError
        Work is already graded and the exercise's cells have changed; or the release would leak a secret.
    ExecutionError
        nbgrader cannot process the source.
    """
    # Built in the private course first, so that a broken or leaking source does not touch the last release.
    private = private_course(root, name)
    _refuse_leaks(root, name)
    directory = course_directory(root, course_config(root), assignment_id=name)
    create_tables(directory.db_url)
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        _refuse_other_cells(gradebook, name, private)
    run_converter(make_converter(GenerateAssignment, directory), _("exercise '{name}'").format(name=name))


def preview_notebooks(root: Path, name: str) -> dict[str, Notebook]:
    """Return the notebooks that a release would contain, in both languages. Writes nothing to the course.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    name : str
        Name of the exercise.

    Raises
    ------
    StateError
        The release would leak a secret.
    ExecutionError
        nbgrader cannot process the source.
    """
    _refuse_leaks(root, name)
    return private_course(root, name).released


def _refuse_leaks(root: Path, name: str) -> None:
    found = find_release_leaks(root, name)
    if found:
        raise StateError(
            _("The release of '{name}' would show what students must not see: {what}").format(
                name=name, what=" ".join(found)
            ),
            _("`mentor exercise check {name}` tells more.").format(name=name),
        )


def _refuse_other_cells(gradebook: Gradebook, name: str, private: PrivateCourse) -> None:
    try:
        assignment = gradebook.find_assignment(name)
    except MissingEntry:
        return
    if not assignment.submissions:
        return
    with Gradebook(private.db_url) as new:
        wanted = {n.name: {c.name for c in n.source_cells} for n in new.find_assignment(name).notebooks}
    known = {n.name: {c.name for c in n.source_cells} for n in assignment.notebooks}
    if wanted != known:
        changed = sorted(
            {cell for cells in wanted.values() for cell in cells}
            ^ {cell for cells in known.values() for cell in cells}
        ) or sorted(wanted.keys() ^ known.keys())
        raise StateError(
            _("Work on '{name}' was graded already, and it has other cells now ({cells}).").format(
                name=name, cells=", ".join(changed)
            ),
            _("Put the cells back as they were, or give the new version a name of its own."),
        )


def find_release_leaks(root: Path, name: str) -> tuple[str, ...]:
    """Return a message for each secret that the release of an exercise would leak.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    name : str
        Name of the exercise.
    """
    private = private_course(root, name)
    conventions = conventions_from_config(course_config(root))
    sources = {
        notebook: load_notebook(root / "source" / name / f"{notebook}.ipynb") for notebook in private.released
    }
    return tuple(
        text
        for notebook, released in private.released.items()
        for text in find_leaks(sources[notebook], released, conventions)
    )
