"""Writes the regrade of one question: its points and its cell; everything else stays unchanged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit.errors import StateError
from toolkit.exercises.course.notebook import dump_notebook, grade_id, upgrade_notebook
from toolkit.exercises.grading.gradebook_scores import RecordStatus
from toolkit.exercises.grading.grading_types import GradedNotebook, GradingResult
from toolkit.exercises.nbgrader_worker.course_config import course_config, course_directory
from toolkit.exercises.nbgrader_worker.gradebook_writer import open_gradebook
from toolkit.i18n import _

__all__ = ["record_question_result"]


def record_question_result(
    root: Path, student_id: str, exercise: str, graded: GradingResult, received_at: datetime, question: str
) -> RecordStatus:
    """Write one question of a submission; see `exercises.grading.gradebook_client.record_question_result`.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    student_id : str
        Author of the submission.
    exercise : str
        Name of the exercise.
    graded : GradingResult
        New result of the submission.
    received_at : datetime
        Time of receipt, which identifies the submission; aware.
    question : str
        Cell name as in `Outcome.results`.

    Raises
    ------
    StateError
        The exercise's questions or their points have changed.
    """
    directory = course_directory(root, course_config(root))
    folder = Path(directory.format_path(directory.autograded_directory, student_id, exercise))
    notebook, name = _place(graded, question)
    (score,) = [score for score in notebook.scores if score.grade_id == name]
    with open_gradebook(directory) as gradebook:
        try:
            submission = gradebook.find_submission(exercise, student_id)
        except MissingEntry:
            return RecordStatus.SUPERSEDED
        if submission.timestamp != received_at.astimezone(UTC).replace(tzinfo=None):
            return RecordStatus.SUPERSEDED
        _check_same_cells(gradebook, exercise, notebook)
        (theirs,) = [one for one in submission.notebooks if one.name == notebook.name]
        (grade,) = [one for one in theirs.grades if one.name == name]
        grade.auto_score = score.points
        # As in a full regrade of the same bytes: manual points need no new review.
        if grade.manual_score is None:
            grade.needs_manual_grade = score.points is None
        for comment in theirs.comments:
            if comment.name == name:
                comment.auto_comment = score.comment
        gradebook.db.commit()
    _replace_cell(folder / f"{notebook.name}.ipynb", notebook, name)
    return RecordStatus.WRITTEN


def _place(graded: GradingResult, question: str) -> tuple[GradedNotebook, str]:
    for notebook in graded.notebooks:
        for score in notebook.scores:
            if question in {score.grade_id, f"{notebook.name}/{score.grade_id}"}:
                return notebook, score.grade_id
    raise StateError(
        _("The exercise has no question '{name}' any more.").format(name=question),
        _("Grade all of it anew: mentor grade --again"),
    )


def _check_same_cells(gradebook: Gradebook, exercise: str, notebook: GradedNotebook) -> None:
    known = gradebook.find_notebook(notebook.name, exercise)
    cells = {cell.name: float(cell.max_score) for cell in [*known.grade_cells, *known.task_cells]}
    if cells != {score.grade_id: score.max_points for score in notebook.scores}:
        raise StateError(
            _("'{exercise}' has other questions, or other points for them, than when it was graded.").format(
                exercise=exercise
            ),
            _("Grade all of it anew: mentor grade --again --exercise {exercise}").format(exercise=exercise),
        )


def _replace_cell(path: Path, notebook: GradedNotebook, name: str) -> None:
    """Replace the question's cell in the recorded notebook with the newly executed one."""
    with disk_errors(path):
        kept = upgrade_notebook(json.loads(path.read_text(encoding="utf-8")))
        regraded = {
            grade_id(cell): cell for cell in upgrade_notebook(json.loads(notebook.autograded))["cells"]
        }
        kept["cells"] = [
            {**regraded[name], "id": cell["id"]} if grade_id(cell) == name and name in regraded else cell
            for cell in kept["cells"]
        ]
        atomic_write(path, dump_notebook(kept))
