"""Makes the students' version of an exercise with nbgrader."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment

from toolkit.errors import StateError
from toolkit.exercises.course.leaks import leaks
from toolkit.exercises.course.notebook import Notebook, load
from toolkit.exercises.nbgrader_worker.course_config import converter, course_config, course_directory, run
from toolkit.exercises.nbgrader_worker.gradebook_database import found
from toolkit.exercises.nbgrader_worker.private_course import PrivateCourse, private_course
from toolkit.i18n import _

__all__ = ["found_leaks", "previewed", "release_again", "release_notebooks"]


def release_notebooks(root: Path, name: str) -> dict[str, Path]:
    """Write the release of an exercise, and enter its cells into the gradebook; return the notebooks."""
    release_again(root, name)
    folder = root / "release" / name
    return {path.stem: path for path in sorted(folder.glob("*.ipynb"))}


def release_again(root: Path, name: str) -> None:
    """Bring the release and the gradebook up to the exercise's source.

    Raises
    ------
    StateError
        Work was graded already, and the exercise has other cells now; or something would leak.
    ExecutionError
        The source is broken.
    """
    # First in private: a source that is broken or leaks leaves the last release as it is.
    private = private_course(root, name)
    _refuse_leaks(root, name)
    directory = course_directory(root, course_config(root), assignment_id=name)
    found(directory.db_url)
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        _refuse_other_cells(gradebook, name, private)
    run(converter(GenerateAssignment, directory), _("exercise '{name}'").format(name=name))


def previewed(root: Path, name: str) -> dict[str, Notebook]:
    """Return the notebooks as they would be released, in both languages; nothing is written.

    Raises
    ------
    StateError
        Something would leak.
    ExecutionError
        The source is broken.
    """
    _refuse_leaks(root, name)
    return private_course(root, name).released


def _refuse_leaks(root: Path, name: str) -> None:
    found = found_leaks(root, name)
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


def found_leaks(root: Path, name: str) -> tuple[str, ...]:
    """Return what the release of an exercise would show that students must not see."""
    private = private_course(root, name)
    return tuple(
        text
        for notebook, released in private.released.items()
        for text in leaks(load(root / "source" / name / f"{notebook}.ipynb"), released)
    )
