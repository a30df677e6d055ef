"""`mentor kernels`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from toolkit.cli.command import command_group, json_option, mentor_command
from toolkit.cli.output import busy_indicator, confirm, print_next_step, print_rows
from toolkit.i18n import _, format_datetime, format_number, format_time, ngettext
from toolkit.kernels import fork_servers
from toolkit.kernels.format_size import format_bytes
from toolkit.services.practice import fork_server_control as service

__all__ = ["kernels_command"]


@mentor_command(
    "status",
    _("List the fork servers that run: what they have imported, how many kernels they have."),
    "mentor kernels status",
    "mentor kernels status --json",
)
@json_option
def _status(*, as_json: bool) -> None:
    shown = []
    running = fork_servers.running_fork_servers()
    # The environment is shown only if there are several.
    show_environment = as_json or len({server.state["executable"] for server in running}) > 1
    for server in running:
        state, memory = server.state, server.memory_bytes
        since = datetime.fromtimestamp(state["since"], UTC).astimezone()
        network = _("yes") if state["network"] else _("no")
        shown.append(
            {
                "python": state["python"],
                "preloaded": state["preloaded"],
                "network": state["network"] if as_json else network,
                "running": state["running"],
                "started": state["started"],
                "since": since if as_json else _format_since(since),
                "memory_bytes": memory if as_json or memory is None else format_bytes(memory),
                **({"executable": state["executable"]} if show_environment else {}),
                **({"pid": server.pid, "idle_seconds": state["idle_seconds"]} if as_json else {}),
            }
        )
    print_rows(
        [
            _("Python"),
            _("Imported beforehand"),
            _("Network"),
            _("Kernels now"),
            _("So far"),
            _("Since"),
            _("Memory"),
            *([_("Environment")] if show_environment else []),
        ],
        shown,
        as_json=as_json,
        empty=_("No fork server is running; the first kernel starts one, and so does: mentor kernels warm"),
    )


def _format_since(since: datetime) -> str:
    today = since.date() == datetime.now(UTC).astimezone().date()
    return format_time(since) if today else format_datetime(since)


@mentor_command(
    "warm",
    _("Start the fork server of this environment now, so that the first kernel need not wait for it."),
    "mentor kernels warm",
    "mentor kernels warm --preload numpy --preload sklearn.linear_model",
    "mentor kernels warm --network",
)
@click.option(
    "--preload",
    multiple=True,
    metavar="MODULE",
    help=_("Import this module beforehand, rather than the usual ones; may be given several times."),
)
@click.option("--network", is_flag=True, help=_("For kernels that reach this machine's network, all of it."))
def _warm(preload: tuple[str, ...], *, network: bool) -> None:
    with busy_indicator(_("Starting the fork server")):
        warmed = service.warm_server(preload, network=network)
    state = warmed.server.state
    python = " ".join(("Python", state["python"]))
    if warmed.left_out:
        names = ", ".join(warmed.left_out)
        click.echo(_("Left out, for they cannot be imported: {names}").format(names=names), err=True)
    modules = ", ".join(state["preloaded"]) or _("nothing more")
    if warmed.already:
        click.echo(_("It was ready already: {python} with {modules}.").format(python=python, modules=modules))
    else:
        seconds = format_number(round(warmed.seconds, 1))
        text = _("Ready after {seconds} s: {python} with {modules}.")
        click.echo(text.format(seconds=seconds, python=python, modules=modules))
    n = max(1, round(state["idle_seconds"] / 60))
    text = ngettext(
        "It ends by itself after {n} minute without a kernel; at once: mentor kernels stop",
        "It ends by itself after {n} minutes without a kernel; at once: mentor kernels stop",
        n,
    )
    print_next_step(text.format(n=n))


@mentor_command(
    "stop",
    _("Stop every fork server of yours, with the kernels that run in them."),
    "mentor kernels stop",
    "mentor kernels stop --yes",
)
@click.option("--yes", is_flag=True, help=_("Do not ask, even if kernels are running."))
@click.pass_context
def _stop(ctx: click.Context, *, yes: bool) -> None:
    running = fork_servers.running_fork_servers()
    n = sum(server.state["running"] for server in running)
    if n and not yes:
        text = ngettext(
            "{n} kernel is running; what it has computed would be lost. Stop it?",
            "{n} kernels are running; what they have computed would be lost. Stop them?",
            n,
        )
        if not confirm(text.format(n=n)):
            click.echo(_("Nothing was stopped."))
            ctx.exit(1)
    stopped = service.stop_servers(running)
    n = stopped.servers
    if n == 0:
        click.echo(_("No fork server is running."))
        return
    said = ngettext("{n} fork server was stopped.", "{n} fork servers were stopped.", n).format(n=n)
    n = stopped.kernels
    if n:
        text = ngettext("{n} kernel ended with it.", "{n} kernels ended with it.", n)
        said += " " + text.format(n=n)
    click.echo(said)


kernels_command = command_group(
    "kernels", _("The fork servers that kernels come from: look, warm up, stop."), _status, _warm, _stop
)
