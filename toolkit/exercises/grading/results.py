"""Extracts the per-test results and the verdict from graded notebooks."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from toolkit.domain.attempt import Outcome, TestResult, Verdict
from toolkit.exercises.course.notebook import (
    Cell,
    Notebook,
    grade_id,
    is_grade,
    is_solution,
    is_task,
    upgrade_notebook,
)
from toolkit.exercises.grading.grading_types import GradedNotebook
from toolkit.exercises.grading.hidden_test_redaction import HiddenTestRedactor, build_redactor
from toolkit.exercises.submission.answer_cells import UnclearAnswer
from toolkit.i18n import _, ngettext
from toolkit.kernels.notebook_execution import NOT_RUN, TAMPERED, TIMED_OUT, Execution

__all__ = ["cell_results", "derive_verdict", "failure_message", "leave_to_person", "name_unclear_answers"]

_OWN_ERRORS = {TIMED_OUT, NOT_RUN, TAMPERED}
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_MAX_MESSAGE_CHARS = 600


def cell_results(notebooks: Iterable[GradedNotebook], *, one: bool = True) -> tuple[TestResult, ...]:
    """Return a result for every cell with points, in the notebook's order.

    Parameters
    ----------
    notebooks : iterable of GradedNotebook
        Graded notebooks of one submission.
    one : bool
        True if the exercise has one notebook; otherwise cell names are prefixed with the notebook's name.
    """
    results: list[TestResult] = []
    for graded in notebooks:
        scores = {score.grade_id: score for score in graded.scores}
        nb: Notebook = upgrade_notebook(json.loads(graded.autograded))
        for cell in nb["cells"]:
            score = scores.get(grade_id(cell))
            if score is None or not (is_grade(cell) or is_task(cell)):
                continue
            lost = score.points is not None and score.points < score.max_points
            results.append(
                TestResult(
                    grade_id=score.grade_id if one else f"{graded.name}/{score.grade_id}",
                    points=score.points,
                    max_points=score.max_points,
                    message=failure_message(cell) if lost else "",
                )
            )
    return tuple(results)


def derive_verdict(results: tuple[TestResult, ...], executions: Mapping[str, Execution]) -> Outcome:
    """Return the outcome of a submission.

    Parameters
    ----------
    results : tuple of TestResult
        Results of its cells.
    executions : mapping of str to Execution
        Run of each notebook, by notebook name.
    """
    runs = list(executions.values())
    environment = runs[0].environment if runs else ""
    verdict, reason = Verdict.GRADED, ""
    if any(result.points is None for result in results):
        verdict = Verdict.PARTLY_GRADED
    if any(run.tampered for run in runs):
        reason = _("The code changed how Python itself works, so that tests could not be believed.")
        return Outcome(Verdict.TAMPERED, results, reason, environment)
    if any(run.unanswered for run in runs):
        reason = _("The code asks with `input()`, and nobody answers while it is graded.")
    automatic = [result for result in results if result.points is not None]
    # A timeout in a cell that no test depends on loses no points, so it does not change the verdict.
    if not all(result.passed for result in automatic):
        stopped = " ".join(run.stopped for run in runs if run.stopped) or reason
        loops = sum(len(run.timed_out) for run in runs)
        if any(run.out_of_memory for run in runs):
            verdict = Verdict.OUT_OF_MEMORY
            reason = stopped or _("The code asked for more memory than there is.")
        elif loops:
            verdict = Verdict.TIMED_OUT
            reason = ngettext(
                "{n} cell did not come to an end and was stopped.",
                "{n} cells did not come to an end and were stopped.",
                loops,
            ).format(n=loops)
            reason = f"{reason} {stopped}".strip()
        else:
            reason = stopped
    return Outcome(verdict=verdict, results=results, reason=reason, environment=environment)


def leave_to_person(graded: GradedNotebook, unclear: Sequence[UnclearAnswer]) -> GradedNotebook:
    """Return a graded notebook in which unclear answers wait for a person, where nbgrader gives 0 points.

    Parameters
    ----------
    graded : GradedNotebook
        Notebook with the scores of the tests.
    unclear : sequence of UnclearAnswer
        Its unclear answers.
    """
    messages = {one.grade_id: one.message for one in unclear if one.by_hand}
    scores = tuple(
        replace(score, points=None, comment=messages[score.grade_id])
        if score.grade_id in messages and not score.points
        else score
        for score in graded.scores
    )
    return replace(graded, scores=scores)


def name_unclear_answers(outcome: Outcome, unclear: Sequence[UnclearAnswer]) -> Outcome:
    """Return an outcome whose reason names the unclear answers: those that wait, or all if a test failed.

    Parameters
    ----------
    outcome : Outcome
        Outcome of grading.
    unclear : sequence of UnclearAnswer
        The unclear answers of its notebooks.
    """
    failed = any(result.points is not None and not result.passed for result in outcome.results)
    reasons = [outcome.reason, *(one.message for one in unclear if one.by_hand or failed)]
    return replace(outcome, reason=" ".join(filter(None, reasons)))


def failure_message(cell: Cell) -> str:
    """Return the reason why a test cell lost points: the author's message if available."""
    if is_solution(cell):
        return _("Nothing was written here.")
    hidden = build_redactor([cell])
    for output in cell.get("outputs", []):
        if output.get("output_type") == "error":
            return _error_message(str(output.get("ename", "")), str(output.get("evalue", "")), hidden)
        if output.get("output_type") == "stream" and output.get("name") == "stderr":
            # nbgrader treats any output on stderr as a failure.
            first = next(iter(_text(output.get("text", "")).splitlines()), "")
            if hidden.shows_hidden_values(first):
                return _("It wrote a message on stderr, for which there are no points.")
            text = _("It wrote a message on stderr, for which there are no points: {text}").format(text=first)
            return _cut(text)
        if output.get("output_type") == "execute_result":
            return _("Part of the points.")
    return ""


def _error_message(name: str, value: str, hidden: HiddenTestRedactor) -> str:
    value = _ANSI.sub("", value).strip()
    if name in _OWN_ERRORS:
        return value
    if name == "AssertionError":
        # The author's message may contain values; dropped only if the student's code raised it with the
        # test's source.
        message = "" if hidden.quotes_hidden_lines(value) else _cut(value)
        return message or _("A check did not hold.")
    if name == "NotImplementedError" and not value:
        return _("Not written yet.")
    if hidden.shows_hidden_values(f"{name}: {value}"):
        return name if hasattr(builtins, name) else _("An error in the code.")
    return _cut(f"{name}: {value}".rstrip(": "))


def _text(value: object) -> str:
    return _ANSI.sub("", "".join(value) if isinstance(value, list) else str(value)).strip()


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_MESSAGE_CHARS else text[: _MAX_MESSAGE_CHARS - 1] + "…"
