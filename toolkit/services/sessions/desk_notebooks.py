"""The mentor's desk: its notebooks, and the brief that the mentor reads before and during a session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit.domain.people import Student
from toolkit.domain.session import Session, SessionState
from toolkit.domain.session_wish import SessionWish
from toolkit.errors import NotFoundError
from toolkit.exercises.course.notebook import dump_notebook
from toolkit.i18n import _, current_language
from toolkit.practice import Practice
from toolkit.reports.render.session_brief import SessionBrief, build_brief
from toolkit.reports.snapshot.skill_models import SkillLine
from toolkit.services.catalogue import Catalogue
from toolkit.services.reports.student_snapshots import student_snapshot
from toolkit.services.sessions import wishes_and_consents
from toolkit.store import Note, NoteSide

__all__ = [
    "DeskNotebook",
    "SessionPreparation",
    "find_session",
    "prepare_session",
    "write_notebook",
    "write_session_desk",
]

_PLANNED_STATES = {SessionState.PLANNED, SessionState.CONFIRMED}


@dataclass(frozen=True)
class DeskNotebook:
    """A notebook on the mentor's desk.

    Parameters
    ----------
    path : Path
        Path of the file.
    new : bool
        Whether it was written now; False if it existed before.
    """

    path: Path
    new: bool


@dataclass(frozen=True)
class SessionPreparation:
    """The mentor's reading before a session.

    Parameters
    ----------
    session : Session
        The session.
    student : Student
        Its student.
    exercise : str
        Title of the exercise of the day; empty if there is none.
    brief : SessionBrief
        The two-minute brief.
    skills : tuple of SkillLine
        All skills of the path, with the student's mastery.
    notes : tuple of Note
        The mentor's private notes from earlier sessions, latest first.
    wish : SessionWish
        The student's wish for the session.
    """

    session: Session
    student: Student
    exercise: str
    brief: SessionBrief
    skills: tuple[SkillLine, ...]
    notes: tuple[Note, ...]
    wish: SessionWish


def find_session(practice: Practice, name: str | None = None, now: datetime | None = None) -> Session:
    """Return the session with this id, or else the live or the next session.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str, optional
        Id of a session, or id or name of a student; if left out, the sessions of all students count.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such session, or none is live or planned.
    """
    now = now or datetime.now(UTC)
    with practice.store.read() as tx:
        every = tx.sessions.all()
        known = {session.id: session for session in every}
        if name in known:
            return known[name]
        if name is not None:
            try:
                student = tx.students.get(name)
            except NotFoundError as error:
                names = [*known, *(student.id for student in tx.students.all())]
                raise NotFoundError(
                    _("There is no session and no student '{name}'.").format(name=name),
                    name,
                    names,
                    _("`mentor session list` shows them all; `mentor session plan` plans one."),
                ) from error
            every = [session for session in every if session.student_id == student.id]
    live = [session for session in every if session.state is SessionState.LIVE]
    ahead = [session for session in every if session.state in _PLANNED_STATES]
    # A session whose time has passed, but which nobody closed or cancelled, comes after those to be held.
    ahead.sort(key=lambda one: (one.starts_at + timedelta(minutes=one.minutes) < now, one.starts_at))
    if live or ahead:
        return live[-1] if live else ahead[0]
    raise NotFoundError(
        _("No session is live or planned."),
        hint=_("Plan one: mentor session plan STUDENT --at 'tomorrow 18:00'"),
    )


def prepare_session(practice: Practice, session_id: str, now: datetime | None = None) -> SessionPreparation:
    """Return the mentor's brief for a session, in the current language.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such session, or its student's learning path is missing.
    """
    catalogue = Catalogue(practice)
    wish, _consent = wishes_and_consents.ingest_student_input(practice, session_id, now)
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        student = tx.students.get(session.student_id)
        # A snapshot's texts are in the student's language; the mentor reads this one.
        reader = replace(student, language=current_language())
        stands = student_snapshot(tx, catalogue, reader, now or datetime.now(UTC))
        notes = [
            note
            for note in tx.notes.for_student(student.id, NoteSide.MENTOR)
            if note.session_id != session.id
        ]
    exercise = catalogue.title(session.exercise) if session.exercise else ""
    return SessionPreparation(
        session, student, exercise, build_brief(stands), stands.skills, tuple(reversed(notes)), wish
    )


def write_session_desk(practice: Practice, session: Session) -> DeskNotebook:
    """Write the mentor's notebook for a session on their desk; an existing one stays as it is.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    """
    intro = _(
        "# Beside the session\n\n"
        "Run the cell below. It follows the shared session, and shows what the student does not see: the "
        "brief, the next hints, the solution, your private notes. This notebook is on your desk; no student "
        "sees it. Do not share this window in the call."
    )
    source = f"from toolkit.desk import SessionDesk\n\nSessionDesk({session.id!r})"
    return write_notebook(practice, f"session.{session.id}", intro, source, kind="desk")


def write_notebook(practice: Practice, name: str, intro: str, source: str, *, kind: str) -> DeskNotebook:
    """Write a notebook with one code cell on the mentor's desk, if missing.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str
        File name without its ending.
    intro : str
        Markdown above the code cell.
    source : str
        Source of the code cell.
    kind : str
        Kind of notebook, written into its metadata: ``desk`` or ``review``.
    """
    path = practice.root / "desk" / f"{name}.ipynb"
    with disk_errors(path):
        if path.exists():
            return DeskNotebook(path, new=False)
    cells = [
        {"cell_type": "markdown", "id": "about", "metadata": {}, "source": intro},
        {
            "cell_type": "code",
            "id": kind,
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        },
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    metadata = {"kernelspec": kernel, "mentoring": {"kind": kind}}
    atomic_write(
        path, dump_notebook({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    )
    return DeskNotebook(path, new=True)
