"""`mentor report`."""

from __future__ import annotations

import click

from toolkit.cli.command import command, json_option
from toolkit.cli.complete import students
from toolkit.cli.show import bar, here, next_step, relative, rows
from toolkit.i18n import _
from toolkit.journeys import report

__all__ = ["report_command"]


@command(
    "report",
    _("Write progress notebooks, and the HTML beside each."),
    "mentor report zoe-lefevre",
    "mentor report --all",
)
@click.argument("student", nargs=-1, metavar="[STUDENT]...", shell_complete=students)
@click.option("--all", "everybody", is_flag=True, help=_("Everybody's."))
@json_option
@click.pass_context
def report_command(ctx: click.Context, student: tuple[str, ...], *, everybody: bool, as_json: bool) -> None:
    """Write reports; exit code 1 where one could not be written."""
    if bool(student) == everybody:
        raise click.UsageError(_("Name students, or say --all."))
    practice = here(ctx)
    with bar(_("Progress notebooks")) as step:
        written = report.write(practice, None if everybody else student, step)
    for one in written:
        if one.problem:
            click.echo(
                _("{student}: {problem}").format(student=one.student_id, problem=one.problem), err=True
            )
    good = [one for one in written if not one.problem]
    if written and not good and not as_json:
        ctx.exit(1)
    rows(
        [_("Student"), _("Notebook"), _("Page")],
        [
            {
                "student": one.student_id,
                "notebook": relative(one.notebook),
                "page": relative(one.page),
                **({"error": str(one.problem) if one.problem else None} if as_json else {}),
            }
            for one in (written if as_json else good)
        ],
        as_json=as_json,
        empty=_("No students yet. Take the first one on: mentor student add NAME"),
    )
    if len(good) < len(written):
        ctx.exit(1)
    if good and not as_json:
        next_step(_("Next: mentor open {path}").format(path=relative(good[0].notebook)))
