"""`mentor replay`."""

from __future__ import annotations

import click

from toolkit.cli.command import mentor_command
from toolkit.cli.completion import complete_sessions
from toolkit.cli.output import current_practice, print_next_step, relative_path
from toolkit.i18n import _, format_datetime
from toolkit.services.sessions import replay_writer, wishes_and_consents

__all__ = ["replay_command"]


@mentor_command(
    "replay",
    _("Write the page that replays a session, if the student agrees."),
    "mentor replay zoe-lefevre-3",
    "mentor replay zoe-lefevre-3 --withdraw",
)
@click.argument("session", shell_complete=complete_sessions)
@click.option(
    "--withdraw", is_flag=True, help=_("The student told you that they no longer agree: take the page away.")
)
@click.pass_context
def replay_command(ctx: click.Context, session: str, *, withdraw: bool) -> None:
    """Write the replay of a session, or withdraw the student's consent to it.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    session : str
        Id of the session.
    withdraw : bool
        Whether to withdraw the consent and replace the page.
    """
    practice = current_practice(ctx)
    if not withdraw:
        click.echo(relative_path(replay_writer.write_replay(practice, session)))
        print_next_step(_("It lies in the student's folder: one file, which opens in any browser."))
        return
    consent = wishes_and_consents.withdraw_consent(practice, session)
    if consent is None or consent.withdrawn_at is None:
        click.echo(_("The student had not agreed; nothing was to be withdrawn."))
    else:
        when = format_datetime(consent.withdrawn_at)
        click.echo(_("Withdrawn: {time}. The page says so now.").format(time=when))
