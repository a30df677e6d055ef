"""`mentor demo`."""

from __future__ import annotations

from pathlib import Path

import click

from toolkit.cli.command import command
from toolkit.cli.practice import serve
from toolkit.cli.show import bar, relative, rows
from toolkit.i18n import _, format_datetime
from toolkit.journeys import demo, lab

__all__ = ["demo_command"]


@command(
    "demo",
    _("Build a demo practice in a folder of its own, and open it in JupyterLab."),
    "mentor demo",
    "mentor demo my-demo --no-serve",
)
@click.argument("folder", default="mentoring-demo", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--serve/--no-serve", "serve_", default=True, help=_("Whether to start JupyterLab at the end."))
@click.option("--port", type=click.IntRange(1, 65535), help=_("A free one from 8888 on if left out."))
def demo_command(folder: Path, port: int | None, *, serve_: bool) -> None:
    """Build the demo, say what was made, open it."""
    with bar(_("Building the demo practice")) as step:
        made = demo.build(folder, step)
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
    if serve_:
        serve(lab.prepare(made.practice, made.notebook, port))
