"""`mentor session`."""

from __future__ import annotations

from datetime import datetime

import click

from toolkit.cli.close import close_and_report, close_options
from toolkit.cli.command import command_group, json_option, mentor_command
from toolkit.cli.completion import complete_exercises, complete_sessions, complete_students
from toolkit.cli.datetime_param import DateTimeParam
from toolkit.cli.desk import show_brief
from toolkit.cli.output import current_practice, print_next_step, print_rows, relative_path
from toolkit.domain.session import Session, SessionState
from toolkit.i18n import _, format_datetime
from toolkit.reports.export.recap_document import recap_as_text as recap_text
from toolkit.services.sessions import desk_notebooks, session_recap, session_workspace, wishes_and_consents
from toolkit.services.sessions import session_lifecycle as service
from toolkit.store import NoteSide

__all__ = ["session_command"]

_WHEN = _("When: '2026-11-24 18:00', 'tomorrow 18:00', 'friday 9:30'.")
_ANYWAY = _("Even in the past, or at the time of another session.")


@mentor_command(
    "plan",
    _("Plan a session, with its agenda, and prepare its notebook."),
    "mentor session plan zoe-lefevre --at 'tomorrow 18:00'",
    "mentor session plan ben-okafor --at '2026-11-27 09:30' --minutes 45 --exercise bakery-till",
    "mentor session plan ben-okafor --at 'friday 18:00' --topic 'The interview on Monday'",
)
@click.argument("student", shell_complete=complete_students)
@click.option("--at", "starts_at", type=DateTimeParam(), required=True, help=_WHEN)
@click.option("--minutes", type=int, help=_("Length; the practice's usual one if left out."))
@click.option("--exercise", shell_complete=complete_exercises, help=_("The exercise of the day."))
@click.option("--topic", "topics", multiple=True, help=_("A talking point; may be given several times."))
@click.option("--anyway", is_flag=True, help=_ANYWAY)
@click.pass_context
def _plan(
    ctx: click.Context,
    student: str,
    starts_at: datetime,
    minutes: int | None,
    exercise: str | None,
    topics: tuple[str, ...],
    *,
    anyway: bool,
) -> None:
    practice = current_practice(ctx)
    session = service.plan_session(
        practice, student, starts_at, minutes=minutes, exercise=exercise, topics=topics, anyway=anyway
    )
    click.echo(
        _("Session {id}: {time}, {minutes} minutes.").format(
            id=session.id, time=format_datetime(session.starts_at), minutes=session.minutes
        )
    )
    click.echo(relative_path(session_workspace.notebook_path(practice, session)))
    print_next_step(_("Next: mentor session start {id}").format(id=session.id))


@mentor_command(
    "list", _("List the sessions."), "mentor session list", "mentor session list zoe-lefevre --json"
)
@click.argument("student", required=False, shell_complete=complete_students)
@json_option
@click.pass_context
def _list(ctx: click.Context, student: str | None, *, as_json: bool) -> None:
    with current_practice(ctx).store.read() as tx:
        found = tx.sessions.for_student(tx.students.get(student).id) if student else tx.sessions.all()
    print_rows(
        [_("Id"), _("Student"), _("When"), _("Minutes"), _("Exercise"), _("State")],
        [
            {
                "id": session.id,
                "student": session.student_id,
                "starts_at": session.starts_at if as_json else format_datetime(session.starts_at),
                "minutes": session.minutes,
                "exercise": session.exercise,
                "state": str(session.state) if as_json else _(str(session.state)),
            }
            for session in found
        ],
        as_json=as_json,
        empty=_("No sessions yet. Plan one: mentor session plan STUDENT --at 'tomorrow 18:00'"),
    )


@mentor_command("show", _("Show one session: its agenda and its recap."), "mentor session show zoe-lefevre-1")
@click.argument("session", shell_complete=complete_sessions)
@json_option
@click.pass_context
def _show(ctx: click.Context, session: str, *, as_json: bool) -> None:
    practice = current_practice(ctx)
    with practice.store.read() as tx:
        found = tx.sessions.get(session)
        notes = [
            note.text
            for note in tx.notes.for_student(found.student_id, NoteSide.MENTOR)
            if note.session_id == found.id
        ]
        owed = next((line for line in tx.ledger.all() if line.session_id == found.id), None)
    notebook = session_workspace.notebook_path(practice, found)
    if as_json:
        shown = {
            "id": found.id,
            "student": found.student_id,
            "starts_at": found.starts_at,
            "minutes": found.minutes,
            "exercise": found.exercise,
            "state": str(found.state),
            "agenda": [
                {"text": i.text, "minutes": i.minutes, "state": str(i.state), "added_by": i.added_by}
                for i in found.agenda
            ],
            "recap": found.recap,
            "notes": notes,
            "ledger": str(owed.state) if owed else None,
            "notebook": str(notebook) if notebook.exists() else None,
        }
        print_rows([], [shown], as_json=True)
        return
    click.echo(f"{found.id} – {format_datetime(found.starts_at)} – {_(str(found.state))}")
    if notebook.exists():
        click.echo(relative_path(notebook))
    print_rows(
        [_("Minutes"), _("Agenda"), _("State"), _("Added by")],
        [
            {
                "minutes": item.minutes,
                "text": item.text,
                "state": _(str(item.state)),
                "added_by": _(item.added_by),
            }
            for item in found.agenda
        ],
        empty=_("The agenda is empty."),
    )
    if found.recap:
        click.echo("\n" + found.recap)
    for note in notes:
        click.echo("\n" + _("Private note: {text}").format(text=note))
    if owed:
        click.echo("\n" + _("Ledger: {state}").format(state=_(str(owed.state))))


@mentor_command(
    "brief",
    _("Show what to know before a session: promises, attempts since, reviews due, a way to begin."),
    "mentor session brief zoe-lefevre-3",
)
@click.argument("session", shell_complete=complete_sessions)
@click.pass_context
def _brief(ctx: click.Context, session: str) -> None:
    practice = current_practice(ctx)
    show_brief(desk_notebooks.prepare_session(practice, session))
    print_next_step(_("Next: mentor desk {id}").format(id=session))


@mentor_command(
    "wish",
    _("Write down what the student wishes for, when it came by mail; it stands in the brief."),
    "mentor session wish zoe-lefevre-3 'Stuck on joins; wants to finish the report.'",
)
@click.argument("session", shell_complete=complete_sessions)
@click.argument("text")
@click.pass_context
def _wish(ctx: click.Context, session: str, text: str) -> None:
    if not text.strip():
        raise click.UsageError(_("Say what the student wishes for, in quotes."))
    wishes_and_consents.record_wish(current_practice(ctx), session, text)
    click.echo(_("Written down for session {id}.").format(id=session))
    print_next_step(_("Next: mentor session brief {id}").format(id=session))


@mentor_command(
    "start", _("Start a session: its notebook is ready to open."), "mentor session start zoe-lefevre-1"
)
@click.argument("session", shell_complete=complete_sessions)
@click.pass_context
def _start(ctx: click.Context, session: str) -> None:
    practice = current_practice(ctx)
    started, path = service.start_session(practice, session)
    click.echo(_("Session {id} is live.").format(id=started.id))
    click.echo(relative_path(path))
    print_next_step(
        _("Next: mentor open {path} – and afterwards: mentor session close {id}").format(
            path=relative_path(path), id=started.id
        )
    )


@mentor_command(
    "close",
    _("Close a session: what was ticked and agreed is shown, and kept once you confirm it."),
    "mentor session close zoe-lefevre-1",
    "mentor session close zoe-lefevre-1 --yes --note 'Tired today; shorter exercises.'",
)
@click.argument("session", shell_complete=complete_sessions)
@close_options
@click.pass_context
def _close(ctx: click.Context, session: str, note: str, recap: str, *, yes: bool) -> None:
    close_and_report(current_practice(ctx), session, note=note, recap=recap, yes=yes)


def _show_state(session: Session) -> None:
    click.echo(_("Session {id} is {state} now.").format(id=session.id, state=_(str(session.state))))


@mentor_command("confirm", _("Note that the student has confirmed."), "mentor session confirm zoe-lefevre-2")
@click.argument("session", shell_complete=complete_sessions)
@click.pass_context
def _confirm(ctx: click.Context, session: str) -> None:
    _show_state(service.change_state(current_practice(ctx), session, "confirm"))


@mentor_command(
    "move", _("Move the same session to another time."), "mentor session move zoe-lefevre-2 'friday 18:00'"
)
@click.argument("session", shell_complete=complete_sessions)
@click.argument("starts_at", type=DateTimeParam())
@click.option("--anyway", is_flag=True, help=_ANYWAY)
@click.pass_context
def _move(ctx: click.Context, session: str, starts_at: datetime, *, anyway: bool) -> None:
    moved = service.reschedule_session(current_practice(ctx), session, starts_at, anyway=anyway)
    click.echo(_("Session {id}: {time}.").format(id=moved.id, time=format_datetime(moved.starts_at)))


@mentor_command(
    "cancel",
    _("Cancel a session; a student's cancellation is late within 24 hours of the start."),
    "mentor session cancel zoe-lefevre-2 --by student",
    "mentor session cancel zoe-lefevre-2 --by student --at 'yesterday 12:00'",
    "mentor session cancel zoe-lefevre-2 --technical",
)
@click.argument("session", shell_complete=complete_sessions)
@click.option("--by", type=click.Choice(["student", "mentor"]), help=_("Who cancelled."))
@click.option("--at", "at", type=DateTimeParam(), help=_("When it was cancelled; now if left out."))
@click.option("--technical", is_flag=True, help=_("The technology failed; nobody is billed."))
@click.pass_context
def _cancel(
    ctx: click.Context, session: str, by: str | None, at: datetime | None, *, technical: bool
) -> None:
    if technical:
        _show_state(service.change_state(current_practice(ctx), session, "fail"))
    elif by is None:
        raise click.UsageError(_("Say who cancelled: --by student, --by mentor, or --technical."))
    else:
        _show_state(
            service.cancel_session(
                current_practice(ctx), session, "mentor" if by == "mentor" else "student", at
            )
        )


@mentor_command(
    "no-show", _("Note that somebody did not come."), "mentor session no-show zoe-lefevre-2 --of student"
)
@click.argument("session", shell_complete=complete_sessions)
@click.option("--of", type=click.Choice(["student", "mentor"]), default="student", help=_("Who."))
@click.pass_context
def _no_show(ctx: click.Context, session: str, of: str) -> None:
    found = service.record_no_show(current_practice(ctx), session, "mentor" if of == "mentor" else "student")
    _show_state(found)
    if found.state is SessionState.NO_SHOW_STUDENT:
        print_next_step(_("Next: mentor session plan {id} --at 'tomorrow 18:00'").format(id=found.student_id))


@mentor_command(
    "recap",
    _("Write the recap of a session that was held: notebook, page, and plain text for an e-mail."),
    "mentor session recap zoe-lefevre-1",
    "mentor session recap zoe-lefevre-1 --text",
    "mentor session recap zoe-lefevre-1 --mail",
)
@click.argument("session", shell_complete=complete_sessions)
@click.option("--text", "as_text", is_flag=True, help=_("Print the text, and write nothing."))
@click.option("--mail", "as_mail", is_flag=True, help=_("Write an e-mail that your mail program can open."))
@click.pass_context
def _recap(ctx: click.Context, session: str, *, as_text: bool, as_mail: bool) -> None:
    practice = current_practice(ctx)
    if as_mail:
        mail = relative_path(session_recap.write_recap_mail(practice, session))
        click.echo(mail)
        print_next_step(_("Next: open {path} with your mail program, and send it").format(path=mail))
        return
    if as_text:
        click.echo(recap_text(session_recap.load_recap(practice, session)), nl=False)
        return
    written = session_recap.write_recap_files(practice, session)
    for path in (written.notebook, written.page, written.plain):
        click.echo(relative_path(path))
    print_next_step(_("Next: send {path}").format(path=relative_path(written.plain)))


session_command = command_group(
    "session",
    _("The sessions: plan, start, close."),
    _plan,
    _list,
    _show,
    _brief,
    _wish,
    _confirm,
    _move,
    _start,
    _close,
    _recap,
    _cancel,
    _no_show,
)
