"""`mentor close`, and what it shares with `mentor session close`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from toolkit.cli.command import command
from toolkit.cli.complete import sessions
from toolkit.cli.show import agreed, here, next_step, relative
from toolkit.domain.session import SessionState
from toolkit.i18n import _
from toolkit.journeys import closing, live, report
from toolkit.journeys.sessions import ClosePreview, act, preview_close
from toolkit.practice import Practice

__all__ = ["close", "close_command", "closing_options"]


def closing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a close."""
    for option in (
        click.option("--recap", default="", help=_("A few words of your own, for the student (Markdown).")),
        click.option("--note", default="", help=_("A private note; the student never sees it.")),
        click.option("--yes", is_flag=True, help=_("Confirm without being asked.")),
    ):
        function = option(function)
    return function


@command(
    "close",
    _("Close the session that is live: what would be kept is shown, you confirm, nobody gets in any more."),
    "mentor close zoe-lefevre",
    "mentor close zoe-lefevre-4 --yes --note 'Tired today; shorter exercises.'",
)
@click.argument("session", metavar="SESSION_OR_STUDENT", shell_complete=sessions)
@closing_options
@click.pass_context
def close_command(ctx: click.Context, session: str, note: str, recap: str, *, yes: bool) -> None:
    """Close the live session of a name."""
    practice = here(ctx)
    close(practice, live.live_session(practice, session).id, note=note, recap=recap, yes=yes)


def close(practice: Practice, session: str, *, note: str, recap: str, yes: bool) -> None:
    """Show what closing would keep, ask, keep it, end what is served of it, and write the report."""
    with practice.store.read() as tx:
        found = tx.sessions.get(session)
    # One that was closed, and whose report could not be written then, is only reported.
    if found.state is not SessionState.HELD:
        preview = preview_close(practice, session)
        _show_preview(preview)
        if not yes and not agreed(_("Keep this?")):
            raise click.Abort
        closed = closing.close_session(practice, session, note=note, recap=recap)
        found = closed.session
        if closed.preview.record != preview.record:
            # Somebody went on ticking while the question stood here.
            _show_preview(closed.preview)
        click.echo(_("Session {id} is closed.").format(id=found.id))
    (written,) = report.write(practice, [found.student_id])
    if written.problem:
        raise type(written.problem)(
            written.problem.message,
            _(
                "The session is closed and kept. For its report, once mended: mentor session close {id}"
            ).format(id=found.id),
        )
    act(practice, found.id, "report")
    click.echo(_("Progress notebook: {path}").format(path=relative(written.notebook)))
    next_step(_("Next: mentor session plan {id} --at 'in 7 days 18:00'").format(id=found.student_id))


def _show_preview(preview: ClosePreview) -> None:
    for problem in preview.problems:
        click.echo(_("Left out: {problem}").format(problem=problem), err=True)
    for line in closing.in_words(preview):
        click.echo(line)
    click.echo("\n" + (preview.closing.draft or _("(Nothing was ticked.)")) + "\n")
