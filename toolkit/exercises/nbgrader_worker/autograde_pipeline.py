"""nbgrader's own steps of autograding, one after another in memory.

`nbgrader autograde` writes the notebook twice, reads it three times, holds it against its schema after each
of twelve steps and opens the gradebook nine times. Here a submission is in the exercise's own form already
(`toolkit.exercises.submission.normalize`), so its marks are those of a release that nbgrader has checked;
and what the steps ask the gradebook for are the exercise's cells, which do not change from one submission to
the next. The steps themselves are nbgrader's classes, configured as the course has them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat import NotebookNode, from_dict
from nbformat.v4.nbjson import JSONWriter
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    Execute,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from nbgrader.utils import find_all_files

from toolkit.errors import ExecutionError
from toolkit.exercises.course.notebook import Notebook, dump
from toolkit.exercises.grading.grading_types import CellScore, GradedNotebook
from toolkit.exercises.nbgrader_worker.course_config import converter, quiet_log
from toolkit.i18n import _

__all__ = ["Pipeline", "Run"]

#: Runs a notebook, as one of nbgrader's preprocessors.
Run = Callable[[NotebookNode, dict[str, Any]], tuple[NotebookNode, dict[str, Any]]]

# What one of these would do has been done: the release was checked, and a late penalty depends on due dates
# and extensions, which the real gradebook alone knows.
_LEFT_OUT = (CheckCellMetadata, AssignLatePenalties)
_AS_THEY_ARE = (ClearOutput, DeduplicateIds, IgnorePattern, ClearMetadataPreprocessor, LimitOutput)


class Pipeline:
    """Autogrades the submissions of one exercise.

    Parameters
    ----------
    directory : CourseDirectory
        The private course that the exercise lies in, released.
    name : str
        Of the exercise.
    data : Path
        A new folder for the exercise's data files, which the code works with.
    """

    def __init__(self, directory: CourseDirectory, name: str, data: Path) -> None:
        self.name = name
        self.data = data
        self._db_url = directory.db_url
        step = converter(Autograde, directory)
        quiet_log(step)
        exporter = step.exporter_class(parent=step, config=step.config)
        gradebook = Gradebook(directory.db_url, directory.course_id)
        # Nothing writes to the private gradebook any more.
        self._find_notebook = cache(gradebook.find_notebook)
        self._known = SimpleNamespace(
            find_notebook=self._find_notebook,
            find_source_cell=cache(gradebook.find_source_cell),
            find_graded_cell=cache(gradebook.find_graded_cell),
        )
        self._steps = [
            _ours(kind)(parent=exporter) if kind is not Execute else None
            for kind in [*step.sanitize_preprocessors, *step.autograde_preprocessors]
            if kind not in _LEFT_OUT
        ]
        _copy_data(step, name, data)

    @staticmethod
    def fits(directory: CourseDirectory) -> bool:
        """Whether the course has nbgrader's own steps alone: no step, hook or exporter of somebody's."""
        step = converter(Autograde, directory)
        kinds = [*step.sanitize_preprocessors, *step.autograde_preprocessors]
        ours = {*_AS_THEY_ARE, *_LEFT_OUT, *_IN_MEMORY, Execute}
        return (
            all(kind in ours for kind in kinds if isinstance(kind, type))
            and all(isinstance(kind, type) for kind in kinds)
            and step.pre_convert_hook is None
            and step.post_convert_hook is None
            and step.exporter_class is NotebookExporter
            and not any(name in directory.config for name in ("Exporter", "NotebookExporter", "FilesWriter"))
        )

    def grade(self, notebook: str, settled: Notebook, execute: Run) -> GradedNotebook:
        """Return what nbgrader makes of one notebook.

        Parameters
        ----------
        notebook : str
            Its name.
        settled : dict
            In the exercise's own form; left as it is.
        execute : callable
            Runs it; this stands where nbgrader's own Execute would.

        Raises
        ------
        ExecutionError
            One of the steps failed.
        """
        nb: NotebookNode = from_dict(settled)  # type: ignore[no-untyped-call]
        scores = _Scores(self._find_notebook(notebook, self.name))
        resources: dict[str, Any] = {
            "metadata": {"name": notebook, "path": str(self.data)},
            "nbgrader": {
                "assignment": self.name,
                "notebook": notebook,
                "student": "student",
                "db_url": self._db_url,
            },
            "unique_key": notebook,
            "output_files_dir": f"{notebook}_files",
            "known": self._known,
            "scores": scores,
        }
        try:
            for step in self._steps:
                nb, resources = (step or execute)(nb, resources)
        except ExecutionError:
            raise
        except Exception as error:  # whatever a step of nbgrader's stumbles over in this submission
            raise ExecutionError(
                _("nbgrader could not process {what}: {why}").format(
                    what=_("the submission"), why=f"{type(error).__name__}: {error}"
                )
            ) from error
        # As nbformat writes it; what came out of the kernel was checked as it came.
        text = JSONWriter().writes(nb)  # type: ignore[no-untyped-call]
        return GradedNotebook(
            notebook, dump(settled), f"{text}\n".encode(), scores.of_cells(), scores.of_answers()
        )


class _Scores:
    """Stands where SaveAutoGrades would have its gradebook, and keeps what it writes."""

    def __init__(self, notebook: Any) -> None:  # noqa: ANN401 - nbgrader's, untyped
        self.db = SimpleNamespace(commit=lambda: None)
        cells = [*notebook.grade_cells, *notebook.task_cells]
        self._most = {cell.name: float(cell.max_score) for cell in cells}
        self._grades = {
            name: SimpleNamespace(auto_score=None, manual_score=None, needs_manual_grade=False)
            for name in self._most
        }
        answers = [*notebook.solution_cells, *notebook.task_cells]
        self._comments = {cell.name: SimpleNamespace(auto_comment=None) for cell in answers}

    def find_grade(self, name: str, *_where: str) -> SimpleNamespace:
        return _one(self._grades, name)

    def find_comment(self, name: str, *_where: str) -> SimpleNamespace:
        return _one(self._comments, name)

    def of_cells(self) -> tuple[CellScore, ...]:
        return tuple(
            CellScore(
                grade_id=name,
                points=grade.auto_score,
                max_points=self._most[name],
                comment=self._comments[name].auto_comment if name in self._comments else None,
            )
            for name, grade in self._grades.items()
        )

    def of_answers(self) -> tuple[tuple[str, str | None], ...]:
        return tuple((k, v.auto_comment) for k, v in self._comments.items() if k not in self._grades)


def _one(known: dict[str, SimpleNamespace], name: str) -> SimpleNamespace:
    if name not in known:
        raise MissingEntry(name)
    return known[name]


class _OverwriteKernelspec(OverwriteKernelspec):  # type: ignore[misc]
    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        where = resources["nbgrader"]
        kernelspec = resources["known"].find_notebook(where["notebook"], where["assignment"]).kernelspec
        if kernelspec is not None and json.loads(kernelspec):
            nb.metadata["kernelspec"] = from_dict(json.loads(kernelspec))  # type: ignore[no-untyped-call]
        return nb, resources


class _OverwriteCells(OverwriteCells):  # type: ignore[misc]
    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        self.notebook_id = resources["nbgrader"]["notebook"]
        self.assignment_id = resources["nbgrader"]["assignment"]
        self.gradebook = resources["known"]
        nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
        if self.add_missing_cells:
            nb, resources = self.add_missing_grade_cells(nb, resources)
            nb, resources = self.add_missing_task_cells(nb, resources)
        return nb, resources


class _SaveAutoGrades(SaveAutoGrades):  # type: ignore[misc]
    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        self.notebook_id = resources["nbgrader"]["notebook"]
        self.assignment_id = resources["nbgrader"]["assignment"]
        self.student_id = resources["nbgrader"]["student"]
        self.gradebook = resources["scores"]
        nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
        return nb, resources


_IN_MEMORY: dict[type, type] = {
    OverwriteKernelspec: _OverwriteKernelspec,
    OverwriteCells: _OverwriteCells,
    SaveAutoGrades: _SaveAutoGrades,
}


def _ours(kind: type) -> type:
    return _IN_MEMORY.get(kind, kind)


def _copy_data(step: Autograde, name: str, target: Path) -> None:
    """Copy the exercise's data files, those that nbgrader would."""
    source = Path(step.coursedir.format_path(step.coursedir.source_directory, ".", name))
    students = {str(source / file) for file in step.exclude_overwriting.get(name, [])}
    target.mkdir(parents=True)
    for file in find_all_files(str(source), [*step.coursedir.ignore, "*.ipynb"]):
        if file not in students:
            place = target / Path(file).relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
