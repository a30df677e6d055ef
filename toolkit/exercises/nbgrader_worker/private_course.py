"""Private copy of one exercise: its source, its release and a gradebook with this exercise only."""

from __future__ import annotations

import copy
import shutil
import tempfile
from functools import cache, cached_property, lru_cache
from pathlib import Path

from nbformat import from_dict
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import URL
from traitlets.config import Config

from toolkit._internal.nofollow_open import FileFingerprint
from toolkit.exercises.course.exercise_files import list_exercise_files
from toolkit.exercises.course.notebook import Notebook, load_notebook
from toolkit.exercises.grading.notebook_tests import SolvedNotebook
from toolkit.exercises.nbgrader_worker.autograde_pipeline import AutogradePipeline
from toolkit.exercises.nbgrader_worker.course_config import (
    course_config,
    course_directory,
    make_converter,
    run_converter,
)
from toolkit.exercises.nbgrader_worker.gradebook_database import create_tables
from toolkit.i18n import _

__all__ = ["STUDENT", "PrivateCourse", "private_course"]

# The only student of a private course; grading does not depend on the real one.
STUDENT = "student"


class PrivateCourse:
    """One exercise of a course, copied to a temporary folder of this process and released there.

    Parameters
    ----------
    root : Path
        Course to copy from.
    name : str
        Name of the exercise.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self._solved: dict[str, SolvedNotebook] = {}
        self.config = _private_config(course_config(root))
        self._folder = tempfile.TemporaryDirectory(prefix="course-")
        self.root = Path(self._folder.name)
        self.config.CourseDirectory.db_url = self.db_url
        _copy_course(root, self.root, name)
        self._empty_gradebook_copy = self.root / "empty.db"
        shutil.copyfile(_empty_gradebook(), self.gradebook_path)
        step = make_converter(GenerateAssignment, self.directory(assignment_id=name))
        run_converter(step, _("exercise '{name}'").format(name=name))
        shutil.copyfile(self.gradebook_path, self._empty_gradebook_copy)
        self.released: dict[str, Notebook] = {
            path.stem: load_notebook(path) for path in sorted((self.root / "release" / name).glob("*.ipynb"))
        }

    @property
    def gradebook_path(self) -> Path:
        """Path of the private gradebook."""
        return self.root / "gradebook.db"

    @property
    def db_url(self) -> str:
        """Database URL of the private gradebook."""
        return _url(self.gradebook_path)

    def directory(self, **ids: str) -> CourseDirectory:
        """Return nbgrader's `CourseDirectory` for the private course."""
        return course_directory(self.root, self.config, **ids)

    @cached_property
    def pipeline(self) -> AutogradePipeline | None:
        """In-memory grader; None if the course has custom steps that nbgrader itself must run."""
        directory = self.directory(assignment_id=self.name, student_id=STUDENT)
        return (
            AutogradePipeline(directory, self.name, self.root / "data")
            if AutogradePipeline.fits(directory)
            else None
        )

    def solved(self, notebook: str) -> SolvedNotebook:
        """Return a notebook of the exercise's source, with solution and tests."""
        path = self.root / "source" / self.name / f"{notebook}.ipynb"
        return self._solved.setdefault(notebook, SolvedNotebook(lambda: from_dict(load_notebook(path))))  # type: ignore[no-untyped-call]

    def fresh(self) -> None:
        """Remove the last submission."""
        for step in ("submitted", "autograded"):
            shutil.rmtree(self.root / step, ignore_errors=True)
        shutil.copyfile(self._empty_gradebook_copy, self.gradebook_path)


def private_course(root: Path, name: str) -> PrivateCourse:
    """Return the private copy of an exercise; rebuilt if a file of the exercise has changed.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    name : str
        Name of the exercise.
    """
    return _private_course(root, name, _fingerprint(root, name))


@lru_cache(maxsize=64)
def _private_course(root: Path, name: str, fingerprint: tuple[object, ...]) -> PrivateCourse:  # noqa: ARG001 - the key
    return PrivateCourse(root, name)


@cache
def _empty_gradebook() -> Path:
    path = Path(tempfile.mkdtemp(prefix="gradebook-")) / "gradebook.db"
    create_tables(_url(path))
    with Gradebook(_url(path), ""):
        return path


def _url(path: Path) -> str:
    # Escapes characters of the path that have a meaning in a URL.
    return str(URL.create("sqlite", database=str(path)))


def _private_config(config: Config) -> Config:
    # Folder names and database of the course are dropped: the private course uses the defaults.
    config = copy.deepcopy(config)
    course_id = config.CourseDirectory.get("course_id", "")
    config.CourseDirectory = Config()
    config.CourseDirectory.course_id = course_id
    return config


def _copy_course(root: Path, private: Path, name: str) -> None:
    for path, place in list_exercise_files(root, name):
        target = private / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _fingerprint(root: Path, name: str) -> tuple[tuple[str, FileFingerprint, int], ...]:
    """Return the places, fingerprints and ctimes (ns) of an exercise's files."""
    config = root / "nbgrader_config.py"
    files = [*list_exercise_files(root, name), *([(config, Path(config.name))] if config.exists() else [])]
    return tuple(
        (str(place), FileFingerprint.of(file), file.st_ctime_ns)
        for path, place in files
        for file in (path.stat(),)
    )
