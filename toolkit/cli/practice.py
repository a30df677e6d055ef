"""`mentor init` and `mentor open`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from toolkit.cli.command import mentor_command
from toolkit.cli.output import current_practice, print_next_step, print_problems, relative_path
from toolkit.i18n import LANGUAGES, Language, _, current_language
from toolkit.services.exercises.solution_check import check_solutions
from toolkit.services.practice import create_practice, jupyterlab_launcher

__all__ = ["init_command", "open_command"]


@mentor_command(
    "init",
    _("Make a practice, or adopt an existing nbgrader course directory; none of its files is changed."),
    "mentor init my-practice --mentor 'Ada Byron'",
    "mentor init ~/courses/python101 --language fr",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--mentor", default="", help=_("Your name, as students read it."))
@click.option("--language", type=click.Choice(LANGUAGES), help=_("Yours; new students have it by default."))
@click.option("--empty", is_flag=True, help=_("Without the toolkit's own exercises."))
def init_command(folder: Path, mentor: str, language: Language | None, *, empty: bool) -> None:
    """Create a practice.

    Parameters
    ----------
    folder : Path
        The practice's folder.
    mentor : str
        The mentor's name, as students read it.
    language : {"en", "fr"}, optional
        The mentor's language; the current one if left out.
    empty : bool
        Whether to leave out the toolkit's own exercises.
    """
    result = create_practice.create_practice(
        folder, mentor=mentor, language=language or current_language(), course=not empty
    )
    inside = result.practice.root.resolve() == Path.cwd()
    root = result.practice.root.resolve().name if inside else relative_path(result.practice.root)
    if result.existed:
        click.echo(_("{path} is a practice already; nothing was changed.").format(path=root))
    elif result.adopted:
        click.echo(_("{path} is a practice now; its nbgrader files are as they were.").format(path=root))
        print_problems(check_solutions(result.practice))
    else:
        click.echo(_("{path} is a practice now.").format(path=root))
    if inside:
        print_next_step(_("Next: mentor student add NAME"))
    else:
        print_next_step(_("Next: cd {path}, then mentor student add NAME").format(path=root))


@mentor_command(
    "open",
    _("Open the practice in JupyterLab, on this machine only."),
    "mentor open",
    "mentor open students/zoe-lefevre/progress.ipynb",
)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(1, 65535), help=_("A free one from 8888 on if left out."))
@click.pass_context
def open_command(ctx: click.Context, path: Path | None, port: int | None) -> None:
    """Start JupyterLab in this process.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    path : Path, optional
        Notebook or folder of the practice to show first.
    port : int, optional
        Port to listen on; a free one if left out.
    """
    serve_lab(jupyterlab_launcher.prepare_lab(current_practice(ctx), path, port))


def serve_lab(ready: jupyterlab_launcher.LabLauncher) -> None:
    """Print the link, then replace this process by JupyterLab."""
    print_next_step(_("JupyterLab: {url}").format(url=ready.url))
    click.echo(_("Ctrl-C stops it."))
    sys.stdout.flush()
    ready.become()
