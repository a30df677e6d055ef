"""The table: what lies in a student's workspace for one session, and what is believed of it afterwards."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from toolkit import exercises
from toolkit.domain.agenda import ActionState
from toolkit.domain.record import (
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
from toolkit.durable import disk_errors
from toolkit.errors import InputError
from toolkit.i18n import _, use_language
from toolkit.journeys.catalogue import Catalogue
from toolkit.journeys.progress import snapshot
from toolkit.practice import Practice
from toolkit.record import Record, parse_entry
from toolkit.reports import session_notebook
from toolkit.reports.warmup import warm_up

__all__ = ["notebook_path", "prepare", "put_hints", "read_record"]

MAX_RECORD = 5_000_000
"""A record is a few kilobytes; a larger file than this (bytes) is not read."""


def notebook_path(practice: Practice, session: Session) -> Path:
    """Return where a session's notebook lies; its record lies beside it."""
    day = session.starts_at.astimezone().date().isoformat()
    folder = practice.workspace(session.student_id) / "sessions"
    # A session that was moved keeps the folder that it was prepared in.
    for prepared in sorted(folder.glob(f"*-{session.id}")) if folder.is_dir() else ():
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
                )
        cells = []
        if session.exercise:
            card = catalogue.course.card(session.exercise)
            if not catalogue.course.is_released(card.id):
                with practice.writing("mentor session plan"):
                    exercises.release(catalogue.course, card.id)
            entries[f"exercise:{card.id}"] = ExerciseEntry(
                id=card.id,
                title=str(card.title),
                skills=[str(s.title) for s in catalogue.path(student.path).skills if s.id in card.skills],
                minutes=card.minutes,
                tests=[
                    TestEntry(name=_test_name(test.grade_id), source=test.source, points=test.points)
                    for test in exercises.visible_tests(catalogue.course, card.id)
                ],
                hints=[str(hint) for hint in card.hints[:hints]],
                hint_count=len(card.hints),
            )
            cells = exercises.statement(catalogue.course, card.id, student.language)
    record = notebook.parent / RECORD_NAME
    with disk_errors(record):
        record.parent.mkdir(parents=True, exist_ok=True)
        there = record.exists()
    if not there:
        Record.create(record, entries)
    return session_notebook.write(
        notebook.parent,
        entries,
        cells,
        student=student,
        warm_up=warm_up(snap),
        templates=practice.root / "templates",
    )


def put_hints(practice: Practice, session: Session, exercise_id: str, hints: list[str]) -> None:
    """Show the hints given so far on a session's table, where the exercise is on it."""
    path = notebook_path(practice, session).with_name(RECORD_NAME)
    if path.is_file():
        record = Record(path)
        entry = record.get(f"exercise:{exercise_id}")
        if isinstance(entry, ExerciseEntry):
            record.put({f"exercise:{exercise_id}": entry.model_copy(update={"hints": hints})})


def _test_name(grade_id: str) -> str:
    """Return a test's name as people read it: "test-exact-goal" is "exact goal"."""
    return grade_id.removeprefix("test-").replace("-", " ") or grade_id


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
    path = notebook_path(practice, session).parent / RECORD_NAME
    with disk_errors(path):
        if not path.exists():
            return (
                {},
                (_("There is no record at {path}; everything is carried over.").format(path=path),),
                b"",
            )
        # The table's file: not followed where it leads elsewhere, not read where it is huge.
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_RECORD:
            return {}, (_("{path} is not a session's record; it was not read.").format(path=path),), b""
        data = path.read_bytes()
    try:
        content: Any = json.loads(data)
        raw = content["items"].items()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}, (_("{path} is damaged; everything is carried over.").format(path=path),), data
    entries: dict[str, Entry] = {}
    problems = []
    for key, value in raw:
        try:
            entries[key] = parse_entry(key, value)
        except InputError as error:
            problems.append(error.message)
    return entries, tuple(problems), data
