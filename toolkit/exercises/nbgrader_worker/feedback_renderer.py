"""Renders the feedback on one submission: nbgrader's own page, and the page for the student."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Grade, Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.converters import GenerateFeedback

from toolkit.domain.attempt import Outcome, Verdict
from toolkit.errors import MentoringError, StateError
from toolkit.exercises.course.course import Course
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
from toolkit.exercises.grading.hidden_test_redaction import HiddenTestRedactor, build_redactor
from toolkit.exercises.grading.results import failure_message
from toolkit.exercises.nbgrader_worker import safe_html
from toolkit.exercises.nbgrader_worker.course_config import (
    course_config,
    course_directory,
    make_converter,
    run_converter,
)
from toolkit.exercises.nbgrader_worker.feedback_exporter import safe_exporter_class
from toolkit.exercises.nbgrader_worker.gradebook_writer import open_gradebook
from toolkit.exercises.nbgrader_worker.private_course import private_course
from toolkit.i18n import _, current_language, format_datetime, format_number

__all__ = ["render_feedback"]

_FOLDER = Path(__file__).parent
_UNGRADED = {Verdict.UNREADABLE, Verdict.TAMPERED}


@dataclass(frozen=True)
class _SummaryLine:
    """One line of the summary."""

    grade_id: str
    state: str  # "passed", "not-yet", "partly", "stopped" or "waiting"
    points: float
    max_points: float
    message: str
    is_test: bool

    @property
    def word(self) -> str:
        """The state as a word in the current language."""
        return {
            "passed": _("passed"),
            "partly": _("partly"),
            "stopped": _("stopped"),
            "waiting": _("to be looked at"),
        }.get(self.state, _("not yet"))

    @property
    def said(self) -> Markup:
        """The message as HTML, with text in backticks as code."""
        pieces = self.message.split("`")
        if len(pieces) % 2 == 0:
            return escape(self.message)
        marked = [Markup("<code>{}</code>").format(p) if n % 2 else escape(p) for n, p in enumerate(pieces)]
        return Markup("").join(marked)

    @property
    def score(self) -> str:
        """The points as text in the current language."""
        if self.state == "waiting":
            return _("{most} points").format(most=format_number(self.max_points))
        return _("{points} of {most}").format(
            points=format_number(self.points), most=format_number(self.max_points)
        )


def render_feedback(
    root: Path, student_id: str, student_name: str, exercise: str, outcome: Outcome | None
) -> str:
    """Return the student's page; see `toolkit.exercises.grading.feedback_page.render_feedback`.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    student_id, student_name : str
        Author of the submission; the id is shown if the name is empty.
    exercise : str
        Name of the exercise.
    outcome : Outcome or None
        Outcome of the attempt, if known.

    Raises
    ------
    StateError
        Nothing is graded yet.
    """
    head = {"title": _title(root, exercise), "student": student_name or student_id, "outcome": outcome}
    if outcome is not None and outcome.verdict in _UNGRADED:
        return _render(head, reason=outcome.reason, lines=[], cells=[])
    directory = course_directory(root, course_config(root), assignment_id=exercise, student_id=student_id)
    folder = Path(directory.format_path(directory.autograded_directory, student_id, exercise))
    shown = private_course(root, exercise).released
    lines: list[_SummaryLine] = []
    cells: list[dict[str, object]] = []
    with open_gradebook(directory) as gradebook:
        submission = _submission(gradebook, exercise, student_id)
        step = make_converter(GenerateFeedback, directory)
        if issubclass(step.exporter_class, HTMLExporter):
            step.exporter_class = safe_exporter_class(step.exporter_class)
        run_converter(step, _("the feedback"))
        for notebook in submission.notebooks:
            path = folder / f"{notebook.name}.ipynb"
            if not path.exists():
                continue
            nb = upgrade_notebook(json.loads(path.read_text(encoding="utf-8")))
            grades = {grade.name: grade for grade in notebook.grades}
            # Manual comments only: nbgrader's automatic comment ("No response.") repeats the test's message.
            comments = {
                comment.name: comment.manual_comment or ""
                for comment in notebook.comments
                if not _is_of_earlier_answer(grades.get(comment.name))
            }
            found = [
                _summary_line(cell, grades[grade_id(cell)])
                for cell in nb["cells"]
                if grade_id(cell) in grades
            ]
            lines += found
            cells += _cells(nb, shown.get(notebook.name), found, comments)
        penalty = sum(notebook.late_submission_penalty or 0.0 for notebook in submission.notebooks)
        # Points that wait to be looked at again were given to an earlier answer.
        waiting = sum(
            grade.score
            for notebook in submission.notebooks
            for grade in notebook.grades
            if grade.needs_manual_grade
        )
        points, max_points = submission.score - waiting - penalty, submission.max_score
        moment = submission.timestamp.replace(tzinfo=UTC) if submission.timestamp else None
    return _render(
        head,
        reason=outcome.reason if outcome else "",
        lines=lines,
        cells=cells,
        points=escape(_("{points} of {most} points")).format(
            points=Markup("<strong>{}</strong>").format(format_number(points)),
            most=format_number(max_points),
        ),
        penalty=format_number(penalty) if penalty else "",
        received=moment,
    )


def _title(root: Path, exercise: str) -> str:
    try:
        return str(Course(root).card(exercise).title)
    except MentoringError:
        return exercise  # an invalid card must not prevent the feedback


def _submission(gradebook: Gradebook, exercise: str, student_id: str) -> SubmittedAssignment:
    try:
        return gradebook.find_submission(exercise, student_id)
    except MissingEntry as error:
        raise StateError(
            _("There is nothing graded of '{exercise}' by {student}.").format(
                exercise=exercise, student=student_id
            ),
            _("`mentor grade` comes first."),
        ) from error


def _is_of_earlier_answer(grade: Grade | None) -> bool:
    """Return whether a person judged an earlier answer, and has not looked at the new one."""
    return grade is not None and grade.needs_manual_grade and grade.manual_score is not None


def _summary_line(cell: Cell, grade: Grade) -> _SummaryLine:
    points = 0.0 if grade.needs_manual_grade else float(grade.score)
    lost = points < grade.max_score
    if grade.needs_manual_grade:
        state = "waiting"
    elif not lost:
        state = "passed"
    elif _was_stopped(cell):
        state = "stopped"
    else:
        state = "partly" if points > 0 else "not-yet"
    return _SummaryLine(
        grade_id=grade.name,
        state=state,
        points=points,
        max_points=float(grade.max_score),
        # Points given by a person are not explained by a test's message.
        message=failure_message(cell) if lost and state != "waiting" and grade.manual_score is None else "",
        is_test=is_test(cell),
    )


def _was_stopped(cell: Cell) -> bool:
    return any(output.get("ename") == "CellTimeoutError" for output in cell.get("outputs", []))


def _cells(
    nb: Notebook, shown: Notebook | None, lines: list[_SummaryLine], comments: dict[str, str]
) -> list[dict[str, object]]:
    """Return the template's data of each cell, without hidden tests and outputs that reveal them."""
    public = {grade_id(cell): cell["source"] for cell in shown["cells"]} if shown else {}
    by_name = {line.grade_id: line for line in lines}
    result: list[dict[str, object]] = []
    secret = build_redactor(nb["cells"])
    tested = False
    for cell in nb["cells"]:
        tested = tested or bool(build_redactor([cell]).lines)
        if cell_language(cell) not in {None, current_language()} or not cell["source"].strip():
            continue
        name = grade_id(cell)
        source = public.get(name, "") if is_test(cell) else cell["source"]
        hidden = is_test(cell) and source.strip() != cell["source"].strip()
        result.append(
            {
                "kind": _kind(cell),
                "line": by_name.get(name),
                "body": safe_html.render_source({**cell, "source": source}),
                # Hidden tests: a traceback quotes their source, and prints may show their input.
                "outputs": ""
                if hidden or _has_assertion_message(cell)
                else _outputs(cell, secret, tested=tested),
                "hidden": hidden,
                "comment": safe_html.render_comment(comments.get(name, "")),
            }
        )
    return result


def _outputs(cell: Cell, secret: HiddenTestRedactor, *, tested: bool) -> Markup:
    """Return a cell's outputs as HTML, or a notice if they reveal hidden tests."""
    for output in cell.get("outputs", []):
        text = json.dumps(output, ensure_ascii=False)
        # Outputs before the first test cannot contain test values, except displays, which can be updated.
        shows = (
            secret.shows_hidden_values
            if tested or output.get("output_type") == "display_data"
            else secret.quotes_hidden_lines
        )
        if shows(text):
            return Markup('<p class="soft">{}</p>').format(
                _("What this cell put out is not shown: there is a hidden test in it.")
            )
    return safe_html.render_outputs(cell)


def _has_assertion_message(cell: Cell) -> bool:
    return is_test(cell) and any(
        output.get("ename") == "AssertionError" for output in cell.get("outputs", [])
    )


def _kind(cell: Cell) -> str:
    if is_test(cell):
        return "test"
    if is_solution(cell) or is_grade(cell):
        return "answer"
    if is_task(cell):
        return "task"
    return "text" if cell["cell_type"] == "markdown" else "code"


def _render(
    head: Mapping[str, object], *, reason: str, lines: list[_SummaryLine], cells: object, **facts: object
) -> str:
    outcome = head["outcome"]
    received = facts.pop("received", None)
    return _template().render(
        language=current_language(),
        css=Markup((_FOLDER / "feedback.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        **head,
        verdict=_(outcome.verdict.value) if isinstance(outcome, Outcome) else "",
        environment=outcome.environment if isinstance(outcome, Outcome) else "",
        reason=reason,
        lines=lines,
        cells=cells,
        received=format_datetime(received) if isinstance(received, datetime) else "",
        advice=_advice(lines),
        words=_words(),
        **facts,
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("feedback.html.j2")


def _advice(lines: list[_SummaryLine]) -> str:
    states = {line.state for line in lines}
    if states <= {"passed"}:
        return _("Every test passes.")
    if states <= {"passed", "waiting"}:
        return _("Every test passes. The rest is read by a person.")
    return _("What a test says is a place to look first; nothing is lost by handing in again.")


def _words() -> dict[str, str]:
    return {
        "feedback": _("Feedback"),
        "handed_in": _("Handed in"),
        "tests": _("Tests"),
        "notebook": _("The notebook"),
        "answer": _("Answer"),
        "comment": _("From the mentor"),
        "hidden": _("More of this test is not shown."),
        "hidden_all": _("This test is not shown."),
        "late": _("Taken off for lateness:"),
        "kept": _("The file is kept as it was received. Correct what is said above and hand it in again."),
        "not_graded": _("This could not be graded."),
    }
