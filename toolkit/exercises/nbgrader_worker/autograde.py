"""Autogrades one submission in a private copy of its exercise."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties, Execute

from toolkit import kernels
from toolkit.domain.attempt import Outcome, Verdict
from toolkit.errors import ExecutionError, UnreadableError
from toolkit.exercises.course.notebook import (
    Notebook,
    dump_notebook,
    grade_id,
    nbgrader_metadata,
)
from toolkit.exercises.grading.grading_types import CellScore, GradedNotebook, GradingJob, GradingResult
from toolkit.exercises.grading.notebook_tests import TestRun
from toolkit.exercises.grading.results import (
    cell_results,
    derive_verdict,
    leave_to_person,
    name_unclear_answers,
)
from toolkit.exercises.grading.score_outputs import order_outputs, stderr_as_stdout
from toolkit.exercises.nbgrader_worker.course_config import make_converter, run_converter
from toolkit.exercises.nbgrader_worker.private_course import STUDENT, PrivateCourse, private_course
from toolkit.exercises.submission import submission_parser
from toolkit.exercises.submission.answer_cells import UnclearAnswer, find_unclear_answers
from toolkit.exercises.submission.normalize import normalize_submission, submission_from_session
from toolkit.exercises.submission.restore_metadata import restore_metadata
from toolkit.i18n import _, use_language
from toolkit.kernels import Execution, Limits

__all__ = ["grade_job"]


def grade_job(root: Path, job: GradingJob, limits: Limits | None) -> GradingResult:
    """Grade one submission; a bad submission gets a verdict, only a broken exercise raises.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    job : GradingJob
        The submission.
    limits : Limits or None
        Limits of the run; if None the course's cell timeout and the defaults of `Limits`.

    Raises
    ------
    ExecutionError, InputError
        The exercise, nbgrader's configuration or the kernel is broken.
    """
    with use_language(job.language):
        try:
            submission = submission_parser.parse_submission(job.data, require_marks=False)
        except UnreadableError as error:
            return GradingResult(Outcome(Verdict.UNREADABLE, reason=str(error)))
        course = private_course(root, job.exercise)
        notebook = job.notebook or _best_notebook(course, submission)
        if notebook not in course.released:
            reason = _("The exercise has no notebook called '{name}'.").format(name=notebook)
            return GradingResult(Outcome(Verdict.UNREADABLE, reason=reason))
        known = {grade_id(cell) for cell in course.released[notebook]["cells"]}
        if not submission.grade_ids & known:
            restored = restore_metadata(submission.notebook, course.released[notebook])
            if restored is None:
                return GradingResult(
                    Outcome(Verdict.UNREADABLE, reason=str(submission_parser.no_marks_error()))
                )
            submission = replace(submission, notebook=restored, grade_ids=frozenset(), is_session=False)
        return _Grading(root, course, job, limits).grade(notebook, submission)


def _best_notebook(course: PrivateCourse, submission: submission_parser.Submission) -> str:
    def shared(name: str) -> int:
        return len(submission.grade_ids & set(map(grade_id, course.released[name]["cells"])))

    def restored(name: str) -> int:
        if any(map(shared, course.released)):
            return 0
        nb = restore_metadata(submission.notebook, course.released[name])
        return sum(bool(nbgrader_metadata(cell)) for cell in nb["cells"]) if nb else 0

    return max(course.released, key=lambda name: (shared(name), restored(name), name == course.name))


class _Grading:
    def __init__(self, root: Path, course: PrivateCourse, job: GradingJob, limits: Limits | None) -> None:
        self.root = root
        self.course = course
        self.job = job
        self.limits = limits or Limits(cell_seconds=_configured_seconds(course))
        self.executions: dict[str, Execution] = {}
        self.execution_error: ExecutionError | None = None
        self.guarded: list[str] = []
        self.unclear: dict[str, list[UnclearAnswer]] = {}

    def grade(self, notebook: str, submission: submission_parser.Submission) -> GradingResult:
        received = submission.notebook
        released = self.course.released[notebook]
        if submission.is_session:
            received = submission_from_session(received, released, self.job.exercise)
        settled, notes = normalize_submission(received, released)
        self.unclear[notebook] = find_unclear_answers(settled, received, released)
        # Earlier submitted notebooks of the same assignment are graded again together with the new one.
        notebooks = {**self._earlier_notebooks(), notebook: settled}
        try:
            graded = self._grade_all(notebooks)
        except ExecutionError as error:
            if self.execution_error is not None:
                raise self.execution_error from error
            return GradingResult(Outcome(Verdict.UNREADABLE, reason=str(error)), notes=notes)
        graded = tuple(leave_to_person(one, self.unclear.get(one.name, [])) for one in graded)
        results = cell_results(graded, one=len(self.course.released) == 1)
        outcome = derive_verdict(results, self.executions)
        outcome = name_unclear_answers(outcome, [one for found in self.unclear.values() for one in found])
        # If no correction was needed, `submitted` gets the received bytes, which nbgrader's commands read.
        as_received = submission.grade_ids and not submission.is_session and submission.upgraded_from == 4
        if not notes and as_received:
            graded = tuple(
                g if g.name != notebook else GradedNotebook(g.name, self.job.data, g.autograded, g.scores)
                for g in graded
            )
        return GradingResult(outcome, notebooks=graded, notes=notes, guarded=tuple(self.guarded))

    def _earlier_notebooks(self) -> dict[str, Notebook]:
        others: dict[str, Notebook] = {}
        for name, released in self.course.released.items():
            path = self.root / "submitted" / self.job.student_id / self.course.name / f"{name}.ipynb"
            if len(self.course.released) > 1 and path.is_file():
                try:
                    earlier = submission_parser.parse_submission(path.read_bytes()).notebook
                except UnreadableError:
                    continue  # placed by hand and unreadable for nbgrader too
                others[name], _notes = normalize_submission(earlier, released)
                self.unclear[name] = find_unclear_answers(others[name], earlier, released)
        return others

    def _grade_all(self, notebooks: dict[str, Notebook]) -> tuple[GradedNotebook, ...]:
        pipeline = self.course.pipeline
        if pipeline is not None:
            return tuple(pipeline.grade(name, nb, self._execute) for name, nb in sorted(notebooks.items()))
        # Custom preprocessors may depend on all of nbgrader, so its own converter runs.
        self._submit(notebooks)
        self._autograde()
        return tuple(self._collect(name, nb) for name, nb in notebooks.items())

    def _submit(self, notebooks: dict[str, Notebook]) -> None:
        self.course.fresh()
        folder = self.course.root / "submitted" / STUDENT / self.course.name
        folder.mkdir(parents=True)
        for name, nb in notebooks.items():
            (folder / f"{name}.ipynb").write_bytes(dump_notebook(nb))
        moment = self.job.received_at.astimezone(UTC)
        (folder / "timestamp.txt").write_text(moment.strftime("%Y-%m-%d %H:%M:%S.%f UTC"))

    def _autograde(self) -> None:
        directory = self.course.directory(assignment_id=self.course.name, student_id=STUDENT)
        step = make_converter(Autograde, directory)
        # Late penalties depend on due dates and extensions, which only the real gradebook has.
        step.autograde_preprocessors = [
            self._execute if _is_subclass(Execute, step_class) else step_class
            for step_class in step.autograde_preprocessors
            if not _is_subclass(AssignLatePenalties, step_class)
        ]
        run_converter(step, _("the submission"))

    def _execute(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Run the notebook in the sandbox; replaces nbgrader's Execute preprocessor."""
        name = resources["nbgrader"]["notebook"]
        with self._data_folder(Path(resources["metadata"]["path"])) as cwd:
            try:
                tests, execution = self.course.solved(name).execute(nb, partial(self._run, cwd))
            except ExecutionError as error:
                self.execution_error = error
                raise
        self.executions[name] = execution
        for index, test in tests.items():
            if test.guarded:
                self.guarded.append(grade_id(execution.notebook.cells[index]))
            cell = execution.notebook.cells[index]
            outputs = cell.outputs if self.job.stderr_fails else stderr_as_stdout(cell.outputs)
            shown = order_outputs(outputs, float(nbgrader_metadata(cell).get("points", 0)))
            cell.outputs = from_dict(shown)  # type: ignore[no-untyped-call]
        return execution.notebook, resources

    def _run(self, cwd: Path, nb: NotebookNode, tests: Mapping[int, TestRun]) -> Execution:
        return kernels.execute(
            nb,
            cwd=cwd,
            limits=self.limits,
            kernel_name=nb.metadata.get("kernelspec", {}).get("name") or "python3",
            variables={"NBGRADER_EXECUTION": "autograde"},
            tests=tests,
        )

    @contextmanager
    def _data_folder(self, folder: Path) -> Iterator[Path]:
        """Yield a folder that contains only the exercise's data files."""
        if self.course.pipeline is not None:
            yield folder  # `kernels.execute` works on a copy of it
            return
        with tempfile.TemporaryDirectory(prefix="cwd-") as cwd:
            _copy_data(folder, Path(cwd))
            yield Path(cwd)

    def _collect(self, name: str, settled: Notebook) -> GradedNotebook:
        path = self.course.root / "autograded" / STUDENT / self.course.name / f"{name}.ipynb"
        with Gradebook(self.course.db_url) as gradebook:
            found = gradebook.find_submission_notebook(name, self.course.name, STUDENT)
            comments = {comment.name: comment.auto_comment for comment in found.comments}
            scores = tuple(
                CellScore(
                    grade_id=grade.name,
                    points=grade.auto_score,
                    max_points=float(grade.max_score),
                    comment=comments.get(grade.name),
                )
                for grade in found.grades
            )
            graded = {score.grade_id for score in scores}
            only_comments = tuple((k, v) for k, v in comments.items() if k not in graded)
        return GradedNotebook(name, dump_notebook(settled), path.read_bytes(), scores, only_comments)


def _is_subclass(kind: type, step: object) -> bool:
    if isinstance(step, str):
        return step.rsplit(".", 1)[-1] == kind.__name__
    return isinstance(step, type) and issubclass(step, kind)


def _configured_seconds(course: PrivateCourse) -> float:
    wanted = Execute(config=course.config).timeout
    return float(wanted) if wanted and wanted > 0 else Limits().cell_seconds


def _copy_data(build: Path, cwd: Path) -> None:
    """Copy the exercise's data files, not the notebooks, which contain hidden tests at this point."""
    ignore = shutil.ignore_patterns("*.ipynb", "timestamp.txt", ".*")
    shutil.copytree(build, cwd, ignore=ignore, dirs_exist_ok=True)
