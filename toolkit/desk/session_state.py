"""The data of the session desk, read from the store, the exercise and the shared record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from toolkit import exercises
from toolkit.domain.learning_path import Card
from toolkit.domain.people import Student
from toolkit.domain.record_entries import Entry
from toolkit.domain.session import Session
from toolkit.domain.session_close import StudentBaseline
from toolkit.errors import MentoringError
from toolkit.services.catalogue import Catalogue
from toolkit.services.sessions.closing_data import read_part, standing_of
from toolkit.services.sessions.desk_notebooks import SessionPreparation, prepare_session
from toolkit.store import Note, NoteDraft, NoteSide, Observation
from toolkit.workspace.submission_outbox import Outbox

__all__ = ["SessionFacts", "SessionMaterial", "load_facts", "load_material"]


@dataclass(frozen=True)
class SessionMaterial:
    """The data that seldom changes during a session.

    Parameters
    ----------
    before : SessionPreparation
        The data for the mentor's brief.
    card : Card, optional
        Card of the exercise of the day; None if there is none or it cannot be read.
    solution : mapping of str to str
        Source of the worked solution, by cell.
    """

    before: SessionPreparation
    card: Card | None
    solution: Mapping[str, str]


@dataclass(frozen=True)
class SessionFacts:
    """The present data of a session.

    Parameters
    ----------
    prepared : SessionMaterial
        The data that seldom changes.
    session : Session
        The session as stored.
    student : Student
        The student.
    entries : mapping of str to Entry
        The valid entries of the shared record.
    problems : tuple of str
        One sentence for each invalid entry.
    standing : StudentBaseline
        The stored state of the student before the close.
    hints : int
        Number of hints given.
    asked : datetime, optional
        Time of the student's open request for the next hint; None if there is none.
    seen : tuple of Observation
        The mentor's observations in this session.
    notes : tuple of Note
        The stored private notes on this session.
    draft : NoteDraft
        The mentor's stored drafts on this session.
    """

    prepared: SessionMaterial
    session: Session
    student: Student
    entries: Mapping[str, Entry]
    problems: tuple[str, ...]
    standing: StudentBaseline
    hints: int
    asked: datetime | None
    seen: tuple[Observation, ...]
    notes: tuple[Note, ...]
    draft: NoteDraft


def load_material(catalogue: Catalogue, session_id: str) -> SessionMaterial:
    """Read the data that seldom changes, with texts in the current language.

    Parameters
    ----------
    catalogue : Catalogue
        The practice's course and paths.
    session_id : str
        Id of the session.

    Raises
    ------
    NotFoundError
        If the session or its student's path does not exist.
    """
    first = prepare_session(catalogue.practice, session_id)
    card: Card | None = None
    solution: Mapping[str, str] = {}
    if first.session.exercise:
        try:
            card = catalogue.course.card(first.session.exercise)
            solution = exercises.worked_solution(catalogue.course, card.id)
        except MentoringError:
            pass  # the session goes on without it; `mentor exercise check` reports the error
    return SessionMaterial(first, card, solution)


def load_facts(
    catalogue: Catalogue, session_id: str, prepared: SessionMaterial | None = None
) -> SessionFacts:
    """Read the present data of a session.

    Parameters
    ----------
    catalogue : Catalogue
        The practice's course and paths.
    session_id : str
        Id of the session.
    prepared : SessionMaterial, optional
        The data that seldom changes; read again if None.

    Raises
    ------
    NotFoundError
        If the session or its student's path does not exist.
    PracticeError
        If the database cannot be used.
    """
    prepared = prepared or load_material(catalogue, session_id)
    with catalogue.practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        student = tx.students.get(session.student_id)
        standing = standing_of(tx, catalogue, student)
        hints = tx.attempts.hints_given(student.id, session.exercise) if session.exercise else 0
        seen = [one for one in tx.observations.for_student(student.id) if one.session_id == session_id]
        notes = [
            note
            for note in tx.notes.for_student(student.id, NoteSide.MENTOR)
            if note.session_id == session_id
        ]
        draft = tx.drafts.for_session(session_id)
    entries, problems, _data = read_part(catalogue.practice, session, standing)
    outbox = Outbox(catalogue.practice.workspace(student.id))
    asked = outbox.asked(session.exercise, hints + 1) if session.exercise else None
    return SessionFacts(
        replace(prepared, before=replace(prepared.before, session=session)),
        session,
        student,
        entries,
        problems,
        standing,
        hints,
        asked,
        tuple(seen),
        tuple(notes),
        draft,
    )
