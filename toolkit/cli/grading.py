"""`mentor collect`, `mentor grade` and `mentor feedback`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from toolkit.cli.command import json_option, mentor_command
from toolkit.cli.completion import complete_exercises, complete_students
from toolkit.cli.hint_line import hint_request_line
from toolkit.cli.output import (
    current_practice,
    print_next_step,
    print_problems,
    print_rows,
    progress_bar,
    relative_path,
)
from toolkit.domain.attempt import Outcome, Verdict
from toolkit.errors import ExecutionError
from toolkit.i18n import _, format_number, format_time, ngettext
from toolkit.kernels.containment import containment, missing_layer_hint
from toolkit.services.exercises.solution_check import SolutionProblem
from toolkit.services.grading import feedback_writer as feedback_service
from toolkit.services.grading import grading_batch as grade_service
from toolkit.services.grading.collect_submissions import collect
from toolkit.services.grading.receipts import ReceiptStatus

__all__ = ["collect_command", "feedback_command", "grade_command"]


@mentor_command(
    "collect",
    _("Take in files, folders and archives; whose, and of which exercise, is recognised or asked for."),
    "mentor collect ~/Downloads/bakery-till.ipynb",
    "mentor collect inbox/ --student zoe-lefevre",
    "mentor collect box.zip --exercise bakery-till",
)
@click.argument("source", nargs=-1, required=True, metavar="FILE_OR_DIR...", type=click.Path(path_type=Path))
@click.option("--student", shell_complete=complete_students, help=_("Whose they are."))
@click.option("--exercise", shell_complete=complete_exercises, help=_("Which exercise's they are."))
@json_option
@click.pass_context
def collect_command(
    ctx: click.Context, source: tuple[Path, ...], student: str | None, exercise: str | None, *, as_json: bool
) -> None:
    """Collect submissions; exit with 1 if a file was not collected.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    source : tuple of Path
        Files, folders and archives.
    student : str, optional
        Id or name of the student; recognised from each file if left out.
    exercise : str, optional
        Name of the exercise; recognised from each file if left out.
    as_json : bool
        Whether to print JSON instead of a table.
    """
    asks = sys.stdin.isatty() and not as_json
    receipts = collect(
        current_practice(ctx), source, student=student, exercise=exercise, ask=_ask if asks else None
    )
    print_rows(
        [_("File"), _("Student"), _("Exercise"), _("State"), _("Note")],
        [
            {
                "file": receipt.source if as_json else relative_path(Path(receipt.source)),
                "student": receipt.student_id,
                "exercise": receipt.exercise_id,
                "state": receipt.received.name.lower() if as_json else _(str(receipt.received)),
                "message": receipt.message,
                **({"sha256": receipt.sha256, "at": receipt.at} if as_json else {}),
            }
            for receipt in receipts
        ],
        as_json=as_json,
        empty=_("There are no notebooks in it."),
    )
    new = sum(receipt.received is ReceiptStatus.NEW for receipt in receipts)
    if new and not as_json:
        now = next(one.at for one in receipts if one.received is ReceiptStatus.NEW)
        text = ngettext("Received {n} submission, {time}.", "Received {n} submissions, {time}.", new)
        click.echo(text.format(n=new, time=format_time(now) if now else ""))
        print_next_step(_("Next: mentor grade"))
    fine = {ReceiptStatus.NEW, ReceiptStatus.AGAIN, ReceiptStatus.LEFT}
    if any(receipt.received not in fine for receipt in receipts):
        ctx.exit(1)


def _ask(name: str, what: str, candidates: Sequence[str], problem: str) -> str | None:
    question = _("{file}: whose is it?") if what == "student" else _("{file}: which exercise?")
    click.echo(problem or ", ".join(candidates), err=True)
    answer: str = click.prompt(
        question.format(file=relative_path(Path(name))) + " " + _("(Enter: leave it)"),
        default="",
        show_default=False,
        err=True,
    )
    return answer.strip() or None


@mentor_command(
    "grade",
    _("Grade what was taken in; a submission that fails stops no other."),
    "mentor grade",
    "mentor grade --student zoe-lefevre",
    "mentor grade --changed",
    "mentor grade --exercise bakery-till --again",
    "mentor grade --exercise bakery-till --again --question test-total",
)
@click.option("--student", shell_complete=complete_students, help=_("Only this student's."))
@click.option("--exercise", shell_complete=complete_exercises, help=_("Only this exercise's."))
@click.option(
    "--changed", is_flag=True, help=_("What was graded before the exercise or the environment changed, too.")
)
@click.option("--again", is_flag=True, help=_("What was graded before, too: each student's last attempt."))
@click.option(
    "--question",
    metavar="NAME",
    help=_("With --again: only this question's points; NAME is its cell's."),
)
@json_option
@click.pass_context
def grade_command(
    ctx: click.Context,
    student: str | None,
    exercise: str | None,
    *,
    changed: bool,
    again: bool,
    question: str | None,
    as_json: bool,
) -> None:
    """Grade submissions; exit with 1 if grading one failed.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    student : str, optional
        Id or name of a student; only their attempts are graded.
    exercise : str, optional
        Name of an exercise; only attempts at it are graded.
    changed : bool
        Whether to grade attempts that are out of date as well.
    again : bool
        Whether to grade each student's last attempt again.
    question : str, optional
        Name of a test cell: only this question is graded again.
    as_json : bool
        Whether to print JSON instead of a table.

    Raises
    ------
    ExecutionError
        There is no sandbox on this machine.
    """
    if question and not again:
        raise click.UsageError(_("--question goes with --again: it is a regrade."))
    practice = current_practice(ctx)
    now = containment()
    if now.unsafe:
        click.secho(now.summary, bold=True, err=True)
    elif not now.sandboxed:
        # Raise one error here instead of one for each submission.
        raise ExecutionError(
            _("{summary}. Nothing was graded.").format(summary=now.summary),
            _("To fix it: {line}").format(line=missing_layer_hint()),
        )
    problems: list[SolutionProblem] = []
    with progress_bar(_("Grading")) as step:
        graded = grade_service.grade_attempts(
            practice,
            student=student,
            exercise=exercise,
            changed=changed,
            again=again,
            question=question,
            step=step,
            asked=lambda one: click.echo(hint_request_line(one), err=True),
            told=problems.append,
        )
    print_problems(problems)
    for one in graded:
        if one.problem:
            name = f"{one.attempt.student_id} {one.attempt.exercise_id}"
            click.echo(_("{student}: {problem}").format(student=name, problem=one.problem), err=True)
    outcomes = [(one.attempt, one.outcome) for one in graded if one.outcome]
    if graded and not outcomes and not as_json:
        ctx.exit(1)
    print_rows(
        [_("Student"), _("Exercise"), _("Verdict"), _("Points"), _("Of"), _("Note")],
        [
            {
                "student": attempt.student_id,
                "exercise": attempt.exercise_id,
                "verdict": str(outcome.verdict) if as_json else _(str(outcome.verdict)),
                "points": outcome.points if as_json else format_number(outcome.points),
                "max_points": outcome.max_points if as_json else format_number(outcome.max_points),
                "reason": outcome.reason if as_json or not now.unsafe else _unsafe_reason(outcome),
                **({"environment": outcome.environment, "error": None} if as_json else {}),
            }
            for attempt, outcome in outcomes
        ]
        + [
            {
                "student": one.attempt.student_id,
                "exercise": one.attempt.exercise_id,
                "error": str(one.problem),
            }
            for one in graded
            if one.problem and as_json
        ],
        as_json=as_json,
        empty=_("Nothing to grade. Take submissions in first: mentor collect FILE_OR_DIR"),
    )
    if outcomes and not as_json:
        by_hand = sum(outcome.verdict is Verdict.PARTLY_GRADED for _attempt, outcome in outcomes)
        if by_hand:
            text = ngettext(
                "{n} submission has a part for you to grade: mentor review",
                "{n} submissions have a part for you to grade: mentor review",
                by_hand,
            )
            click.echo(text.format(n=by_hand))
        print_next_step(_("Next: mentor feedback"))
    if not as_json:
        _say_out_of_date(len(grade_service.outdated_attempts(practice, student=student, exercise=exercise)))
    if len(outcomes) < len(graded):
        ctx.exit(1)


def _say_out_of_date(count: int) -> None:
    if count:
        text = ngettext(
            "{n} grade is older than its exercise or the packages here: mentor grade --changed",
            "{n} grades are older than their exercise or the packages here: mentor grade --changed",
            count,
        )
        click.echo(text.format(n=count))


def _unsafe_reason(outcome: Outcome) -> str:
    # Translated here: the text stored in the outcome is in the student's language.
    return " – ".join(text for text in (outcome.reason, _("unsafe: not sandboxed")) if text)


@mentor_command(
    "feedback",
    _("Write the feedback on what was graded into each student's workspace."),
    "mentor feedback",
    "mentor feedback --student zoe-lefevre --again",
)
@click.option("--student", shell_complete=complete_students, help=_("Only this student's."))
@click.option("--exercise", shell_complete=complete_exercises, help=_("Only this exercise's."))
@click.option("--again", is_flag=True, help=_("Rewrite feedback that was written before."))
@json_option
@click.pass_context
def feedback_command(
    ctx: click.Context, student: str | None, exercise: str | None, *, again: bool, as_json: bool
) -> None:
    """Write feedback; exit with 1 if a page could not be written.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    student : str, optional
        Id or name of a student; only their feedback is written.
    exercise : str, optional
        Name of an exercise; only feedback on it is written.
    again : bool
        Whether to rewrite every page.
    as_json : bool
        Whether to print JSON instead of a table.
    """
    practice = current_practice(ctx)
    with progress_bar(_("Feedback")) as step:
        written = feedback_service.write_feedback(
            practice, student=student, exercise=exercise, again=again, step=step
        )
    for one in written:
        if one.problem:
            name = f"{one.student_id} {one.exercise_id}"
            click.echo(_("{student}: {problem}").format(student=name, problem=one.problem), err=True)
    good = [one for one in written if not one.problem]
    if written and not good and not as_json:
        ctx.exit(1)
    print_rows(
        [_("Student"), _("Exercise"), _("Page")],
        [
            {
                "student": one.student_id,
                "exercise": one.exercise_id,
                "page": relative_path(one.page),
                **({"error": str(one.problem) if one.problem else None} if as_json else {}),
            }
            for one in (written if as_json else good)
        ],
        as_json=as_json,
        empty=_("No feedback to write. Grade first: mentor grade"),
    )
    if len(good) < len(written):
        ctx.exit(1)
    if written and not as_json:
        print_next_step(_("Next: mentor report --all"))
