"""A session's files in the shared folder: notebook and record, prepared before and validated after it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import cast

from toolkit import exercises
from toolkit._internal.atomic_io import atomic_write, disk_errors, make_folder, read_regular_file
from toolkit.domain.agenda import ActionItem, ActionState
from toolkit.domain.attempt import test_display_name
from toolkit.domain.people import Student
from toolkit.domain.record_entries import (
    RECORD_NAME,
    ActionEntry,
    AgendaEntry,
    CheckEntry,
    Entry,
    ExerciseEntry,
    SessionEntry,
    TestEntry,
    TimerEntry,
)
from toolkit.domain.session import Session
from toolkit.domain.skill_opinions import SelfRating
from toolkit.i18n import use_language
from toolkit.practice import Practice
from toolkit.reports.run import session_notebook
from toolkit.reports.snapshot.skill_models import SkillLine
from toolkit.reports.snapshot.warm_up_skills import warm_up_questions
from toolkit.services.catalogue import Catalogue
from toolkit.services.reports.student_snapshots import student_snapshot
from toolkit.workspace.session_record import Record

__all__ = [
    "exercise_entry",
    "group_folder",
    "notebook_path",
    "open_record",
    "prepare_workspace",
    "read_notebook",
    "read_record",
    "record_path",
    "reschedule_workspace",
    "session_folder",
    "update_workspace",
]

MAX_NOTEBOOK_BYTES = 50_000_000
"""Maximum size, in bytes, of a session's notebook that is kept at the close."""


def group_folder(practice: Practice, group: str) -> Path:
    """Return the folder that a group shares.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    group : str
        Id of the group.
    """
    return practice.root / "groups" / group


def _is_in_group(session: Session) -> bool:
    """Return whether a session's files are in its group's folder.

    After the session they are in the student's workspace.
    """
    return session.group is not None and not session.is_over


def session_folder(practice: Practice, session: Session) -> Path:
    """Return the folder that is shared in a session: its participants can write to it.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    """
    if session.group is not None and _is_in_group(session):
        return group_folder(practice, session.group)
    return practice.workspace(session.student_id)


def record_path(practice: Practice, session: Session) -> Path:
    """Return the path of a session's record: beside the notebook, or in the folder of its group.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    """
    if _is_in_group(session):
        return session_folder(practice, session) / RECORD_NAME
    return notebook_path(practice, session).with_name(RECORD_NAME)


def open_record(practice: Practice, session: Session, *, patience: float = 5.0) -> Record:
    """Return a session's record; symbolic links that a participant put into its path are not followed.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    patience : float
        Seconds to wait for the record's lock.
    """
    path = record_path(practice, session)
    return Record(path, within=session_folder(practice, session), patience=patience)


def notebook_path(practice: Practice, session: Session) -> Path:
    """Return the path of a session's notebook: in a group, the student's own copy.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    """
    if _is_in_group(session):
        return session_folder(practice, session) / session.student_id / f"{session.student_id}.ipynb"
    day = session.starts_at.astimezone().date().isoformat()
    folder = practice.workspace(session.student_id) / "sessions"
    # A rescheduled session keeps the folder that it was prepared in. Only a real folder with a name of ours
    # counts: the student can put other folders and links beside it.
    prepared_name = re.compile(rf"\d{{4}}-\d\d-\d\d-{re.escape(session.id)}")
    for prepared in sorted(folder.iterdir()) if folder.is_dir() else ():
        if prepared_name.fullmatch(prepared.name) and prepared.is_dir() and not prepared.is_symlink():
            return prepared / "session.ipynb"
    return folder / f"{day}-{session.id}" / "session.ipynb"


def prepare_workspace(practice: Practice, catalogue: Catalogue, session: Session, now: datetime) -> Path:
    """Create the session's record and notebook in the workspace if missing; return the notebook's path.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    catalogue : Catalogue
        Exercises and learning paths of the practice.
    session : Session
        The session.
    now : datetime
        Current time, timezone-aware.

    Returns
    -------
    Path
        The notebook's path.
    """
    notebook = notebook_path(practice, session)
    if notebook.exists():
        return notebook
    with practice.store.read() as tx:
        student = tx.students.get(session.student_id)
        snap = student_snapshot(tx, catalogue, student, now)
        actions = tx.actions.for_student(student.id, ActionState.OPEN)
        hints = tx.attempts.hints_given(student.id, session.exercise) if session.exercise else 0
    with use_language(student.language):
        entries: dict[str, Entry] = {
            "session": SessionEntry(
                id=session.id,
                student=student.name,
                language=student.language,
                starts_at=session.starts_at,
                minutes=session.minutes,
            ),
            "timer": TimerEntry(minutes=session.minutes),
        }
        for item in session.agenda:
            entries[f"agenda:{item.id}"] = AgendaEntry(**vars(item))
        for action in actions:
            entries[f"action:{action.id}"] = ActionEntry(**vars(action))
        order = 0.0
        for milestone in snap.milestones:
            for skill in milestone.skills:
                order += 1
                entries[f"check:{skill.id}"] = CheckEntry(
                    id=skill.id,
                    title=skill.title,
                    milestone=milestone.title,
                    order=order,
                    mastery=skill.state,
                    ticked=skill.ticked_on is not None,
                    confirmed=skill.confirmed_on is not None,
                    says=_self_rating(skill),
                    words=skill.student_says.words if skill.student_says else "",
                )
        cells = []
        if session.exercise:
            card = catalogue.course.card(session.exercise)
            catalogue.released(card.id)
            given = {"hints": [str(hint) for hint in card.hints[:hints]], "hint_count": len(card.hints)}
            entries[f"exercise:{card.id}"] = exercise_entry(catalogue, card.id, student).model_copy(
                update=given
            )
            cells = exercises.statement_cells(catalogue.course, card.id, student.language)
    record = notebook.parent / RECORD_NAME
    make_folder(record.parent, within=practice.workspace(student.id))
    with disk_errors(record):
        exists = record.exists()
    if not exists:
        Record.create(record, entries, within=practice.workspace(student.id))
    session_notebook.write_session_notebook(
        notebook.parent,
        entries,
        cells,
        student=student,
        warm_up=warm_up_questions(snap),
        templates=practice.root / "templates",
        mentor=practice.config.practice.mentor,
        video=practice.config.sessions.video,
        within=practice.workspace(student.id),
    )
    atomic_write(_digest_path(practice, session), _digest(notebook).encode())
    return notebook


def exercise_entry(catalogue: Catalogue, exercise: str, student: Student) -> ExerciseEntry:
    """Return the record's entry of an exercise before the student begins: without hints.

    Parameters
    ----------
    catalogue : Catalogue
        Exercises and learning paths of the practice.
    exercise : str
        Name of the exercise.
    student : Student
        Reader; their path decides which skills are listed.
    """
    card = catalogue.course.card(exercise)
    return ExerciseEntry(
        id=card.id,
        title=str(card.title),
        skills=[str(skill.title) for skill in catalogue.path(student.path).skills if skill.id in card.skills],
        minutes=card.minutes,
        tests=[
            TestEntry(name=test_display_name(test.grade_id), source=test.source, points=test.points)
            for test in exercises.visible_tests(catalogue.course, card.id)
        ],
    )


def reschedule_workspace(practice: Practice, catalogue: Catalogue, session: Session, now: datetime) -> None:
    """Update the session's files to its new time: the record, and the notebook if nobody has edited it.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    catalogue : Catalogue
        Exercises and learning paths of the practice.
    session : Session
        The session, with its new time.
    now : datetime
        Current time, timezone-aware.
    """
    notebook = notebook_path(practice, session)
    if record_path(practice, session).is_file():
        record = open_record(practice, session)
        entry = record.get("session")
        if isinstance(entry, SessionEntry):
            record.put({"session": entry.model_copy(update={"starts_at": session.starts_at})})
    prepared = _digest_path(practice, session)
    if notebook.is_file() and prepared.is_file() and prepared.read_text() == _digest(notebook):
        notebook.unlink()
        prepare_workspace(practice, catalogue, session, now)


def update_workspace(practice: Practice, session: Session, actions: Iterable[ActionItem]) -> None:
    """Update the record from the store: add carried talking points and open actions, remove settled actions.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    actions : iterable of ActionItem
        All actions of the student, including settled ones.
    """
    record = open_record(practice, session)
    known = record.items()
    changes: dict[str, Entry | None] = {}
    for item in session.agenda:
        if item.carried_from and f"agenda:{item.id}" not in known:
            changes[f"agenda:{item.id}"] = AgendaEntry(**vars(item))
    for action in actions:
        key = f"action:{action.id}"
        if action.state is not ActionState.OPEN and key in known:
            changes[key] = None
        elif action.state is ActionState.OPEN and key not in known:
            changes[key] = ActionEntry(**vars(action))
    if changes:
        record.put(changes)


def read_notebook(practice: Practice, session: Session) -> bytes:
    """Return the bytes of the session's notebook; empty if it is no regular file of at most `MAX_NOTEBOOK_BYTES`.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    """
    place = session_folder(practice, session)
    return read_regular_file(notebook_path(practice, session), MAX_NOTEBOOK_BYTES, within=place) or b""


def _digest_path(practice: Practice, session: Session) -> Path:
    """Return the path of the digest (SHA-256) of the notebook as it was prepared."""
    return practice.private / "prepared" / session.id


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _self_rating(skill: SkillLine) -> SelfRating:
    """Return the student's self-rating of a skill, in the record's words."""
    said = skill.student_says
    return cast("SelfRating", str(said.stance)) if said else ""


def read_record(practice: Practice, session: Session) -> tuple[dict[str, Entry], tuple[str, ...], bytes]:
    """Return the session's record, validated entry by entry: participants can write anything into it.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.

    Returns
    -------
    entries : dict of str to Entry
        The entries that satisfy their model and whose key goes with their id.
    problems : tuple of str
        One sentence for each invalid entry.
    data : bytes
        The file as it was read.
    """
    return open_record(practice, session).load_validated()
