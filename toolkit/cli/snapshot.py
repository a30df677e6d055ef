"""`mentor snapshot`."""

from __future__ import annotations

import io
import sys
from typing import TypeVar, cast

import click

from toolkit.cli.command import command_group, json_option, mentor_command
from toolkit.cli.completion import complete_sessions
from toolkit.cli.output import (
    confirm,
    current_practice,
    is_control_character,
    print_next_step,
    print_rows,
    relative_path,
)
from toolkit.i18n import N_, _, format_datetime
from toolkit.live.snapshots.snapshot_store import SessionSnapshot, StoredContent
from toolkit.services.sessions import session_snapshots as service

__all__ = ["snapshot_command"]

T = TypeVar("T")


def _size(content: StoredContent | None) -> str | None:
    return None if content is None else _("{n} kB").format(n=max(1, round(content.size / 1000)))


def _digest(content: StoredContent | None) -> dict[str, object] | None:
    return None if content is None else content.model_dump()


@mentor_command(
    "list",
    _("List a session's snapshots."),
    "mentor snapshot list zoe-lefevre-3",
    "mentor snapshot list zoe-lefevre-3 --json",
)
@click.argument("session", shell_complete=complete_sessions)
@json_option
@click.pass_context
def _list(ctx: click.Context, session: str, *, as_json: bool) -> None:
    found = service.snapshots_of_session(current_practice(ctx), session).all()
    print_rows(
        [_("Number"), _("When"), _("Why"), _("Notebook"), _("Record")],
        [
            {
                "number": one.number,
                "at": one.at.isoformat(),
                "why": str(one.why),
                "about": one.about,
                "notebook": _digest(one.notebook),
                "record": _digest(one.record),
            }
            if as_json
            else {
                "number": one.number,
                "at": format_datetime(one.at),
                "why": one.reason,
                "notebook": _size(one.notebook),
                "record": _size(one.record),
            }
            for one in found
        ],
        as_json=as_json,
        empty=_("No snapshots of this session yet. Take one: mentor snapshot take {id}").format(id=session),
    )


def _show_taken(snapshot: SessionSnapshot | None) -> None:
    if snapshot is None:
        click.echo(_("Nothing has changed since the last snapshot."))
    else:
        click.echo(_("Snapshot {number}: {reason}.").format(number=snapshot.number, reason=snapshot.reason))


@mentor_command(
    "take",
    _("Take a snapshot of a session's notebook and record as they are now."),
    "mentor snapshot take zoe-lefevre-3",
)
@click.argument("session", shell_complete=complete_sessions)
@click.pass_context
def _take(ctx: click.Context, session: str) -> None:
    _show_taken(service.take_snapshot(current_practice(ctx), session))


@mentor_command(
    "show",
    _("Show what a snapshot's notebook holds, cell by cell."),
    "mentor snapshot show zoe-lefevre-3 2",
    "mentor snapshot show zoe-lefevre-3 2 --copy",
)
@click.argument("session", shell_complete=complete_sessions)
@click.argument("number", type=int)
@click.option("--copy", is_flag=True, help=_("Put a copy of it on your desk, to be opened."))
@click.pass_context
def _show(ctx: click.Context, session: str, number: int, *, copy: bool) -> None:
    practice = current_practice(ctx)
    one = service.snapshots_of_session(practice, session).get(number)
    click.echo(f"{one.number} – {format_datetime(one.at)} – {_without_controls(one.reason)}")
    print_rows(
        [_("Cell"), _("Kind"), _("First line"), _("Outputs")],
        [
            {"cell": place, "kind": _(_KINDS[line.kind]), "text": line.text, "outputs": line.outputs}
            for place, line in enumerate(service.outline_snapshot(practice, session, number), 1)
        ],
        empty=_("This notebook has no cells."),
    )
    if copy:
        path = relative_path(service.copy_snapshot(practice, session, number))
        click.echo(path)
        print_next_step(_("Next: mentor open {path}").format(path=path))


_KINDS = {"code": N_("code"), "markdown": N_("text"), "raw": N_("raw")}


@mentor_command(
    "diff",
    _("Show what changed between two snapshots, or since one of them."),
    "mentor snapshot diff zoe-lefevre-3 1 4",
    "mentor snapshot diff zoe-lefevre-3 4",
)
@click.argument("session", shell_complete=complete_sessions)
@click.argument("before", type=int)
@click.argument("after", type=int, required=False)
@click.pass_context
def _diff(ctx: click.Context, session: str, before: int, after: int | None) -> None:
    import nbdime
    from nbdime.prettyprint import PrettyPrintConfig, pretty_print_diff

    one, other = (
        _without_controls(each)
        for each in service.notebooks_to_compare(current_practice(ctx), session, before, after)
    )
    found = nbdime.diff_notebooks(one, other)
    if not found:
        click.echo(_("The notebooks are the same."))
        return
    out = io.StringIO()
    # Without git and diff: these read the user's configuration, and can start other programs.
    config = PrettyPrintConfig(out=out, use_git=False, use_diff=False, use_color=sys.stdout.isatty())
    pretty_print_diff(one, found, "", config)
    click.echo(out.getvalue().rstrip())


def _without_controls(value: T) -> T:
    """Return a JSON value without terminal control characters: a student wrote the text."""
    safe: object = value
    if isinstance(value, str):
        safe = "".join(" " if char not in "\n\t" and is_control_character(char) else char for char in value)
    elif isinstance(value, list):
        safe = [_without_controls(each) for each in value]
    elif isinstance(value, dict):
        safe = type(value)({_without_controls(key): _without_controls(each) for key, each in value.items()})
    return cast("T", safe)


@mentor_command(
    "restore",
    _("Restore a session's notebook from a snapshot; its current state is kept as a snapshot first."),
    "mentor snapshot restore zoe-lefevre-3 4",
    "mentor snapshot restore zoe-lefevre-3 4 --record --yes",
)
@click.argument("session", shell_complete=complete_sessions)
@click.argument("number", type=int)
@click.option("--record", is_flag=True, help=_("The record, too: agenda, ticks, actions."))
@click.option("--yes", is_flag=True, help=_("Confirm without being asked."))
@click.pass_context
def _restore(ctx: click.Context, session: str, number: int, *, record: bool, yes: bool) -> None:
    practice = current_practice(ctx)
    one = service.snapshots_of_session(practice, session).get(number)
    question = (
        _("Put notebook and record of {id} back to {time}?")
        if record
        else _("Put the notebook of {id} back to {time}?")
    )
    if not yes and not confirm(question.format(id=session, time=format_datetime(one.at))):
        raise click.Abort
    before = service.restore_snapshot(practice, session, number, record=record)
    if before is not None:
        _show_taken(before)
    click.echo(_("The session is as it was in snapshot {number}.").format(number=number))


snapshot_command = command_group(
    "snapshot",
    _("The snapshots of a session: show, compare, restore."),
    _list,
    _take,
    _show,
    _diff,
    _restore,
)
