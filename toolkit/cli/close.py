"""`mentor close`, and the code that it shares with `mentor session close`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from toolkit.cli.command import mentor_command
from toolkit.cli.completion import complete_sessions
from toolkit.cli.output import confirm, current_practice, print_next_step, relative_path
from toolkit.domain.session import Session, SessionState
from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.services.reports import progress_notebooks
from toolkit.services.sessions import close_session, group_sessions
from toolkit.services.sessions.closing_data import ClosePreview, preview_close
from toolkit.services.sessions.session_lifecycle import change_state

__all__ = ["close_and_report", "close_command", "close_options"]


def close_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a close to a command's callback."""
    for option in (
        click.option("--recap", default="", help=_("A few words of your own, for the student (Markdown).")),
        click.option("--note", default="", help=_("A private note; the student never sees it.")),
        click.option("--yes", is_flag=True, help=_("Confirm without being asked.")),
    ):
        function = option(function)
    return function


@mentor_command(
    "close",
    _("Close the session that is live: what would be kept is shown, you confirm, nobody gets in any more."),
    "mentor close zoe-lefevre",
    "mentor close zoe-lefevre-4 --yes --note 'Tired today; shorter exercises.'",
)
@click.argument("session", metavar="SESSION_OR_STUDENT", shell_complete=complete_sessions)
@close_options
@click.pass_context
def close_command(ctx: click.Context, session: str, note: str, recap: str, *, yes: bool) -> None:
    """Close a live session.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    session : str
        Id of a session or of its student.
    note : str
        The mentor's private note.
    recap : str
        The mentor's words for the student.
    yes : bool
        Whether to close without a question.
    """
    practice = current_practice(ctx)
    close_and_report(
        practice, close_session.session_to_close(practice, session).id, note=note, recap=recap, yes=yes
    )


def close_and_report(practice: Practice, session: str, *, note: str, recap: str, yes: bool) -> None:
    """Show the data of a close, ask, stop the server, store the data, and write the report.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : str
        Id of the session.
    note : str
        The mentor's private note.
    recap : str
        The mentor's words for the student.
    yes : bool
        Whether to close without a question.
    """
    with practice.store.read() as tx:
        found = tx.sessions.get(session)
    members = group_sessions.session_members(practice, found)
    # What an earlier close has kept, before it was interrupted or could not write the report, stays as it is.
    kept = [one.id for one in members if one.state is SessionState.HELD]
    if not kept or any(one.state is SessionState.LIVE for one in members):
        _confirm(practice, found, note=note, recap=recap, yes=yes)
    for each in kept:
        click.echo(_("Session {id} is closed.").format(id=each))
    for one in group_sessions.session_members(practice, found):
        if one.state is SessionState.HELD:
            _report(practice, one)
    if not found.group:
        print_next_step(
            _("Next: mentor session plan {id} --at 'in 7 days 18:00'").format(id=found.student_id)
        )


def _confirm(practice: Practice, found: Session, *, note: str, recap: str, yes: bool) -> None:
    sessions = close_session.live_sessions_of_group(practice, found) if found.group else [found]
    if not sessions:
        found.act("close")  # raises the error with the reason
    previews = {one.id: preview_close(practice, one.id) for one in sessions}
    for preview in previews.values():
        _show_preview(practice, preview, preview.closing.recap(recap or _own_words(practice, preview)))
    if not yes and not confirm(_("Keep this?")):
        raise click.Abort
    if found.group:
        done = close_session.close_group(practice, found.id, note=note, recap=recap)
    else:
        done = [close_session.close_session(practice, found.id, note=note, recap=recap)]
    for closed in done:
        before = previews.get(closed.session.id)
        if before is None or closed.preview.record != before.record:
            # Somebody changed the record while the question was open.
            _show_preview(practice, closed.preview, closed.session.recap)
        click.echo(_("Session {id} is closed.").format(id=closed.session.id))


def _report(practice: Practice, session: Session) -> None:
    (written,) = progress_notebooks.write_progress_notebooks(practice, [session.student_id])
    if written.problem:
        raise type(written.problem)(
            written.problem.message,
            _(
                "The session is closed and kept. "
                "To write its report, once this is fixed: mentor session close {id}"
            ).format(id=session.id),
        )
    click.echo(_("Progress notebook: {path}").format(path=relative_path(written.notebook)))
    # Last, so that a command that is killed before has this session to go on with.
    change_state(practice, session.id, "report")


def _own_words(practice: Practice, preview: ClosePreview) -> str:
    with practice.store.read() as tx:
        return tx.drafts.for_session(preview.closing.session.id).recap


def _show_preview(practice: Practice, preview: ClosePreview, recap: str) -> None:
    session = preview.closing.session
    if session.group:
        with practice.store.read() as tx:
            click.secho(tx.students.get(session.student_id).name, bold=True)
    for problem in preview.problems:
        click.echo(_("Left out: {problem}").format(problem=problem), err=True)
    for line in close_session.describe_close(preview):
        click.echo(line)
    click.echo("\n" + (recap or _("(Nothing was ticked.)")) + "\n")
