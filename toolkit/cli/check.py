"""`mentor check`."""

from __future__ import annotations

import click

from toolkit.cli.command import json_option, mentor_command
from toolkit.cli.completion import complete_students
from toolkit.cli.output import busy_indicator, current_practice, print_rows, relative_path
from toolkit.i18n import _, ngettext
from toolkit.services.exercises.check_notebook import NotebookCheck, check_notebooks

__all__ = ["check_command"]


@mentor_command(
    "check",
    _("Try the visible tests on a notebook, in the sandbox; nothing is handed in, graded or kept."),
    "mentor check ~/Downloads/bakery-till.ipynb",
    "mentor check bakery-till",
    "mentor check bakery-till --student zoe-lefevre",
)
@click.argument("what", metavar="FILE_OR_EXERCISE")
@click.option(
    "--student", shell_complete=complete_students, help=_("Only this student's copy of the exercise.")
)
@json_option
@click.pass_context
def check_command(ctx: click.Context, what: str, student: str | None, *, as_json: bool) -> None:
    """Run the visible tests; exit with 1 if a test does not pass.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    what : str
        Path of a notebook, or name of an exercise.
    student : str, optional
        Id or name of a student: only their copy of the exercise is tested.
    as_json : bool
        Whether to print JSON instead of a table.
    """
    with busy_indicator(_("Checking")):
        found = check_notebooks(current_practice(ctx), what, student=student)
    for one in found:
        if one.problem and len(found) == 1:
            raise one.problem
        if one.problem:
            text = _("{student}: {problem}").format(student=relative_path(one.path), problem=one.problem)
            click.echo(text, err=True)
    lines = [line for one in found for line in _lines(one, as_json=as_json)]
    columns = [_("Notebook"), _("Test"), _("State"), _("Note")]
    print_rows(columns, lines, as_json=as_json, empty=_("This exercise has no visible tests."))
    if lines and not as_json:
        passed = sum(result.passed for one in found for result in one.results)
        text = ngettext("Passed: {n} of {total} test.", "Passed: {n} of {total} tests.", len(lines))
        click.echo(text.format(n=passed, total=len(lines)))
    if any(one.problem or not all(result.passed for result in one.results) for one in found):
        ctx.exit(1)


def _lines(one: NotebookCheck, *, as_json: bool) -> list[dict[str, object]]:
    return [
        {
            "notebook": relative_path(one.path),
            "exercise": one.exercise_id,
            "test": result.grade_id,
            "passed": result.passed,
            "message": result.message,
        }
        if as_json
        else {
            "notebook": relative_path(one.path),
            "test": result.grade_id,
            "state": _("passed") if result.passed else _("not yet"),
            "message": result.message,
        }
        for result in one.results
    ]
