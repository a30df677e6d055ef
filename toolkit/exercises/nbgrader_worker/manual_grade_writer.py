"""Reads a submission for manual grading, and writes manual points and comments to nbgrader's gradebook."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Comment, Grade, Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory

from toolkit.errors import InputError, StateError, UnreadableError
from toolkit.exercises.course.notebook import (
    Cell,
    Notebook,
    cell_language,
    grade_id,
    is_grade,
    is_solution,
    is_task,
    is_test,
    upgrade_notebook,
)
from toolkit.exercises.grading.difference import line_difference
from toolkit.exercises.grading.results import failure_message
from toolkit.exercises.grading.review_types import ManualGrade, ReviewCell, ReviewSheet
from toolkit.exercises.nbgrader_worker import safe_html
from toolkit.exercises.nbgrader_worker.course_config import course_config, course_directory
from toolkit.exercises.nbgrader_worker.gradebook_writer import open_gradebook
from toolkit.exercises.submission import submission_parser
from toolkit.i18n import _, current_language, format_number
from toolkit.kernels.notebook_execution import TIMED_OUT

__all__ = ["pending_manual_grades", "read_review_sheet", "write_manual_grade"]

_MAX_COMMENT_CHARS = 20_000


def pending_manual_grades(root: Path) -> set[tuple[str, str, datetime]]:
    """Return the submissions to grade; see `exercises.grading.manual_grading.pending_manual_grades`."""
    if not (root / "gradebook.db").exists() and not course_config(root).CourseDirectory.get("db_url"):
        return set()
    with open_gradebook(course_directory(root, course_config(root))) as gradebook:
        found = gradebook.db.query(SubmittedAssignment).filter(SubmittedAssignment.needs_manual_grade)
        return {
            (submission.student.id, submission.assignment.name, submission.timestamp.replace(tzinfo=UTC))
            for submission in found
            if submission.timestamp is not None
        }


def read_review_sheet(
    root: Path, student_id: str, exercise: str, received_at: datetime, earlier: bytes | None
) -> ReviewSheet:
    """Return a submission for manual grading; see `exercises.grading.manual_grading.read_review_sheet`.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    student_id : str
        Author of the submission.
    exercise : str
        Name of the exercise.
    received_at : datetime
        Time of receipt, which identifies the submission; aware.
    earlier : bytes or None
        Notebook file of the previous attempt.

    Raises
    ------
    StateError
        The gradebook holds another submission, or none.
    """
    directory = course_directory(root, course_config(root))
    before = _sources(earlier)
    with open_gradebook(directory) as gradebook:
        submission = _submission(gradebook, student_id, exercise, received_at)
        grades, comments = _grades(submission), _comments(submission)
        one = len(submission.notebooks) == 1
        cells: list[ReviewCell] = []
        for notebook in submission.notebooks:
            prefix = "" if one else f"{notebook.name}/"
            for cell in _shown(_autograded(directory, student_id, exercise, notebook.name)):
                name = prefix + grade_id(cell) if grade_id(cell) else ""
                cells.append(_cell(cell, name, grades.get(name), comments.get(name), before))
        penalty = sum(notebook.late_submission_penalty or 0.0 for notebook in submission.notebooks)
        waiting = sum(grade.score for grade in grades.values() if grade.needs_manual_grade)
        return ReviewSheet(
            cells=tuple(cells),
            points=float(submission.score - waiting - penalty),
            max_points=float(submission.max_score),
            waits=any(grade.needs_manual_grade for grade in grades.values()),
        )


def write_manual_grade(
    root: Path, student_id: str, exercise: str, received_at: datetime, given: ManualGrade
) -> None:
    """Write manual points and comments; see `exercises.grading.manual_grading.write_manual_grade`.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    student_id : str
        Author of the submission.
    exercise : str
        Name of the exercise.
    received_at : datetime
        Time of receipt, which identifies the submission; aware.
    given : ManualGrade
        Points and comments.

    Raises
    ------
    InputError
        Points out of range, an unknown cell, or an invalid comment.
    StateError
        The gradebook holds another submission, or a value has changed since it was read.
    """
    with open_gradebook(course_directory(root, course_config(root))) as gradebook:
        submission = _submission(gradebook, student_id, exercise, received_at)
        grades, comments = _grades(submission), _comments(submission)
        for name, (seen, points) in given.points.items():
            grade = grades.get(name)
            if grade is None:
                raise _no_such_cell(name)
            _check_points(name, points, float(grade.max_score))
            _check_unchanged(name, seen, grade.manual_score, points)
            grade.manual_score = points
            # The rule of nbgrader's formgrader.
            grade.needs_manual_grade = points is None and grade.auto_score is None
        for name, (said, text) in given.comments.items():
            comment = comments.get(name)
            if comment is None:
                raise _no_such_cell(name)
            _check_text(name, text)
            _check_unchanged(name, said, comment.manual_comment or "", text)
            comment.manual_comment = text.strip() or None
        gradebook.db.commit()


def _submission(
    gradebook: Gradebook, student_id: str, exercise: str, received_at: datetime
) -> SubmittedAssignment:
    try:
        submission = gradebook.find_submission(exercise, student_id)
    except MissingEntry:
        submission = None
    if submission is None or submission.timestamp != received_at.astimezone(UTC).replace(tzinfo=None):
        raise StateError(
            _("The gradebook has another submission of '{exercise}' by {student} now, or none.").format(
                exercise=exercise, student=student_id
            ),
            _("Open the review again: mentor review {student} {exercise}").format(
                exercise=exercise, student=student_id
            ),
        )
    return submission


def _grades(submission: SubmittedAssignment) -> dict[str, Grade]:
    return {
        grade.name if len(submission.notebooks) == 1 else f"{notebook.name}/{grade.name}": grade
        for notebook in submission.notebooks
        for grade in notebook.grades
    }


def _comments(submission: SubmittedAssignment) -> dict[str, Comment]:
    return {
        comment.name if len(submission.notebooks) == 1 else f"{notebook.name}/{comment.name}": comment
        for notebook in submission.notebooks
        for comment in notebook.comments
    }


def _autograded(directory: CourseDirectory, student_id: str, exercise: str, name: str) -> Notebook:
    folder = Path(directory.format_path(directory.autograded_directory, student_id, exercise))
    path = folder / f"{name}.ipynb"
    if not path.exists():
        return {"cells": []}  # the student did not submit this notebook
    return upgrade_notebook(json.loads(path.read_text(encoding="utf-8")))


def _shown(nb: Notebook) -> Iterator[Cell]:
    for cell in nb["cells"]:
        known = is_solution(cell) or is_grade(cell) or is_task(cell)
        if known or (cell_language(cell) in {None, current_language()} and cell["source"].strip()):
            yield cell


def _sources(earlier: bytes | None) -> dict[str, str]:
    if earlier is None:
        return {}
    try:
        cells = submission_parser.parse_submission(earlier).notebook["cells"]
    except UnreadableError:
        return {}
    return {grade_id(cell): cell["source"] for cell in cells if grade_id(cell)}


def _cell(
    cell: Cell, name: str, grade: Grade | None, comment: Comment | None, before: dict[str, str]
) -> ReviewCell:
    source = cell["source"]
    base = ReviewCell(
        name=name,
        kind=_kind(cell),
        source=source,
        html=str(safe_html.render_source(cell)),
        outputs=str(safe_html.render_outputs(cell)),
        comment=None if comment is None else comment.manual_comment or "",
        remark="" if comment is None else comment.auto_comment or "",
    )
    fields = dict(vars(base))
    if (is_solution(cell) or is_task(cell)) and grade_id(cell) in before:
        fields["difference"] = line_difference(before[grade_id(cell)], source)
    if grade is not None:
        ungraded = grade.needs_manual_grade or (grade.manual_score is None and grade.auto_score is None)
        points = float(grade.score)
        lost = not grade.needs_manual_grade and points < grade.max_score
        fields |= {
            "state": _state(cell, grade),
            "points": None if ungraded else points,
            "max_points": float(grade.max_score),
            # Points given by a person are not explained by a test's message.
            "message": failure_message(cell) if lost and grade.manual_score is None else "",
            "by_hand": not is_test(cell) or grade.needs_manual_grade or grade.manual_score is not None,
            "given": grade.manual_score,
        }
        if grade.needs_manual_grade and grade.manual_score is not None:
            earlier = _("The points and the comment were given to an earlier answer; look at this one.")
            fields["remark"] = " ".join(filter(None, (base.remark, earlier)))
    return ReviewCell(**fields)


def _state(cell: Cell, grade: Grade) -> str:
    if grade.needs_manual_grade:
        return "waiting"
    if grade.score >= grade.max_score:
        return "passed"
    if any(output.get("ename") == TIMED_OUT for output in cell.get("outputs", [])):
        return "stopped"
    return "partly" if grade.score > 0 else "not-yet"


def _kind(cell: Cell) -> str:
    if is_test(cell):
        return "test"
    if is_task(cell):
        return "task"
    if is_solution(cell):
        return "answer"
    return "code" if cell["cell_type"] == "code" else "text"


def _check_points(name: str, points: float | None, most: float) -> None:
    if points is not None and not (math.isfinite(points) and 0 <= points <= most):
        raise InputError(
            _("'{name}' takes points from 0 to {most}.").format(name=name, most=format_number(most)),
            _("Correct them, then save again."),
        )


def _check_text(name: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            _("The comment on '{name}' has characters that no file can hold.").format(name=name),
            _("Type that place anew, then save again."),
        ) from error
    if len(text) > _MAX_COMMENT_CHARS:
        raise InputError(
            _("The comment on '{name}' has more than {n} characters.").format(
                name=name, n=_MAX_COMMENT_CHARS
            ),
            _("Shorten it, then save again."),
        )


def _check_unchanged(name: str, seen: object, current: object, wanted: object) -> None:
    if current not in (seen, wanted):
        raise StateError(
            _("Meanwhile something else was written for '{name}', in the formgrader perhaps: {now}.").format(
                name=name, now=_("nothing") if current in (None, "") else current
            ),
            _("Nothing was saved. To keep yours, save again."),
        )


def _no_such_cell(name: str) -> InputError:
    return InputError(
        _("The submission has no cell '{name}' of that kind.").format(name=name),
        _("Run the cell of the review again."),
    )
