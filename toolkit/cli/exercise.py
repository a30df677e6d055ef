"""`mentor exercise`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from toolkit._internal.atomic_io import disk_errors, write_durably
from toolkit.cli.command import command, group, json_option
from toolkit.cli.completion import exercises, students
from toolkit.cli.output import bar, here, next_step, relative, rows
from toolkit.errors import DuplicateError
from toolkit.i18n import LANGUAGES, Language, _, current_language, ngettext
from toolkit.services.exercises import manage_exercises as service

__all__ = ["exercise_command"]


@command("list", _("List the exercises."), "mentor exercise list", "mentor exercise list --json")
@json_option
@click.pass_context
def _list(ctx: click.Context, *, as_json: bool) -> None:
    rows(
        [_("Id"), _("Title"), _("Skills"), _("Minutes"), _("Needs"), _("Released")],
        [
            {
                "id": listed.card.id,
                "title": str(listed.card.title),
                "skills": list(listed.card.skills),
                "minutes": listed.card.minutes,
                "prerequisites": list(listed.card.prerequisites),
                "released": listed.released if as_json else (_("yes") if listed.released else _("no")),
            }
            for listed in service.listed(here(ctx))
        ],
        as_json=as_json,
        empty=_("No exercises yet. Write one: mentor exercise new NAME"),
    )


@command("new", _("Write a new exercise from a template that works."), "mentor exercise new word-count")
@click.argument("name")
@click.option("--title", default="", help=_("Its title; made from the name if left out."))
@click.pass_context
def _new(ctx: click.Context, name: str, title: str) -> None:
    for path in service.new(here(ctx), name, title):
        click.echo(relative(path))
    next_step(_("Next: edit both, then mentor exercise check {name}").format(name=name))


@command(
    "check",
    _("Check exercises: the solution passes, each wrong answer is caught, nothing leaks."),
    "mentor exercise check bakery-till",
    "mentor exercise check",
)
@click.argument("name", nargs=-1, metavar="[EXERCISE]...", shell_complete=exercises)
@click.pass_context
def _check(ctx: click.Context, name: tuple[str, ...]) -> None:
    with bar(_("Checking")) as step:
        findings = service.check(here(ctx), name, step)
    n = 0
    for exercise, sentences in findings.items():
        for sentence in sentences:
            click.echo(f"{exercise}: {sentence}")
            n += 1
    if n:
        click.echo(ngettext("{n} problem to fix.", "{n} problems to fix.", n).format(n=n))
        ctx.exit(1)
    n = len(findings)
    click.echo(ngettext("{n} exercise has no problems.", "{n} exercises have no problems.", n).format(n=n))
    if n == 1:
        next_step(
            _("Next: mentor exercise preview {name}, mentor exercise release {name}").format(
                name=next(iter(findings))
            )
        )


@command(
    "variant",
    _("Make another exercise from one: other numbers and names, the same skills."),
    "mentor exercise variant bakery-till",
    "mentor exercise variant bakery-till --seed 7",
)
@click.argument("name", metavar="EXERCISE", shell_complete=exercises)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help=_("The number that chooses; the same one always gives the same exercise."),
)
@click.pass_context
def _variant(ctx: click.Context, name: str, seed: int | None) -> None:
    notebook, card = service.variant(here(ctx), name, seed)
    click.echo(relative(notebook))
    click.echo(relative(card))
    next_step(_("Next: mentor exercise release {name} --student STUDENT").format(name=notebook.parent.name))


@command(
    "preview",
    _("Show an exercise as a student is given it; nothing is released."),
    "mentor exercise preview bakery-till --language fr",
    "mentor exercise preview bakery-till --to look.ipynb",
)
@click.argument("name", metavar="EXERCISE", shell_complete=exercises)
@click.option("--language", type=click.Choice(LANGUAGES), help=_("The student's; yours if left out."))
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help=_("Write the notebook into this file, to be opened in JupyterLab."),
)
@click.pass_context
def _preview(ctx: click.Context, name: str, language: Language | None, target: Path | None) -> None:
    data = service.preview(here(ctx), name, language or current_language())
    if target is None:
        for cell in json.loads(data)["cells"]:
            text = cell["source"]
            click.echo(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
            click.echo()
    elif target.exists():
        raise DuplicateError(_("There is {path} already.").format(path=target), _("Name another file."))
    else:
        with disk_errors(target.parent):
            write_durably(target, data)
        click.echo(relative(target))


@command(
    "release",
    _("Give exercises out: a copy in each student's language, in the workspace; work that is there is kept."),
    "mentor exercise release bakery-till",
    "mentor exercise release bakery-till --student zoe-lefevre",
)
@click.argument("name", nargs=-1, required=True, metavar="EXERCISE...", shell_complete=exercises)
@click.option("--student", "student", multiple=True, shell_complete=students, help=_("Only to this student."))
@click.pass_context
def _release(ctx: click.Context, name: tuple[str, ...], student: tuple[str, ...]) -> None:
    with bar(_("Giving out")) as step:
        given = service.release(here(ctx), name, student or None, step)
    for one in given:
        if one.kept:
            click.echo(_("{path} is there already; it was kept as it is.").format(path=relative(one.path)))
        else:
            click.echo(relative(one.path))
    if not given:
        click.echo(_("Released; no active student to give it to."))
    next_step(_("Next, when it comes back: mentor collect FILE_OR_DIR"))


@command(
    "hint",
    _("Give a student the next hint of an exercise; it is noted."),
    "mentor exercise hint bakery-till zoe-lefevre",
)
@click.argument("name", metavar="EXERCISE", shell_complete=exercises)
@click.argument("student", shell_complete=students)
@click.pass_context
def _hint(ctx: click.Context, name: str, student: str) -> None:
    given = service.hint(here(ctx), name, student)
    click.echo(_("Hint {n} of {total}:").format(n=given.step, total=given.total))
    click.echo(given.text)


exercise_command = group(
    "exercise",
    _("The exercises: list, write, check, preview, release, make variants."),
    _list,
    _new,
    _check,
    _variant,
    _preview,
    _release,
    _hint,
)
