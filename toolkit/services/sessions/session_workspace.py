"""The table: what lies in a student's workspace for one session, and what is believed of it afterwards."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import cast

from toolkit import exercises
from toolkit._internal.atomic_io import disk_errors, make_folder, read_plain, write_durably
from toolkit.domain.agenda import ActionItem, ActionState
from toolkit.domain.attempt import name_of_test
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
from toolkit.domain.skill_opinions import Says
from toolkit.errors import MentoringError, PracticeBusyError
from toolkit.i18n import use_language
from toolkit.practice import Practice
from toolkit.reports.run import session_notebook
from toolkit.reports.snapshot.skill_models import SkillLine
from toolkit.reports.snapshot.warm_up_skills import warm_up
from toolkit.services.catalogue import Catalogue
from toolkit.services.reports.student_snapshots import snapshot
from toolkit.workspace.session_record import Record

__all__ = [
    "exercise_entry",
    "group_folder",
    "move_table",
    "notebook_path",
    "place_of",
    "prepare",
    "put_hints",
    "read_notebook",
    "read_record",
    "record_of",
    "record_path",
    "update_table",
]

MAX_NOTEBOOK = 50_000_000
"""A session's notebook that is larger than this (bytes) is not kept at the close."""


def group_folder(practice: Practice, group: str) -> Path:
    """Return the folder that a group shares: its table."""
    return practice.root / "groups" / group


def _is_in_group(session: Session) -> bool:
    """Whether a session's table is its group's; what was held lies in the student's workspace."""
    return session.group is not None and not session.is_over


def place_of(practice: Practice, session: Session) -> Path:
    """Return the folder that a session's table lies in, and that who sits at it may write to."""
    if session.group is not None and _is_in_group(session):
        return group_folder(practice, session.group)
    return practice.workspace(session.student_id)


def record_path(practice: Practice, session: Session) -> Path:
    """Return where a session's record lies: beside the notebook, or on the board of its group."""
    if _is_in_group(session):
        return place_of(practice, session) / RECORD_NAME
    return notebook_path(practice, session).with_name(RECORD_NAME)


def record_of(practice: Practice, session: Session, *, patience: float = 5.0) -> Record:
    """Return a session's record; no link that somebody at the table put in its way is followed.

    Parameters
    ----------
    patience : float
        Seconds that somebody else may be writing there.
    """
    path = record_path(practice, session)
    return Record(path, within=place_of(practice, session), patience=patience)


def notebook_path(practice: Practice, session: Session) -> Path:
    """Return where a session's notebook lies: in a group, the student's own copy."""
    if _is_in_group(session):
        return place_of(practice, session) / session.student_id / f"{session.student_id}.ipynb"
    day = session.starts_at.astimezone().date().isoformat()
    folder = practice.workspace(session.student_id) / "sessions"
    # A session that was moved keeps the folder that it was prepared in. Only a folder of our own making
    # counts: the table may hold others, and links.
    ours = re.compile(rf"\d{{4}}-\d\d-\d\d-{re.escape(session.id)}")
    for prepared in sorted(folder.iterdir()) if folder.is_dir() else ():
        if ours.fullmatch(prepared.name) and prepared.is_dir() and not prepared.is_symlink():
            return prepared / "session.ipynb"
    return folder / f"{day}-{session.id}" / "session.ipynb"


def prepare(practice: Practice, catalogue: Catalogue, session: Session, now: datetime) -> Path:
    """Put the session's record and notebook into the workspace, unless they are there; return the latter."""
    notebook = notebook_path(practice, session)
    if notebook.exists():
        return notebook
    with practice.store.read() as tx:
        student = tx.students.get(session.student_id)
        snap = snapshot(tx, catalogue, student, now)
        actions = tx.actions.of(student.id, ActionState.OPEN)
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
                    says=_says(skill),
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
            cells = exercises.statement(catalogue.course, card.id, student.language)
    record = notebook.parent / RECORD_NAME
    make_folder(record.parent, within=practice.workspace(student.id))
    with disk_errors(record):
        there = record.exists()
    if not there:
        Record.create(record, entries, within=practice.workspace(student.id))
    session_notebook.write(
        notebook.parent,
        entries,
        cells,
        student=student,
        warm_up=warm_up(snap),
        templates=practice.root / "templates",
        mentor=practice.config.practice.mentor,
        video=practice.config.sessions.video,
        within=practice.workspace(student.id),
    )
    write_durably(_seal(practice, session), _digest(notebook).encode())
    return notebook


def exercise_entry(catalogue: Catalogue, exercise: str, student: Student) -> ExerciseEntry:
    """Return what a student's record says of an exercise before they begin: no hint."""
    card = catalogue.course.card(exercise)
    return ExerciseEntry(
        id=card.id,
        title=str(card.title),
        skills=[str(skill.title) for skill in catalogue.path(student.path).skills if skill.id in card.skills],
        minutes=card.minutes,
        tests=[
            TestEntry(name=name_of_test(test.grade_id), source=test.source, points=test.points)
            for test in exercises.visible_tests(catalogue.course, card.id)
        ],
    )


def move_table(practice: Practice, catalogue: Catalogue, session: Session, now: datetime) -> None:
    """Bring a session's table to the session's new time: the record, and the notebook if it is untouched."""
    notebook = notebook_path(practice, session)
    if record_path(practice, session).is_file():
        record = record_of(practice, session)
        entry = record.get("session")
        if isinstance(entry, SessionEntry):
            record.put({"session": entry.model_copy(update={"starts_at": session.starts_at})})
    seal = _seal(practice, session)
    if notebook.is_file() and seal.is_file() and seal.read_text() == _digest(notebook):
        notebook.unlink()
        prepare(practice, catalogue, session, now)


def update_table(practice: Practice, session: Session, actions: Iterable[ActionItem]) -> None:
    """Bring the record up to what the store knows: talking points and actions that came, actions that went.

    Parameters
    ----------
    actions : iterable of ActionItem
        All of the student's, settled ones too.
    """
    record = record_of(practice, session)
    there = record.items()
    changes: dict[str, Entry | None] = {}
    for item in session.agenda:
        if item.carried_from and f"agenda:{item.id}" not in there:
            changes[f"agenda:{item.id}"] = AgendaEntry(**vars(item))
    for action in actions:
        key = f"action:{action.id}"
        if action.state is not ActionState.OPEN and key in there:
            changes[key] = None
        elif action.state is ActionState.OPEN and key not in there:
            changes[key] = ActionEntry(**vars(action))
    if changes:
        record.put(changes)


def read_notebook(practice: Practice, session: Session) -> bytes:
    """Return the session's notebook; nothing where there is no plain file of a usual size."""
    place = place_of(practice, session)
    return read_plain(notebook_path(practice, session), MAX_NOTEBOOK, within=place) or b""


def _seal(practice: Practice, session: Session) -> Path:
    """Where it is noted what the notebook was like when it was prepared."""
    return practice.private / "prepared" / session.id


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def put_hints(
    practice: Practice, session: Session, exercise_id: str, hints: list[str], *, patience: float = 5.0
) -> bool:
    """Show the hints given so far on a session's table, where the exercise is on it.

    Parameters
    ----------
    patience : float
        Seconds that somebody else may be writing there.

    Returns
    -------
    done : bool
        False where somebody was.
    """
    if record_path(practice, session).is_file():
        record = record_of(practice, session, patience=patience)
        # A record that is damaged says so on the table itself; the hint is given all the same.
        with suppress(MentoringError):
            entry = record.get(f"exercise:{exercise_id}")
            if isinstance(entry, ExerciseEntry) and entry.hints != hints:
                now = entry.model_copy(update={"hints": hints})
                try:
                    record.put({f"exercise:{exercise_id}": now}, since={f"exercise:{exercise_id}": entry})
                except PracticeBusyError:
                    return False
    return True


def _says(skill: SkillLine) -> Says:
    """Return what the student says of a skill, as the record has it."""
    said = skill.student_says
    return cast("Says", str(said.stance)) if said else ""


def read_record(practice: Practice, session: Session) -> tuple[dict[str, Entry], tuple[str, ...], bytes]:
    """Return what the session's record says, entry by entry, and what of it could not be believed.

    Returns
    -------
    entries : dict of str to Entry
        The entries that hold what their model says, under the key that goes with their id.
    problems : tuple of str
        One sentence for each that does not.
    data : bytes
        The file as it was.
    """
    return record_of(practice, session).believed()
