"""`mentor demo`."""

from __future__ import annotations

from pathlib import Path

import click

from toolkit.cli.command import mentor_command
from toolkit.cli.live import share_session
from toolkit.cli.output import print_rows, progress_bar, relative_path
from toolkit.cli.practice import serve_lab
from toolkit.i18n import _, format_datetime
from toolkit.kernels.containment import containment, missing_layer_hint
from toolkit.services.practice import demo_builder, jupyterlab_launcher
from toolkit.services.sessions import live_session

__all__ = ["demo_command"]


@mentor_command(
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
    with progress_bar(_("Building the demo practice")) as step:
        made = demo_builder.build_demo(folder, step)
    print_rows(
        [_("Student"), _("Language"), _("Attempts"), _("Points"), _("Next session"), _("Progress notebook")],
        [
            {
                "student": line.student.name,
                "language": line.student.language,
                "attempts": line.attempts,
                "points": line.points,
                "session": format_datetime(line.session.starts_at) if line.session else None,
                "report": relative_path(line.report),
            }
            for line in made.lines
        ],
        always_table=True,
    )
    click.echo(_("Practice: {path}").format(path=relative_path(made.practice.root)))
    click.echo(_("Session notebook: {path}").format(path=relative_path(made.notebook)))
    if not serve_:
        return
    if containment().sandboxed or containment().unsafe:
        planned = next((line.session for line in made.lines if line.session), None)
        session = live_session.current_session(made.practice) or planned
        share_session(
            made.practice,
            session or live_session.session_to_hold(made.practice, made.lines[0].student.id),
            port=port or 0,
        )
    else:
        # Without a sandbox a session cannot be shared safely, so only the mentor's JupyterLab is started.
        click.echo(missing_layer_hint(), err=True)
        serve_lab(jupyterlab_launcher.prepare_lab(made.practice, made.notebook, port))
