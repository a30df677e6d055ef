"""`mentor live` and `mentor invite`."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import click
import segno

from toolkit.cli.command import mentor_command
from toolkit.cli.completion import complete_exercises, complete_students
from toolkit.cli.output import current_practice, print_next_step
from toolkit.cli.watch import interrupt_on_sigterm, print_event
from toolkit.domain.session import Session
from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.services.grading.watch_submissions import watch_submissions
from toolkit.services.sessions import group_sessions, live_session

__all__ = ["invite_command", "live_command", "share_session"]

# Commands that copy their input to the clipboard: of Wayland, X11 (two), macOS, and Windows under WSL.
_CLIPBOARDS = (
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "-ib"),
    ("pbcopy",),
    ("clip.exe",),
)


@mentor_command(
    "live",
    _("Share a session until Ctrl-C: it opens in your browser and the student's, or the group's."),
    "mentor live zoe-lefevre",
    "mentor live zoe-lefevre ben-okafor",
    "mentor live zoe-lefevre --public-url https://call.example",
    "mentor live zoe-lefevre --host 192.0.2.7 --certfile cert.pem --keyfile key.pem",
)
@click.argument("student", nargs=-1, required=True, shell_complete=complete_students)
@click.option("--minutes", type=int, help=_("Length, of a session that is not planned yet."))
@click.option("--exercise", shell_complete=complete_exercises, help=_("The exercise of the day, likewise."))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help=_("A free one if left out."))
@click.option("--host", default="127.0.0.1", help=_("Where to listen; this machine alone if left out."))
@click.option("--public-url", default="", help=_("Where people reach it: a tunnel, a reverse proxy."))
@click.option(
    "--trusted-proxy",
    "trusted_proxies",
    multiple=True,
    metavar="ADDRESS",
    help=_("A proxy on another machine, by its IP address; those of this machine are always trusted."),
)
@click.option("--certfile", type=click.Path(path_type=Path, exists=True), help=_("The certificate, for TLS."))
@click.option("--keyfile", type=click.Path(path_type=Path, exists=True), help=_("Its key."))
@click.option("--insecure", is_flag=True, help=_("Listen beyond this machine without TLS: all can be read."))
@click.pass_context
def live_command(
    ctx: click.Context,
    student: tuple[str, ...],
    minutes: int | None,
    exercise: str | None,
    port: int,
    host: str,
    public_url: str,
    trusted_proxies: tuple[str, ...],
    certfile: Path | None,
    keyfile: Path | None,
    *,
    insecure: bool,
) -> None:
    """Serve the session of a student or of a group until it ends.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    student : tuple of str
        Ids or names of the students.
    minutes : int, optional
        Length of a new session.
    exercise : str, optional
        Exercise of the day of a new session.
    port : int
        Port to listen on; 0 for a free one.
    host : str
        Address to listen on.
    public_url : str
        URL at which participants reach the server, if another.
    trusted_proxies : tuple of str
        IP addresses of trusted proxies on other machines.
    certfile, keyfile : Path, optional
        Certificate and key for TLS.
    insecure : bool
        Whether to listen beyond this machine without TLS.
    """
    practice = current_practice(ctx)
    if len(student) == 1:
        session = live_session.session_to_hold(practice, student[0], minutes=minutes, exercise=exercise)
    else:
        session = group_sessions.group_session_to_hold(practice, student, minutes=minutes, exercise=exercise)
    share_session(
        practice,
        session,
        host=host,
        port=port,
        public_url=public_url,
        trusted_proxies=trusted_proxies,
        certfile=certfile,
        keyfile=keyfile,
        insecure=insecure,
    )


def share_session(
    practice: Practice,
    session: Session,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    public_url: str = "",
    trusted_proxies: tuple[str, ...] = (),
    certfile: Path | None = None,
    keyfile: Path | None = None,
    insecure: bool = False,
) -> None:
    """Start a session, print its links, and serve it until Ctrl-C or its close.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session; of a group, any of its sessions.
    host : str
        Address to listen on.
    port : int
        Port to listen on; 0 for a free one.
    public_url : str
        URL at which participants reach the server, if another.
    trusted_proxies : tuple of str
        IP addresses of trusted proxies on other machines.
    certfile, keyfile : Path, optional
        Certificate and key for TLS.
    insecure : bool
        Whether to listen beyond this machine without TLS.
    """
    try:
        with (
            interrupt_on_sigterm(),
            live_session.serve_session(
                practice,
                session,
                host=host,
                port=port,
                public_url=public_url,
                trusted_proxies=trusted_proxies,
                certfile=certfile,
                keyfile=keyfile,
                insecure=insecure,
                failed=lambda problem: click.echo(str(problem), err=True),
            ) as served,
        ):
            if served.process.notice:
                click.secho(served.process.notice, bold=True, err=True)
            click.echo(_("Session {id} is live.").format(id=session.id))
            click.echo(_("Your link: {url}").format(url=served.link(live_session.MENTOR_ID)))
            alone = len(served.students) == 1
            for student in served.students:
                _show_link(student.name, served.link(student.id), copy=alone)
            click.echo(_("Each link opens once, within a day."))
            print_next_step(
                _(
                    "Ctrl-C stops sharing, and mentor live goes on with it. At the end: mentor close {id}"
                ).format(id=session.id)
            )
            sys.stdout.flush()
            # Submissions are graded at once during the session.
            watch_submissions(practice, print_event, goes_on=served.goes_on)
    except KeyboardInterrupt:
        # Ctrl-C is the normal end of sharing; nothing of the session is lost.
        click.echo("")
    click.echo(_("Session {id} is no longer shared.").format(id=session.id))


@mentor_command(
    "invite",
    _("Make a new link into the session that is live: the one before was used, or lost."),
    "mentor invite zoe-lefevre",
    "mentor invite zoe-lefevre --mentor",
)
@click.argument("student", shell_complete=complete_students)
@click.option("--mentor", is_flag=True, help=_("A link for yourself."))
@click.pass_context
def invite_command(ctx: click.Context, student: str, *, mentor: bool) -> None:
    """Print a new invitation link into a live session.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    student : str
        Id of the student, or of the session.
    mentor : bool
        Whether the link is for the mentor.
    """
    practice = current_practice(ctx)
    session = live_session.find_live_session(practice, student)
    if mentor:
        click.echo(
            _("Your link: {url}").format(
                url=live_session.create_invitation(practice, session.id, live_session.MENTOR_ID)
            )
        )
        return
    with practice.store.read() as tx:
        name = tx.students.get(session.student_id).name
    _show_link(name, live_session.create_invitation(practice, session.id, session.student_id))
    click.echo(_("Each link opens once, within a day."))


def _show_link(name: str, url: str, *, copy: bool = True) -> None:
    """Print a participant's link, and copy it: the clipboard holds one link."""
    line = _("For {name}: {url}").format(name=name, url=url)
    copied = _("(copied)")
    click.echo(f"{line} {copied}" if copy and _copy(url) else line)
    if sys.stdout.isatty():
        drawn = io.StringIO()
        segno.make(url, error="l").terminal(drawn, compact=True)
        click.echo(drawn.getvalue())


def _copy(text: str) -> bool:
    """Copy a text to the clipboard if the output is a terminal; return whether it was copied."""
    if not sys.stdout.isatty():
        return False
    for line in _CLIPBOARDS:
        program = shutil.which(line[0])
        if program:
            with suppress(OSError, subprocess.SubprocessError):
                subprocess.run(
                    [program, *line[1:]],
                    input=text.encode(),
                    timeout=2,
                    check=True,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                return True
    return False
