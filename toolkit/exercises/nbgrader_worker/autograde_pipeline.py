"""Runs nbgrader's autograding preprocessors in memory.

`nbgrader autograde` writes the notebook twice, reads it three times, validates it after each of twelve steps
and opens the gradebook nine times. None of that is needed here: the submission is normalized
(`toolkit.exercises.submission.normalize`), so its metadata are those of a validated release; and the steps
query the gradebook only for the exercise's cells, which are the same for every submission. The steps are
nbgrader's own classes, with the course's configuration.
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
from toolkit.exercises.course.notebook import Notebook, dump_notebook
from toolkit.exercises.grading.grading_types import CellScore, GradedNotebook
from toolkit.exercises.nbgrader_worker.course_config import capture_log, make_converter
from toolkit.i18n import _

__all__ = ["AutogradePipeline", "RunNotebook"]

#: Function that runs a notebook, with the signature of an nbgrader preprocessor.
RunNotebook = Callable[[NotebookNode, dict[str, Any]], tuple[NotebookNode, dict[str, Any]]]

# Not needed here: the release is already validated, and late penalties depend on due dates and extensions,
# which only the real gradebook has.
_SKIPPED = (CheckCellMetadata, AssignLatePenalties)
_UNCHANGED = (ClearOutput, DeduplicateIds, IgnorePattern, ClearMetadataPreprocessor, LimitOutput)


class AutogradePipeline:
    """Autogrades the submissions of one exercise.

    Parameters
    ----------
    directory : CourseDirectory
        Private course that contains the released exercise.
    name : str
        Name of the exercise.
    data : Path
        Folder to create for the exercise's data files.
    """

    def __init__(self, directory: CourseDirectory, name: str, data: Path) -> None:
        self.name = name
        self.data = data
        self._db_url = directory.db_url
        step = make_converter(Autograde, directory)
        capture_log(step)
        exporter = step.exporter_class(parent=step, config=step.config)
        gradebook = Gradebook(directory.db_url, directory.course_id)
        # Caching is safe: nothing writes to the private gradebook after the release.
        self._find_notebook = cache(gradebook.find_notebook)
        self._gradebook_cache = SimpleNamespace(
            find_notebook=self._find_notebook,
            find_source_cell=cache(gradebook.find_source_cell),
            find_graded_cell=cache(gradebook.find_graded_cell),
        )
        self._steps = [
            _in_memory_class(kind)(parent=exporter) if kind is not Execute else None
            for kind in [*step.sanitize_preprocessors, *step.autograde_preprocessors]
            if kind not in _SKIPPED
        ]
        _copy_data(step, name, data)

    @staticmethod
    def fits(directory: CourseDirectory) -> bool:
        """Whether the course uses only nbgrader's own preprocessors, hooks and exporter."""
        step = make_converter(Autograde, directory)
        kinds = [*step.sanitize_preprocessors, *step.autograde_preprocessors]
        ours = {*_UNCHANGED, *_SKIPPED, *_IN_MEMORY, Execute}
        return (
            all(kind in ours for kind in kinds if isinstance(kind, type))
            and all(isinstance(kind, type) for kind in kinds)
            and step.pre_convert_hook is None
            and step.post_convert_hook is None
            and step.exporter_class is NotebookExporter
            and not any(name in directory.config for name in ("Exporter", "NotebookExporter", "FilesWriter"))
        )

    def grade(self, notebook: str, settled: Notebook, execute: RunNotebook) -> GradedNotebook:
        """Autograde one notebook.

        Parameters
        ----------
        notebook : str
            Name of the notebook.
        settled : dict
            Normalized notebook; not changed.
        execute : callable
            Runs the notebook; replaces nbgrader's Execute preprocessor.

        Raises
        ------
        ExecutionError
            A preprocessor fails.
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
            "known": self._gradebook_cache,
            "scores": scores,
        }
        try:
            for step in self._steps:
                nb, resources = (step or execute)(nb, resources)
        except ExecutionError:
            raise
        except Exception as error:  # nbgrader's preprocessors raise errors of any type
            raise ExecutionError(
                _("nbgrader could not process {what}: {why}").format(
                    what=_("the submission"), why=f"{type(error).__name__}: {error}"
                )
            ) from error
        # Written without nbformat's validation: outputs are validated when they arrive from the kernel.
        text = JSONWriter().writes(nb)  # type: ignore[no-untyped-call]
        return GradedNotebook(
            notebook, dump_notebook(settled), f"{text}\n".encode(), scores.of_cells(), scores.of_answers()
        )


class _Scores:
    """Replaces the gradebook for SaveAutoGrades, and collects the scores it writes."""

    def __init__(self, notebook: Any) -> None:  # noqa: ANN401 - nbgrader's, untyped
        self.db = SimpleNamespace(commit=lambda: None)
        cells = [*notebook.grade_cells, *notebook.task_cells]
        self._max_scores = {cell.name: float(cell.max_score) for cell in cells}
        self._grades = {
            name: SimpleNamespace(auto_score=None, manual_score=None, needs_manual_grade=False)
            for name in self._max_scores
        }
        answers = [*notebook.solution_cells, *notebook.task_cells]
        self._comments = {cell.name: SimpleNamespace(auto_comment=None) for cell in answers}

    def find_grade(self, name: str, *_where: str) -> SimpleNamespace:
        return _find(self._grades, name)

    def find_comment(self, name: str, *_where: str) -> SimpleNamespace:
        return _find(self._comments, name)

    def of_cells(self) -> tuple[CellScore, ...]:
        return tuple(
            CellScore(
                grade_id=name,
                points=grade.auto_score,
                max_points=self._max_scores[name],
                comment=self._comments[name].auto_comment if name in self._comments else None,
            )
            for name, grade in self._grades.items()
        )

    def of_answers(self) -> tuple[tuple[str, str | None], ...]:
        return tuple((k, v.auto_comment) for k, v in self._comments.items() if k not in self._grades)


def _find(known: dict[str, SimpleNamespace], name: str) -> SimpleNamespace:
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


def _in_memory_class(kind: type) -> type:
    return _IN_MEMORY.get(kind, kind)


def _copy_data(step: Autograde, name: str, target: Path) -> None:
    """Copy the data files that nbgrader would copy."""
    source = Path(step.coursedir.format_path(step.coursedir.source_directory, ".", name))
    student_files = {str(source / file) for file in step.exclude_overwriting.get(name, [])}
    target.mkdir(parents=True)
    for file in find_all_files(str(source), [*step.coursedir.ignore, "*.ipynb"]):
        if file not in student_files:
            place = target / Path(file).relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
