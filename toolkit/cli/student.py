"""`mentor student`."""

from __future__ import annotations

from datetime import date, datetime

import click

from toolkit.cli.command import command_group, json_option, mentor_command
from toolkit.cli.completion import complete_students
from toolkit.cli.output import current_practice, print_next_step, print_rows
from toolkit.domain.agenda import ActionState
from toolkit.i18n import LANGUAGES, N_, Language, _, format_date, format_datetime
from toolkit.services.practice import mentorships as service

__all__ = ["student_command"]


@mentor_command(
    "add",
    _("Take a student on."),
    'mentor student add "Zoé Lefèvre" --language fr',
    'mentor student add "Ben Okafor" --email ben@example.org --invited',
)
@click.argument("name")
@click.option("--id", "student_id", help=_("A folder-safe id; made from the name if left out."))
@click.option("--email", default="", help=_("Where mail reaches the student."))
@click.option("--language", type=click.Choice(LANGUAGES), help=_("What the student reads."))
@click.option(
    "--address",
    type=click.Choice(["tu", "vous"]),
    default="tu",
    help=_("How French texts address the student."),
)
@click.option("--path", default="python-foundations", show_default=True, help=_("The learning path."))
@click.option("--invited", is_flag=True, help=_("The student has yet to say yes."))
@click.pass_context
def _add(
    ctx: click.Context,
    name: str,
    student_id: str | None,
    email: str,
    language: Language | None,
    address: str,
    path: str,
    *,
    invited: bool,
) -> None:
    student = service.add_student(
        current_practice(ctx),
        name,
        student_id=student_id,
        email=email,
        language=language,
        address="vous" if address == "vous" else "tu",
        path=path,
        invited=invited,
    )
    click.echo(_("{name} is here as '{id}'.").format(name=student.name, id=student.id))
    print_next_step(_("Next: mentor session plan {id} --at 'tomorrow 18:00'").format(id=student.id))


@mentor_command("list", _("List the students."), "mentor student list", "mentor student list --json")
@json_option
@click.pass_context
def _list(ctx: click.Context, *, as_json: bool) -> None:
    with current_practice(ctx).store.read() as tx:
        lines = [
            {
                "id": student.id,
                "name": student.name,
                "state": str(student.state) if as_json else _(str(student.state)),
                "language": student.language,
                "path": student.path,
                "since": student.since if as_json else format_date(student.since.astimezone().date()),
            }
            for student in tx.students.all()
        ]
    print_rows(
        [_("Id"), _("Name"), _("State"), _("Language"), _("Path"), _("Since")],
        lines,
        as_json=as_json,
        empty=_("No students yet. Take the first one on: mentor student add NAME"),
    )


@mentor_command(
    "show", _("Show one student: sessions, attempts, open actions."), "mentor student show zoe-lefevre"
)
@click.argument("student", shell_complete=complete_students)
@json_option
@click.pass_context
def _show(ctx: click.Context, student: str, *, as_json: bool) -> None:
    with current_practice(ctx).store.read() as tx:
        found = tx.students.get(student)
        events: list[tuple[str, datetime | date | None, str, str]] = [
            *((N_("session"), s.starts_at, s.id, str(s.state)) for s in tx.sessions.for_student(found.id)),
            *(
                (
                    N_("attempt"),
                    a.received_at,
                    a.exercise_id,
                    str(a.outcome.verdict) if a.outcome else N_("waiting"),
                )
                for a in tx.attempts.for_student(found.id)
            ),
            *(
                (N_("action"), a.due, a.text, str(a.state))
                for a in tx.actions.for_student(found.id, ActionState.OPEN)
            ),
        ]
    if not as_json:
        click.echo(f"{found.name} ({found.id}) – {_(str(found.state))}")
    print_rows(
        [_("Kind"), _("When"), _("What"), _("State")],
        [
            {
                "kind": kind if as_json else _(kind),
                "when": when if as_json else _format_when(when),
                "what": what,
                "state": state if as_json else _(state),
            }
            for kind, when, what, state in events
        ],
        as_json=as_json,
        empty=_("Nothing yet. Plan a session: mentor session plan {id} --at 'tomorrow 18:00'").format(
            id=found.id
        ),
    )


def _format_when(when: datetime | date | None) -> str | None:
    if isinstance(when, datetime):
        return format_datetime(when)
    return format_date(when) if when else None


def _change(action: str, text: str, done: str) -> click.Command:
    @mentor_command(action, text, f"mentor student {action} zoe-lefevre")
    @click.argument("student", shell_complete=complete_students)
    @click.pass_context
    def change(ctx: click.Context, student: str) -> None:
        found = service.change_mentorship(current_practice(ctx), student, action)
        click.echo(done.format(name=found.name, state=_(str(found.state))))

    return change


_DONE = _("{name}'s mentorship is {state} now.")

student_command = command_group(
    "student",
    _("The students and their mentorships."),
    _add,
    _list,
    _show,
    _change("pause", _("Pause a mentorship."), _DONE),
    _change("resume", _("Begin an invited mentorship, or resume a paused one."), _DONE),
    _change("end", _("End a mentorship; everything is kept."), _DONE),
)
