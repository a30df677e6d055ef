"""The recap of a session, for the student to keep and for the mentor to send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from toolkit._internal.atomic_io import atomic_write
from toolkit.domain.session import SessionState
from toolkit.domain.session_close import build_recap
from toolkit.errors import StateError
from toolkit.i18n import _, use_language
from toolkit.practice import Practice
from toolkit.reports.export import recap_document as pages
from toolkit.reports.export.recap_document import Recap, RecapExercise, RecapMail
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot
from toolkit.services.catalogue import Catalogue
from toolkit.services.reports.student_snapshots import student_snapshot
from toolkit.services.sessions.closing_data import names_of
from toolkit.services.sessions.session_workspace import notebook_path

__all__ = ["RecapFiles", "load_recap", "recap_mail", "write_recap_files", "write_recap_mail"]

_MAX_EXERCISES = 2
_HELD_STATES = {SessionState.HELD, SessionState.REPORTED}


@dataclass(frozen=True)
class RecapFiles:
    """The files of a recap.

    Parameters
    ----------
    notebook : Path
        The recap as a notebook.
    page : Path
        The recap as an HTML page.
    plain : Path
        The recap as plain text, for an e-mail.
    """

    notebook: Path
    page: Path
    plain: Path


def load_recap(practice: Practice, session_id: str, now: datetime | None = None) -> Recap:
    """Return the recap of a session.

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
        There is no such session.
    StateError
        The session was not held, or is not closed yet.
    """
    catalogue = Catalogue(practice)
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        if session.state not in _HELD_STATES:
            raise StateError(
                _("Session {id} is {state}: there is nothing to recap.").format(
                    id=session.id, state=_(str(session.state))
                ),
                _("A session that was held has a recap once it is closed: mentor session close {id}").format(
                    id=session.id
                ),
            )
        student = tx.students.get(session.student_id)
        snap = student_snapshot(tx, catalogue, student, now or datetime.now(UTC))
        promised = tx.actions.for_students([student.id])[student.id]
    agreed = [item for item, where in promised.values() if where == session.id]
    with use_language(student.language):
        # A session that an earlier version closed may have none.
        words = session.recap.strip() or build_recap(session, agreed, names=names_of(practice, student))
    return Recap(
        session=session.id,
        student=snap.student,
        mentor=practice.config.practice.mentor,
        starts_at=session.starts_at,
        minutes=session.minutes,
        words=words,
        exercises=tuple(_exercises(practice, snap)),
        next_at=snap.next_session.starts_at if snap.next_session else None,
    )


def write_recap_files(practice: Practice, session_id: str, now: datetime | None = None) -> RecapFiles:
    """Write the recap of a session beside its notebook: as a notebook, an HTML page and plain text.

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
        There is no such session.
    StateError
        The session was not held, or is not closed yet.
    """
    recap = load_recap(practice, session_id, now)
    with practice.store.read() as tx:
        folder = notebook_path(practice, tx.sessions.get(session_id)).parent
    workspace = practice.workspace(recap.student.id)
    return RecapFiles(*pages.write_recap(recap, folder, practice.root / "templates", within=workspace))


def recap_mail(practice: Practice, session_id: str, now: datetime | None = None) -> RecapMail:
    """Return the recap of a session as an e-mail to the student.

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
        There is no such session.
    StateError
        The session was not held, or is not closed yet.
    """
    recap = load_recap(practice, session_id, now)
    with practice.store.read() as tx:
        return pages.recap_as_mail(recap, tx.students.get(recap.student.id).email)


def write_recap_mail(practice: Practice, session_id: str) -> Path:
    """Write the e-mail of `recap_mail` beside the session's notebook; return the path.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    """
    mail = recap_mail(practice, session_id)
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
    path = notebook_path(practice, session).with_name("recap.eml")
    atomic_write(path, bytes(mail), within=practice.workspace(session.student_id))
    return path


def _exercises(practice: Practice, snap: StudentSnapshot) -> Iterator[RecapExercise]:
    workspace = practice.workspace(snap.student.id)
    for line in snap.next_exercises[:_MAX_EXERCISES]:
        place = f"exercises/{line.exercise}/{line.exercise}.ipynb"
        exists = (workspace / place).is_file()
        yield RecapExercise(
            title=line.title, minutes=line.minutes, reason=line.reason, place=place if exists else ""
        )
