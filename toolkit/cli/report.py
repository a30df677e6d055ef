"""`mentor report`."""

from __future__ import annotations

import json
import os

import click

from toolkit.cli.command import json_option, mentor_command
from toolkit.cli.completion import complete_students
from toolkit.cli.output import current_practice, print_next_step, print_rows, progress_bar, relative_path
from toolkit.i18n import _, ngettext
from toolkit.reports.render.template_contract import describe_contract
from toolkit.services.reports import frozen_reports, progress_notebooks

__all__ = ["report_command"]


@mentor_command(
    "report",
    _("Write progress notebooks, and the HTML beside each, where something has changed."),
    "mentor report zoe-lefevre",
    "mentor report --all --jobs 2",
    "mentor report zoe-lefevre --pdf",
    "mentor report zoe-lefevre --share",
)
@click.argument("student", nargs=-1, metavar="[STUDENT]...", shell_complete=complete_students)
@click.option("--all", "everybody", is_flag=True, help=_("Everybody's."))
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=lambda: min(2, os.cpu_count() or 1),
    show_default=_("2, or as many as there are processors"),
    help=_("How many to write at a time."),
)
@click.option("--pdf", is_flag=True, help=_("Print each as PDF, too, by the system's Chromium."))
@click.option("--share", is_flag=True, help=_("Freeze what there is as a version that stays as it is."))
@click.option("--template", is_flag=True, help=_("List what a template of your own gets, and write nothing."))
@click.option(
    "--parameters", is_flag=True, help=_("Print what the template gets for a student, for papermill -f.")
)
@json_option
@click.pass_context
def report_command(
    ctx: click.Context,
    student: tuple[str, ...],
    *,
    everybody: bool,
    jobs: int,
    pdf: bool,
    share: bool,
    template: bool,
    parameters: bool,
    as_json: bool,
) -> None:
    """Write reports; exit with 1 if a report could not be written.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    student : tuple of str
        Ids or names of the students.
    everybody : bool
        Whether to write the reports of all students.
    jobs : int
        Number of reports to write at a time.
    pdf : bool
        Whether to print each report as PDF.
    share : bool
        Whether to freeze each report as a shared version.
    template : bool
        Whether to list a template's parameters instead.
    parameters : bool
        Whether to print the template's parameters for one student instead.
    as_json : bool
        Whether to print JSON instead of a table.
    """
    if template:
        _template(ctx, as_json=as_json)
        return
    if bool(student) == everybody:
        raise click.UsageError(_("Name students, or say --all."))
    practice = current_practice(ctx)
    if parameters:
        if len(student) != 1:
            raise click.UsageError(_("Name one student."))
        click.echo(
            json.dumps(
                progress_notebooks.template_parameters(practice, student[0]), ensure_ascii=False, indent=1
            )
        )
        return
    with progress_bar(_("Progress notebooks")) as step:
        written = progress_notebooks.write_progress_notebooks(
            practice, None if everybody else student, step, jobs=jobs, pdf=pdf
        )
    for one in written:
        if one.problem:
            click.echo(
                _("{student}: {problem}").format(student=one.student_id, problem=one.problem), err=True
            )
    good = [one for one in written if not one.problem]
    if written and not good and not as_json:
        ctx.exit(1)
    shared = {one.student_id: frozen_reports.share_report(practice, one.student_id) for one in good if share}
    print_rows(
        [
            _("Student"),
            _("Notebook"),
            _("Page"),
            *([_("PDF")] if pdf else []),
            *([_("Shared")] if share else []),
        ],
        [
            {
                "student": one.student_id,
                "notebook": relative_path(one.notebook),
                "page": relative_path(one.page),
                **({"pdf": relative_path(one.pdf)} if one.pdf else {}),
                **({"shared": _page_path(shared.get(one.student_id))} if share else {}),
                **(
                    {"new": one.is_new, "error": str(one.problem) if one.problem else None} if as_json else {}
                ),
            }
            for one in (written if as_json else good)
        ],
        as_json=as_json,
        empty=_("No students yet. Take the first one on: mentor student add NAME"),
    )
    if len(good) < len(written):
        ctx.exit(1)
    if good and not as_json:
        _show_counts(good)


def _show_counts(good: list[progress_notebooks.WrittenReport]) -> None:
    new = sum(one.is_new for one in good)
    same = len(good) - new
    if same:
        unchanged = ngettext("{n} unchanged", "{n} unchanged", same).format(n=same)
        click.echo(_("{n} written, {unchanged}.").format(n=new, unchanged=unchanged))
    print_next_step(_("Next: mentor open {path}").format(path=relative_path(good[0].notebook)))


def _page_path(version: frozen_reports.ReportVersion | None) -> str | None:
    return relative_path(version.page) if version else None


def _template(ctx: click.Context, *, as_json: bool) -> None:
    print_rows(
        [_("Parameter"), _("Type")],
        [{"parameter": name, "type": kind} for name, kind in describe_contract()],
        as_json=as_json,
    )
    if not as_json:
        place = current_practice(ctx).root / "templates" / "reports" / "progress.ipynb"
        print_next_step(_("A template of your own shadows ours: {path}").format(path=relative_path(place)))
