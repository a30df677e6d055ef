"""What the session's desk rests on: read from the store, from the exercise, and from the table."""

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
    """What seldom changes during a session.

    Parameters
    ----------
    card : Card, optional
        Of the exercise of the day, where there is one that can be read.
    solution : mapping of str to str
        The worked solution, by cell.
    """

    before: SessionPreparation
    card: Card | None
    solution: Mapping[str, str]


@dataclass(frozen=True)
class SessionFacts:
    """Everything as it is just now.

    Parameters
    ----------
    entries : mapping of str to Entry
        What can be believed of the table's record.
    problems : tuple of str
        What of it cannot.
    standing : StudentBaseline
        What the store has of the student before the close.
    hints : int
        How many steps of the ladder were given.
    asked : datetime, optional
        When the student asked for the next one, where that waits.
    seen : tuple of Observation
        What the mentor saw in this session.
    notes : tuple of Note
        The private notes on this session that are kept.
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
    """Read what seldom changes, its texts in the current language.

    Raises
    ------
    NotFoundError
        There is no such session, or no such path.
    """
    first = prepare_session(catalogue.practice, session_id)
    card: Card | None = None
    solution: Mapping[str, str] = {}
    if first.session.exercise:
        try:
            card = catalogue.course.card(first.session.exercise)
            solution = exercises.worked_solution(catalogue.course, card.id)
        except MentoringError:
            pass  # what is wrong with it `mentor exercise check` says; the session goes on without
    return SessionMaterial(first, card, solution)


def load_facts(
    catalogue: Catalogue, session_id: str, prepared: SessionMaterial | None = None
) -> SessionFacts:
    """Read how everything is now.

    Parameters
    ----------
    prepared : SessionMaterial, optional
        Read anew if left out.

    Raises
    ------
    NotFoundError
        There is no such session, or no such path.
    PracticeError
        The database said no.
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
