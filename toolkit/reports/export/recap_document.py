"""The recap of a session as three files: a notebook, an HTML page, and plain text for an e-mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict

from toolkit._internal.atomic_io import atomic_write
from toolkit._internal.markdown_subset import as_plain_text
from toolkit.i18n import _, format_date, format_datetime, use_language
from toolkit.reports.render.html_blocks import (
    Block,
    escaped,
    html_list,
    isolated,
    joined,
    muted,
    paragraph,
    small_line,
)
from toolkit.reports.render.markdown import render_markdown
from toolkit.reports.snapshot.snapshot_models import StudentLine

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = [
    "RECAP_TEMPLATE",
    "Recap",
    "RecapExercise",
    "RecapMail",
    "RecapPage",
    "recap_as_mail",
    "recap_as_text",
    "write_recap",
]

RECAP_TEMPLATE = "reports/recap.ipynb"


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecapExercise(_Line):
    """An exercise that the recap suggests.

    Parameters
    ----------
    minutes : int
        Usual working time, minutes.
    reason : str
        Reason for the suggestion, in one sentence.
    place : str
        Path of its notebook, relative to the student's workspace; empty if it is not there yet.
    """

    title: str
    minutes: int
    reason: str
    place: str = ""


class Recap(_Line):
    """The recap of a session. A template receives it as the parameter ``recap``.

    Parameters
    ----------
    session : str
        Id of the session.
    mentor : str
        Name of the mentor.
    starts_at : datetime
        Start of the session, aware.
    minutes : int
        Length of the session, minutes.
    words : str
        Points discussed, decisions, and actions with owner and date, as the mentor confirmed them; Markdown.
    exercises : tuple of RecapExercise
        Suggested exercises.
    next_at : datetime, optional
        Start of the next session, aware; None if none is planned.
    """

    session: str
    student: StudentLine
    mentor: str
    starts_at: datetime
    minutes: int
    words: str
    exercises: tuple[RecapExercise, ...] = ()
    next_at: datetime | None = None


def _in_student_language(part: Callable[[RecapPage], Block]) -> Callable[[RecapPage], Block]:
    @wraps(part)
    def translated(page: RecapPage) -> Block:
        with use_language(page.recap.student.language):
            return part(page)

    return translated


class RecapPage:
    """The recap of one session as blocks for the cells of a template.

    Parameters
    ----------
    recap : Recap or mapping
        The template's parameter ``recap``.
    """

    def __init__(self, recap: Recap | Mapping[str, Any]) -> None:
        self.recap = recap if isinstance(recap, Recap) else Recap.model_validate(recap)

    @_in_student_language
    def letter(self) -> Block:
        """Show the session's date, length and people, and the date of the next one."""
        recap = self.recap
        facts = [
            isolated(recap.student.name),
            escaped(_("{n} min").format(n=recap.minutes)),
            isolated(recap.mentor),
        ]
        line = paragraph(muted(joined(" · ", filter(None, facts))))
        head = Markup("<h1>{}</h1>{}").format(_title(recap), line)
        return Block(head + paragraph(escaped(_next(recap))), "letter")

    @_in_student_language
    def words(self) -> Block:
        """Show the text of the recap."""
        words = self.recap.words.strip()
        return Block(
            render_markdown(words) if words else paragraph(escaped(_("Nothing was written down."))), "words"
        )

    @_in_student_language
    def exercises(self) -> Block:
        """Show the suggested exercises, each with a link to its notebook."""
        lines = [_linked(line) for line in self.recap.exercises]
        if not lines:
            return Block(paragraph(escaped(_("No exercise is open just now."))), "next")
        return Block(html_list(lines), "next")


def _title(recap: Recap) -> str:
    with use_language(recap.student.language):
        day = format_date(recap.starts_at.astimezone().date())
        return _("Recap of the session of {date}").format(date=day)


def _next(recap: Recap) -> str:
    if recap.next_at is None:
        return _("No next session is planned yet.")
    return _("Next session: {moment}").format(moment=format_datetime(recap.next_at))


def _linked(line: RecapExercise) -> Markup:
    title = isolated(line.title)
    if line.place:
        # The recap lies in the session's folder, two levels below the workspace.
        title = Markup('<a href="../../{}">{}</a>').format(quote(line.place), title)
    minutes = _("{n} min").format(n=line.minutes)
    return Markup("{} {}{}").format(title, muted(escaped(f"· {minutes}")), small_line(escaped(line.reason)))


def recap_as_text(recap: Recap) -> str:
    """Return the recap as plain text for the body of an e-mail, in the student's language."""
    with use_language(recap.student.language):
        lines = [_("Hello {name},").format(name=recap.student.given_name), "", _title(recap), ""]
        lines += [line.rstrip() for line in as_plain_text(recap.words.strip()).splitlines()]
        if recap.exercises:
            lines += ["", _("Exercises to go on with")]
            for line in recap.exercises:
                about = _("{title} ({n} min): {reason}").format(
                    title=line.title, n=line.minutes, reason=line.reason
                )
                lines += [f"- {about}", *([f"  {line.place}"] if line.place else [])]
        lines += ["", _next(recap), *(["", recap.mentor] if recap.mentor else [])]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class RecapMail:
    """A recap as an e-mail that is not sent yet.

    Parameters
    ----------
    to : str
        The student's e-mail address; empty if it is not known.
    subject : str
        The title, in the student's language.
    text : str
        The recap as plain text.
    """

    to: str
    subject: str
    text: str

    def __bytes__(self) -> bytes:
        """Return the content of an ``.eml`` file (RFC 5322)."""
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = self.subject
        if self.to:
            mail["To"] = self.to
        # Mail programs that know it open the message for editing.
        mail["X-Unsent"] = "1"
        mail.set_content(self.text)
        return bytes(mail)


def recap_as_mail(recap: Recap, to: str) -> RecapMail:
    """Return the recap as an e-mail.

    Parameters
    ----------
    recap : Recap
        The recap.
    to : str
        The student's e-mail address; empty if it is not known.
    """
    return RecapMail(to, _title(recap), recap_as_text(recap))


def write_recap(
    recap: Recap, folder: Path, templates: Path | None = None, within: Path | None = None
) -> tuple[Path, Path, Path]:
    """Write `recap.ipynb`, `recap.html` and `recap.txt` into the session's folder; return the paths.

    Parameters
    ----------
    recap : Recap
        The recap.
    folder : Path
        The session's folder.
    templates : Path, optional
        The folder `templates` of the practice; its files take precedence over the toolkit's.
    within : Path, optional
        The student's workspace: no link below it is followed.

    Raises
    ------
    ExecutionError
        If the template fails; the earlier files stay.
    StorageError
        If the disk refuses.
    """
    # Imported here because a template's kernel needs only `RecapPage`.
    from toolkit.reports.export.html_export import render_page
    from toolkit.reports.run.template_runner import find_template, run_template

    def finish(nb: NotebookNode) -> None:
        nb.metadata["title"] = _title(recap)
        about = {"kind": "recap", "session": recap.session, "student": recap.student.id}
        nb.metadata["mentoring"] = {**about, "language": recap.student.language}
        pages.append(render_page(nb, "recap", templates=templates))

    pages: list[str] = []
    notebook = run_template(
        find_template(RECAP_TEMPLATE, templates),
        {"recap": recap.model_dump(mode="json")},
        folder / "recap.ipynb",
        language=recap.student.language,
        finish=finish,
        within=within,
    )
    page, plain = folder / "recap.html", folder / "recap.txt"
    atomic_write(page, pages[0].encode(), within=within)
    atomic_write(plain, recap_as_text(recap).encode(), within=within)
    return notebook, page, plain
