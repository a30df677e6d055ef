"""`mentor exercise`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit.cli.command import command_group, json_option, mentor_command
from toolkit.cli.completion import complete_exercises, complete_students
from toolkit.cli.output import (
    current_practice,
    print_next_step,
    print_problems,
    print_rows,
    progress_bar,
    relative_path,
)
from toolkit.errors import DuplicateError
from toolkit.i18n import LANGUAGES, Language, _, current_language, ngettext
from toolkit.services.exercises import manage_exercises as service
from toolkit.services.exercises.solution_check import SolutionProblem

__all__ = ["exercise_command"]


@mentor_command("list", _("List the exercises."), "mentor exercise list", "mentor exercise list --json")
@json_option
@click.pass_context
def _list(ctx: click.Context, *, as_json: bool) -> None:
    print_rows(
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
            for listed in service.list_exercises(current_practice(ctx))
        ],
        as_json=as_json,
        empty=_("No exercises yet. Write one: mentor exercise new NAME"),
    )


@mentor_command(
    "new", _("Write a new exercise from a template that works."), "mentor exercise new word-count"
)
@click.argument("name")
@click.option("--title", default="", help=_("Its title; made from the name if left out."))
@click.pass_context
def _new(ctx: click.Context, name: str, title: str) -> None:
    for path in service.create_exercise(current_practice(ctx), name, title):
        click.echo(relative_path(path))
    print_next_step(_("Next: edit both, then mentor exercise check {name}").format(name=name))


@mentor_command(
    "check",
    _("Check exercises: the solution passes, each wrong answer is caught, nothing leaks."),
    "mentor exercise check bakery-till",
    "mentor exercise check",
)
@click.argument("name", nargs=-1, metavar="[EXERCISE]...", shell_complete=complete_exercises)
@click.pass_context
def _check(ctx: click.Context, name: tuple[str, ...]) -> None:
    with progress_bar(_("Checking")) as step:
        findings = service.check_exercises(current_practice(ctx), name, step)
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
        print_next_step(
            _("Next: mentor exercise preview {name}, mentor exercise release {name}").format(
                name=next(iter(findings))
            )
        )


@mentor_command(
    "variant",
    _("Make another exercise from one: other numbers and names, the same skills."),
    "mentor exercise variant bakery-till",
    "mentor exercise variant bakery-till --seed 7",
)
@click.argument("name", metavar="EXERCISE", shell_complete=complete_exercises)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help=_("The number that chooses; the same one always gives the same exercise."),
)
@click.pass_context
def _variant(ctx: click.Context, name: str, seed: int | None) -> None:
    notebook, card = service.create_variant(current_practice(ctx), name, seed)
    click.echo(relative_path(notebook))
    click.echo(relative_path(card))
    print_next_step(
        _("Next: mentor exercise release {name} --student STUDENT").format(name=notebook.parent.name)
    )


@mentor_command(
    "preview",
    _("Show an exercise as a student is given it; nothing is released."),
    "mentor exercise preview bakery-till --language fr",
    "mentor exercise preview bakery-till --to look.ipynb",
)
@click.argument("name", metavar="EXERCISE", shell_complete=complete_exercises)
@click.option("--language", type=click.Choice(LANGUAGES), help=_("The student's; yours if left out."))
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help=_("Write the notebook into this file, to be opened in JupyterLab."),
)
@click.pass_context
def _preview(ctx: click.Context, name: str, language: Language | None, target: Path | None) -> None:
    data = service.preview_exercise(current_practice(ctx), name, language or current_language())
    if target is None:
        for cell in json.loads(data)["cells"]:
            text = cell["source"]
            click.echo(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
            click.echo()
    elif target.exists():
        raise DuplicateError(_("There is {path} already.").format(path=target), _("Name another file."))
    else:
        with disk_errors(target.parent):
            atomic_write(target, data)
        click.echo(relative_path(target))


@mentor_command(
    "release",
    _("Give exercises out: a copy in each student's language, in the workspace; work that is there is kept."),
    "mentor exercise release bakery-till",
    "mentor exercise release bakery-till --student zoe-lefevre",
)
@click.argument("name", nargs=-1, required=True, metavar="EXERCISE...", shell_complete=complete_exercises)
@click.option(
    "--student", "student", multiple=True, shell_complete=complete_students, help=_("Only to this student.")
)
@click.pass_context
def _release(ctx: click.Context, name: tuple[str, ...], student: tuple[str, ...]) -> None:
    problems: list[SolutionProblem] = []
    with progress_bar(_("Giving out")) as step:
        given = service.release_exercises(current_practice(ctx), name, student or None, step, problems.append)
    print_problems(problems)
    for one in given:
        if one.kept:
            click.echo(
                _("{path} is there already; it was kept as it is.").format(path=relative_path(one.path))
            )
        else:
            click.echo(relative_path(one.path))
    if not given:
        click.echo(_("Released; no active student to give it to."))
    print_next_step(_("Next, when it comes back: mentor collect FILE_OR_DIR"))


@mentor_command(
    "hint",
    _("Give a student the next hint of an exercise; it is noted."),
    "mentor exercise hint bakery-till zoe-lefevre",
)
@click.argument("name", metavar="EXERCISE", shell_complete=complete_exercises)
@click.argument("student", shell_complete=complete_students)
@click.pass_context
def _hint(ctx: click.Context, name: str, student: str) -> None:
    given = service.give_hint(current_practice(ctx), name, student)
    click.echo(_("Hint {n} of {total}:").format(n=given.step, total=given.total))
    click.echo(given.text)


exercise_command = command_group(
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
