"""`mentor demo`."""

from __future__ import annotations

from pathlib import Path

import click

from toolkit.cli.command import command
from toolkit.cli.live import share
from toolkit.cli.output import bar, relative, rows
from toolkit.cli.practice import serve
from toolkit.i18n import _, format_datetime
from toolkit.kernels.containment import containment, missing
from toolkit.services.practice import demo_builder, jupyterlab_launcher
from toolkit.services.sessions import live_session

__all__ = ["demo_command"]


@command(
    "demo",
    _("Build a demo practice in a folder of its own, and share its next session: two links, two browsers."),
    "mentor demo",
    "mentor demo my-demo --no-serve",
)
@click.argument("folder", default="mentoring-demo", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--serve/--no-serve", "serve_", default=True, help=_("Whether to share a session at the end."))
@click.option("--port", type=click.IntRange(1, 65535), help=_("A free one if left out."))
def demo_command(folder: Path, port: int | None, *, serve_: bool) -> None:
    """Build the demo, print a summary, and share its next session.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    folder : Path
        Folder of the demo.
    port : int, optional
        Port to listen on; a free one if left out.
    serve_ : bool
        Whether to share a session at the end.
    """
    with bar(_("Building the demo practice")) as step:
        made = demo_builder.build(folder, step)
    rows(
        [_("Student"), _("Language"), _("Attempts"), _("Points"), _("Next session"), _("Progress notebook")],
        [
            {
                "student": line.student.name,
                "language": line.student.language,
                "attempts": line.attempts,
                "points": line.points,
                "session": format_datetime(line.session.starts_at) if line.session else None,
                "report": relative(line.report),
            }
            for line in made.lines
        ],
        always_table=True,
    )
    click.echo(_("Practice: {path}").format(path=relative(made.practice.root)))
    click.echo(_("Session notebook: {path}").format(path=relative(made.notebook)))
    if not serve_:
        return
    if containment().sandboxed or containment().unsafe:
        planned = next((line.session for line in made.lines if line.session), None)
        session = live_session.current(made.practice) or planned
        share(
            made.practice,
            session or live_session.to_hold(made.practice, made.lines[0].student.id),
            port=port or 0,
        )
    else:
        # Without a sandbox a session cannot be shared safely, so only the mentor's JupyterLab is started.
        click.echo(missing(), err=True)
        serve(jupyterlab_launcher.prepare(made.practice, made.notebook, port))
