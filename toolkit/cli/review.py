"""`mentor review`."""

from __future__ import annotations

import click

from toolkit.cli.command import json_option, mentor_command
from toolkit.cli.completion import complete_exercises, complete_students
from toolkit.cli.output import busy_indicator, current_practice, print_next_step, print_rows, relative_path
from toolkit.i18n import _, format_datetime, ngettext
from toolkit.services.grading import manual_review

__all__ = ["review_command"]


@mentor_command(
    "review",
    _("List what waits for you, and write the notebook in which you grade it by hand."),
    "mentor review",
    "mentor review ben-okafor",
    "mentor review ben-okafor name-badges",
)
@click.argument("student", required=False, shell_complete=complete_students)
@click.argument("exercise", required=False, shell_complete=complete_exercises)
@json_option
@click.pass_context
def review_command(ctx: click.Context, student: str | None, exercise: str | None, *, as_json: bool) -> None:
    """List the attempts that wait for manual grading, and write the review notebook.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    student : str, optional
        Id or name of a student; only their attempts are listed.
    exercise : str, optional
        Name of an exercise; only attempts at it are listed.
    as_json : bool
        Whether to print JSON instead of a table.
    """
    practice = current_practice(ctx)
    with busy_indicator(_("Looking into the gradebook")):
        found = manual_review.pending_reviews(practice, student, exercise)
    waiting = sum(one.waits for one in found)
    print_rows(
        [_("Student"), _("Exercise"), _("Handed in"), _("State")],
        [
            {
                "student": one.attempt.student_id,
                "exercise": one.attempt.exercise_id,
                "received": one.attempt.received_at if as_json else format_datetime(one.attempt.received_at),
                "state": ("waiting" if one.waits else "graded")
                if as_json
                else (_("To be looked at") if one.waits else _("graded")),
            }
            for one in found
        ],
        as_json=as_json,
        empty=_("Nothing waits for you."),
    )
    if found and not as_json:
        only = found[0].attempt
        written = manual_review.write_review_notebook(
            practice,
            only.student_id if student else None,
            only.exercise_id if exercise else None,
        )
        if waiting:
            text = ngettext("{n} submission waits for you.", "{n} submissions wait for you.", waiting)
            click.echo(text.format(n=waiting))
        print_next_step(_("Next: mentor open {path}").format(path=relative_path(written.path)))
