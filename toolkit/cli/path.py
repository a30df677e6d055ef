"""`mentor path`."""

from __future__ import annotations

import click

from toolkit.cli.command import command_group, json_option, mentor_command
from toolkit.cli.output import current_practice, print_rows
from toolkit.domain.learning_path import path_problems
from toolkit.i18n import _, ngettext
from toolkit.services.catalogue import Catalogue

__all__ = ["path_command"]

_PATH = click.argument("path", default="python-foundations")


@mentor_command("show", _("Show a learning path: its milestones, skills and exercises."), "mentor path show")
@_PATH
@json_option
@click.pass_context
def _show(ctx: click.Context, path: str, *, as_json: bool) -> None:
    catalogue = Catalogue(current_practice(ctx))
    found = catalogue.path(path)
    if not as_json:
        click.echo(f"{found.title} ({found.id}, {found.version})")
    print_rows(
        [_("Milestone"), _("Skill"), _("Needs"), _("Exercises")],
        [
            {
                "milestone": milestone.id if as_json else str(milestone.title),
                "skill": skill.id if as_json else str(skill.title),
                "prerequisites": list(skill.prerequisites),
                "exercises": [card.id for card in catalogue.cards if skill.id in card.skills],
            }
            for milestone in found.milestones
            for skill in milestone.skills
        ],
        as_json=as_json,
        empty="",
    )


@mentor_command("check", _("Check a path and the cards of its exercises."), "mentor path check")
@_PATH
@click.pass_context
def _check(ctx: click.Context, path: str) -> None:
    catalogue = Catalogue(current_practice(ctx))
    found = catalogue.path(path)
    problems = list(path_problems(found, catalogue.cards))
    for problem in problems:
        click.echo(problem)
    n = len(problems)
    if n:
        click.echo(ngettext("{n} problem to fix.", "{n} problems to fix.", n).format(n=n))
        ctx.exit(1)
    n = len(found.skills)
    click.echo(
        ngettext("The path has no problems: {n} skill.", "The path has no problems: {n} skills.", n).format(
            n=n
        )
    )


path_command = command_group("path", _("The learning paths."), _show, _check)
