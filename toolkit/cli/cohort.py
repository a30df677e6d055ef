"""`mentor cohort`."""

from __future__ import annotations

import click

from toolkit.cli.command import json_option, mentor_command
from toolkit.cli.output import (
    busy_indicator,
    current_practice,
    print_next_step,
    print_rows,
    printable_text,
    relative_path,
)
from toolkit.domain.cohort_rows import CohortRow
from toolkit.domain.people import MentorshipState
from toolkit.i18n import _, format_date, format_datetime
from toolkit.services.reports import cohort_report as service

__all__ = ["cohort_command"]

_STATES = [str(state) for state in MentorshipState]


@mentor_command(
    "cohort",
    _("Write the page of all your students, for your desk alone: who meets when, who is stuck where."),
    "mentor cohort",
    "mentor cohort --open",
    "mentor cohort --find zoe",
    "mentor cohort --state paused --json",
)
@click.option(
    "--find",
    default="",
    metavar="NAME",
    help=_("Print those with this in their name; the page stays as it is."),
)
@click.option(
    "--state", "states", multiple=True, type=click.Choice(_STATES), help=_("Only these mentorships.")
)
@click.option("--path", help=_("Only those on this learning path."))
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=500,
    show_default=True,
    help=_("At most so many; those who meet soonest come first."),
)
@click.option("--open", "opened", is_flag=True, help=_("Open it in the browser."))
@json_option
@click.pass_context
def cohort_command(
    ctx: click.Context,
    find: str,
    states: tuple[str, ...],
    path: str | None,
    limit: int,
    *,
    opened: bool,
    as_json: bool,
) -> None:
    """Write the cohort's page, or print its rows.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    find : str
        Part of a name: the rows of these students are printed, and no page is written.
    states : tuple of str
        States of the mentorships to include.
    path : str, optional
        Id of a learning path; only its students are included.
    limit : int
        Maximum number of students.
    opened : bool
        Whether to open the page in the browser.
    as_json : bool
        Whether to print the rows as JSON, and to write no page.
    """
    if find and opened:
        raise click.UsageError(_("The page shows everybody: say --open without --find."))
    practice = current_practice(ctx)
    chosen = [MentorshipState(state) for state in states] or service.PRESENT_STATES
    with busy_indicator(_("The cohort")):
        found = service.load_cohort(practice, states=chosen, path=path, name=find, limit=limit)
        page = None if as_json or find else service.write_cohort_page(practice, found)
    if as_json:
        print_rows([], [_values(row) for row in found.rows], as_json=True)
        return
    if page is None:
        # Print only: readers expect the page to show all students.
        columns = (_("Student"), _("Name"), _("Last session"), _("Next session"), _("Skills shown"))
        more = (_("To refresh"), _("Open actions"), _("Stuck where"))
        empty = _("Nobody has '{word}' in their name.").format(word=printable_text(find))
        print_rows([*columns, *more], [_line(row) for row in found.rows], empty=empty)
        return
    click.echo(
        _("{shown} of {total} students: {page}").format(
            shown=len(found.rows), total=found.total, page=relative_path(page)
        )
    )
    if opened:
        click.launch(page.as_uri())
    else:
        print_next_step(_("Next: open it in your browser, or say mentor cohort --open. It is for you alone."))


def _line(row: CohortRow) -> dict[str, object]:
    counts = row.counts
    return {
        "student": row.student.id,
        "name": row.student.name,
        "last_session": counts.last_session and format_date(counts.last_session.astimezone().date()),
        "next_session": counts.next_session and format_datetime(counts.next_session),
        "shown": _("{n} of {total}").format(n=row.shown, total=row.skills),
        "reviews": row.reviews,
        "open_actions": counts.open_actions,
        "stuck": [one.title for one in row.stuck] or None,
    }


def _values(row: CohortRow) -> dict[str, object]:
    return {
        "student": row.student.id,
        "name": row.student.name,
        "state": str(row.student.state),
        "last_session": row.counts.last_session,
        "next_session": row.counts.next_session,
        "skills": row.skills,
        "shown": row.shown,
        "shown_recently": row.recent,
        "shown_before": row.before,
        "reviews": row.reviews,
        "due_since": row.due_since,
        "open_actions": row.counts.open_actions,
        "late_actions": row.counts.late_actions,
        "waiting": row.waiting,
        "stuck": [vars(one) for one in row.stuck],
    }
