"""`mentor skill`."""

from __future__ import annotations

import click

from toolkit.cli.command import command_group, json_option, mentor_command
from toolkit.cli.completion import complete_students
from toolkit.cli.output import current_practice, print_next_step, print_rows
from toolkit.domain.skill_opinions import Stance
from toolkit.i18n import N_, _, format_date
from toolkit.reports.snapshot.skill_models import SayingLine
from toolkit.services.reports import skill_statements as service

__all__ = ["skill_command"]


@mentor_command(
    "list",
    _("List a student's skills: the evidence, and beside it what the two of you say."),
    "mentor skill list zoe-lefevre",
    "mentor skill list zoe-lefevre --json",
)
@click.argument("student", shell_complete=complete_students)
@json_option
@click.pass_context
def _list(ctx: click.Context, student: str, *, as_json: bool) -> None:
    found = service.load_student_state(current_practice(ctx), student)
    print_rows(
        [_("Skill"), _("Title"), _("State"), _("Evidence"), _("Next look"), _("Student"), _("Mentor")],
        [
            {
                "skill": skill.id,
                "title": skill.title,
                "state": str(skill.state) if as_json else skill.word,
                "evidence": [one.model_dump(mode="json") for one in skill.evidence]
                if as_json
                else len(skill.evidence),
                "review_on": skill.review_on,
                "student": _statement(skill.student_says, as_json=as_json),
                "mentor": _statement(skill.mentor_says, as_json=as_json),
            }
            for skill in found.skills
        ],
        as_json=as_json,
    )


def _statement(line: SayingLine | None, *, as_json: bool) -> object:
    if line is None:
        return None
    if as_json:
        return line.model_dump(mode="json")
    said = f"{line.word} ({format_date(line.on)})"
    return _("{sentence} “{words}”").format(sentence=said, words=line.words) if line.words else said


def _statement_command(name: str, text: str, stance: Stance, done: str, example: str) -> click.Command:
    """Return a command that stores a statement of the mentor about a skill."""

    @mentor_command(name, text, f"mentor skill {name} zoe-lefevre for-loops{example}")
    @click.argument("student", shell_complete=complete_students)
    @click.argument("skill")
    @click.argument("why", default="")
    @click.pass_context
    def say(ctx: click.Context, student: str, skill: str, why: str) -> None:
        person, found = service.state_opinion(current_practice(ctx), student, skill, stance, why)
        click.echo(_(done).format(name=person.name, skill=found.title))
        print_next_step(_("Next: mentor skill list {id}").format(id=person.id))

    return say


skill_command = command_group(
    "skill",
    _("The skills of a student: what you say of them, beside the evidence."),
    _list,
    _statement_command(
        "confirm",
        _("Confirm a skill: you have seen it. Its state still follows from the evidence alone."),
        Stance.CONFIRMED,
        N_("You confirm “{skill}” of {name}."),
        ' "Explained it to Ben."',
    ),
    _statement_command(
        "contest",
        _("Contest a skill: you see it otherwise than the evidence. Its state stays what it is."),
        Stance.CONTESTED,
        N_("You contest “{skill}” of {name}."),
        ' "Copied from the lesson."',
    ),
    _statement_command(
        "withdraw",
        _("Take back what you said of a skill."),
        Stance.WITHDRAWN,
        N_("You say nothing of “{skill}” of {name} any more."),
        "",
    ),
)
