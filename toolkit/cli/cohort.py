"""`mentor cohort`."""

from __future__ import annotations

import click

from toolkit.cli.command import command, json_option
from toolkit.cli.show import busy, here, next_step, relative, rows
from toolkit.domain.cohort import Row
from toolkit.domain.people import MentorshipState
from toolkit.i18n import _
from toolkit.journeys import cohort as journey

__all__ = ["cohort_command"]

_STATES = [str(state) for state in MentorshipState]


@command(
    "cohort",
    _("Write the page of all your students, for your desk alone: who meets when, who is stuck where."),
    "mentor cohort",
    "mentor cohort --find zoe --open",
    "mentor cohort --state paused --json",
)
@click.option("--find", default="", metavar="NAME", help=_("Only those with this in their name."))
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
    """Write the cohort's page, or print its rows as JSON."""
    practice = here(ctx)
    chosen = [MentorshipState(state) for state in states] or journey.PRESENT
    with busy(_("The cohort")):
        found = journey.look(practice, states=chosen, path=path, name=find, limit=limit)
        page = None if as_json else journey.write(practice, found)
    if page is None:
        rows([], [_values(row) for row in found.rows], as_json=True)
        return
    click.echo(
        _("{shown} of {total} students: {page}").format(
            shown=len(found.rows), total=found.total, page=relative(page)
        )
    )
    if opened:
        click.launch(page.as_uri())
    else:
        next_step(_("Next: open it in your browser, or say mentor cohort --open. It is for you alone."))


def _values(row: Row) -> dict[str, object]:
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
