"""The mentor's desk: the notebooks that lie on it, and what is read there before and during a session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from toolkit._internal.atomic_io import disk_errors, write_durably
from toolkit.domain.people import Student
from toolkit.domain.session import Session, SessionState
from toolkit.domain.session_wish import Wish
from toolkit.errors import NotFoundError
from toolkit.exercises.course.notebook import dump
from toolkit.i18n import _, current_language
from toolkit.practice import Practice
from toolkit.reports.render.session_brief import Brief, make
from toolkit.reports.snapshot.skill_models import SkillLine
from toolkit.services.catalogue import Catalogue
from toolkit.services.reports.student_snapshots import snapshot
from toolkit.services.sessions import wishes_and_consents
from toolkit.store import Note, NoteSide

__all__ = ["Before", "Writing", "before", "notebook", "the_session", "write_notebook"]

_AHEAD = {SessionState.PLANNED, SessionState.CONFIRMED}


@dataclass(frozen=True)
class Writing:
    """A notebook on the mentor's desk, and whether it is new."""

    path: Path
    new: bool


@dataclass(frozen=True)
class Before:
    """What a mentor reads before a session.

    Parameters
    ----------
    exercise : str
        Title of the exercise of the day; empty where there is none.
    skills : tuple of SkillLine
        All of the path's, and where the student stands with them.
    notes : tuple of Note
        The mentor's private notes from earlier sessions, latest first.
    wish : Wish
        What the student wishes for.
    """

    session: Session
    student: Student
    exercise: str
    brief: Brief
    skills: tuple[SkillLine, ...]
    notes: tuple[Note, ...]
    wish: Wish


def the_session(practice: Practice, name: str | None = None, now: datetime | None = None) -> Session:
    """Return the session that is meant: by its own id, or the live or else the next one.

    Parameters
    ----------
    name : str, optional
        A session's id, or a student's id or name; everybody's sessions count if left out.

    Raises
    ------
    NotFoundError
        There is no such session, or none that is live or to come.
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
    ahead = [session for session in every if session.state in _AHEAD]
    # One whose time has gone by and that nobody settled comes after those that are still to be held.
    ahead.sort(key=lambda one: (one.starts_at + timedelta(minutes=one.minutes) < now, one.starts_at))
    if live or ahead:
        return live[-1] if live else ahead[0]
    raise NotFoundError(
        _("No session is live or planned."),
        hint=_("Plan one: mentor session plan STUDENT --at 'tomorrow 18:00'"),
    )


def before(practice: Practice, session_id: str, now: datetime | None = None) -> Before:
    """Return what there is to know before a session, in the current language.

    Raises
    ------
    NotFoundError
        There is no such session, or no such path.
    """
    catalogue = Catalogue(practice)
    wish, _consent = wishes_and_consents.take_in(practice, session_id, now)
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        student = tx.students.get(session.student_id)
        # A snapshot speaks the student's language; this one is for the mentor.
        reader = replace(student, language=current_language())
        stands = snapshot(tx, catalogue, reader, now or datetime.now(UTC))
        notes = [note for note in tx.notes.of(student.id, NoteSide.MENTOR) if note.session_id != session.id]
    exercise = catalogue.title(session.exercise) if session.exercise else ""
    return Before(session, student, exercise, make(stands), stands.skills, tuple(reversed(notes)), wish)


def notebook(practice: Practice, session: Session) -> Writing:
    """Write the notebook beside a session on the mentor's desk; one that is there stays as it is."""
    intro = _(
        "# Beside the session\n\n"
        "Run the cell below. It follows what is on the table, and holds what the table does not: the brief, "
        "the hints to come, the solution, your private notes. This notebook lies on your desk; no student "
        "sees it. Do not share this window in the call."
    )
    source = f"from toolkit.desk import SessionDesk\n\nSessionDesk({session.id!r})"
    return write_notebook(practice, f"session.{session.id}", intro, source, kind="desk")


def write_notebook(practice: Practice, name: str, intro: str, source: str, *, kind: str) -> Writing:
    """Write a notebook of one cell on the mentor's desk, unless it is there.

    Parameters
    ----------
    name : str
        Of the file, without its ending.
    intro, source : str
        What stands above the cell (Markdown), and the cell.
    kind : str
        What it is stamped with.
    """
    path = practice.root / "desk" / f"{name}.ipynb"
    with disk_errors(path):
        if path.exists():
            return Writing(path, new=False)
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
    write_durably(path, dump({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return Writing(path, new=True)
