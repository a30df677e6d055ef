"""`mentor doctor`."""

from __future__ import annotations

import click

from toolkit.cli.command import json_option, mentor_command
from toolkit.cli.output import busy_indicator, print_rows
from toolkit.errors import NoPracticeError
from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.services.practice.diagnostics import HealthStatus, run_diagnostics

__all__ = ["doctor_command"]


@mentor_command(
    "doctor",
    _("Check Python, packages, kernels, sandbox, browser, disk and database; say how to fix each."),
    "mentor doctor",
    "mentor doctor --json",
)
@json_option
@click.pass_context
def doctor_command(ctx: click.Context, *, as_json: bool) -> None:
    """Check the machine and the practice; exit with 1 if something does not work.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    as_json : bool
        Whether to print JSON instead of a table.
    """
    try:
        # Not `current_practice`, which removes partial files: this command changes nothing.
        practice = Practice.find(ctx.find_root().obj)
    except NoPracticeError:
        practice = None
    with busy_indicator(_("Looking at this machine")):
        findings = list(run_diagnostics(practice))
    print_rows(
        [_("What"), _("State"), _("Found"), _("How to fix it")],
        [
            {
                "subject": finding.subject,
                "state": finding.health.name.lower() if as_json else _(str(finding.health)),
                "text": finding.text,
                "mend": finding.mend,
            }
            for finding in findings
        ],
        as_json=as_json,
        empty="",
    )
    if any(finding.health is HealthStatus.BAD for finding in findings):
        ctx.exit(1)
