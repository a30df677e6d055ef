"""`mentor desk`, and the output of `mentor session brief`."""

from __future__ import annotations

from collections.abc import Iterable

import click

from toolkit.cli.command import mentor_command
from toolkit.cli.completion import complete_sessions_and_students
from toolkit.cli.output import current_practice, print_next_step, printable_text, relative_path
from toolkit.cli.practice import serve_lab
from toolkit.i18n import _, format_datetime
from toolkit.reports.render.session_brief import attempt_line, promise_line, review_line, wish_lines
from toolkit.services.practice import jupyterlab_launcher
from toolkit.services.sessions import desk_notebooks

__all__ = ["desk_command", "show_brief"]


@mentor_command(
    "desk",
    _("Open your own side of a session: brief, hints, solution, private notes, evidence, close-out."),
    "mentor desk",
    "mentor desk zoe-lefevre",
    "mentor desk zoe-lefevre-3 --no-serve",
)
@click.argument(
    "session", required=False, metavar="[SESSION_OR_STUDENT]", shell_complete=complete_sessions_and_students
)
@click.option("--port", type=click.IntRange(1, 65535), help=_("A free one from 8888 on if left out."))
@click.option("--no-serve", is_flag=True, help=_("Only write the notebook."))
@click.pass_context
def desk_command(ctx: click.Context, session: str | None, port: int | None, *, no_serve: bool) -> None:
    """Write the mentor's notebook for a session, and open it.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    session : str, optional
        Id of a session or a student; the live or else the next session if left out.
    port : int, optional
        Port of JupyterLab; a free one if left out.
    no_serve : bool
        Whether to write the notebook only.
    """
    practice = current_practice(ctx)
    found = desk_notebooks.find_session(practice, session)
    written = desk_notebooks.write_session_desk(practice, found)
    click.echo(
        _("Session {id}: {time}, {minutes} minutes.").format(
            id=found.id, time=format_datetime(found.starts_at), minutes=found.minutes
        )
    )
    click.echo(relative_path(written.path))
    if no_serve:
        print_next_step(_("Next: mentor open {path}").format(path=relative_path(written.path)))
        return
    click.echo(_("It is for you alone: do not share that window in the call."))
    serve_lab(jupyterlab_launcher.prepare_lab(practice, written.path, port))


def show_brief(before: desk_notebooks.SessionPreparation) -> None:
    """Print the mentor's two-minute brief before a session."""
    session, brief = before.session, before.brief
    when = format_datetime(session.starts_at)
    parts = (before.student.name, when, _("{n} min").format(n=session.minutes), before.exercise)
    click.echo(" · ".join(part for part in parts if part))
    click.echo(f"{brief.news} {brief.standing}\n")
    _part(_("The student's wish"), wish_lines(before.wish))
    _part(_("Open actions"), map(promise_line, brief.promises))
    _part(_("Attempts since the last session"), map(attempt_line, brief.attempts))
    _part(_("To be refreshed"), map(review_line, brief.reviews))
    _part(_("Your note of the last session"), (note.text for note in before.notes[:1]))
    click.echo(_("To begin with: {opener}").format(opener=f"{brief.opener} {brief.why}"))


def _part(title: str, lines: Iterable[str]) -> None:
    lines = list(lines)
    if lines:
        click.echo(click.style(title, bold=True))
        for line in lines:
            click.echo(f"  - {printable_text(line)}")
        click.echo()
