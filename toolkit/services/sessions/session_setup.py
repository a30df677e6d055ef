"""What people meet at: a pair's notebook; in a group one board for all, and a copy of the work for each."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit import exercises
from toolkit._internal.atomic_io import disk_errors, make_folder, read_plain, write_durably
from toolkit.domain.people import Student
from toolkit.domain.record_entries import (
    RECORD_NAME,
    AgendaEntry,
    CheckEntry,
    Entry,
    ExerciseEntry,
    SessionEntry,
    TimerEntry,
)
from toolkit.domain.session import Session, SessionState
from toolkit.domain.student_group import check_id, names_of
from toolkit.errors import DuplicateError
from toolkit.exercises.course.notebook import dump
from toolkit.i18n import Language, _, format_date, format_time, use_language
from toolkit.live.session_settings import Copy
from toolkit.live.snapshots.quarantine import LARGEST, put_aside
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.sessions.group_sessions import BEFORE, language_of
from toolkit.services.sessions.session_lifecycle import start
from toolkit.services.sessions.session_workspace import (
    MAX_NOTEBOOK,
    exercise_entry,
    group_folder,
    notebook_path,
)
from toolkit.workspace.session_record import Record

__all__ = ["BOARD", "Gathering", "gather", "hand_over"]

BOARD = "board.ipynb"
"""The notebook that all write in; the record lies beside it."""

_KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


@dataclass(frozen=True)
class Gathering:
    """What is to be served, of one student or of a group.

    Parameters
    ----------
    id : str
        The session's, or the group's.
    sessions, students : tuple
        One of each a person, in the same order.
    names : tuple of str
        As the others read them.
    root : Path
        The folder that is shared.
    notebook : Path
        What they meet in: the session's notebook, or the board.
    copies : tuple of Copy
        In a group, each student's own notebook.
    card : ExerciseEntry, optional
        In a group, the exercise of the day.
    """

    id: str
    sessions: tuple[Session, ...]
    students: tuple[Student, ...]
    names: tuple[str, ...]
    root: Path
    notebook: Path
    copies: tuple[Copy, ...]
    language: Language
    card: ExerciseEntry | None = None


def gather(practice: Practice, session: Session, *, served: bool = False) -> Gathering:
    """Start a session, or those of its group, and lay the table; once more, it stays as it is.

    Parameters
    ----------
    served : bool
        Whether it was served before: what became of a notebook since, the server knows best, and it has what
        was in there last.
    """
    if session.group is None:
        if served and session.state is SessionState.LIVE:
            notebook = notebook_path(practice, session)
        else:
            session, notebook = start(practice, session.id)
            if not _is_notebook(notebook, practice.workspace(session.student_id)):
                with disk_errors(notebook):
                    put_aside(practice.workspace(session.student_id), notebook)
                session, notebook = start(practice, session.id)
        with practice.store.read() as tx:
            student = tx.students.get(session.student_id)
        root = practice.workspace(student.id)
        return Gathering(
            session.id, (session,), (student,), (student.name,), root, notebook, (), student.language
        )
    with practice.store.begin() as tx:
        sessions = tx.sessions.of_group(session.group)
        for number, one in enumerate(sessions):
            if one.state in BEFORE:
                sessions[number] = one.act("start")
                tx.sessions.save(sessions[number])
        students = [tx.students.get(one.student_id) for one in sessions]
    mentor = practice.config.practice.mentor or _("Mentor")
    names = names_of(students, mentor)
    language = language_of(practice, students)
    root = group_folder(practice, session.group)
    copies = tuple(Copy(guest=one.id, notebook=f"{one.id}/{one.id}.ipynb") for one in students)
    with use_language(language):
        _lay(practice, root, sessions, students, names, copies, language, served=served)
        card = (
            exercise_entry(Catalogue(practice), session.exercise, students[0]) if session.exercise else None
        )
    people = tuple(students), tuple(names)
    return Gathering(session.group, tuple(sessions), *people, root, root / BOARD, copies, language, card)


def _lay(
    practice: Practice,
    root: Path,
    sessions: Sequence[Session],
    students: Sequence[Student],
    names: Sequence[str],
    copies: Sequence[Copy],
    language: Language,
    *,
    served: bool,
) -> None:
    """Put on the table what is not there yet."""
    first = sessions[0]
    catalogue = Catalogue(practice)
    make_folder(root, within=practice.root)
    for copy in copies:
        folder = root / copy.folder
        with disk_errors(folder):
            # Its student can shut it, to the others' harm. A link's target is not ours to open.
            if folder.is_dir() and not folder.is_symlink():
                folder.chmod(0o755)
        make_folder(folder, within=root)
    with disk_errors(root):
        missing = [name for name in (RECORD_NAME, BOARD) if not (root / name).exists()]
        without = [
            number
            for number, copy in enumerate(copies)
            if not served and not os.path.lexists(root / copy.notebook)
        ]
    if RECORD_NAME in missing:
        Record.create(root / RECORD_NAME, _entries(catalogue, first, students, names, language))
    day = format_date(first.starts_at.astimezone().date())
    if BOARD in missing:
        title = _("Group of {date}: {names}").format(date=day, names=", ".join(names))
        write_durably(root / BOARD, _notebook([_text("title", f"# {title}"), _text("notes", _notes())]), root)
    if without and first.exercise:
        catalogue.released(first.exercise)
    if first.exercise:
        for student, name, copy in zip(students, names, copies, strict=True):
            _lay_tests(catalogue, root, copy, first, student, name, language)
    for number in without:
        title = _("{name}, {date}").format(name=names[number], date=day)
        times = _("From {start}, {minutes} minutes.").format(
            start=format_time(first.starts_at), minutes=first.minutes
        )
        cells = [_text("title", f"# {title}\n\n{times}")]
        if first.exercise:
            cells += exercises.statement(catalogue.course, first.exercise, students[number].language)
        else:
            cells.append(_code("work"))
        write_durably(root / copies[number].notebook, _notebook(cells), root)


def _lay_tests(
    catalogue: Catalogue,
    root: Path,
    copy: Copy,
    session: Session,
    student: Student,
    name: str,
    language: Language,
) -> None:
    """Put a record of the exercise alone beside a copy: the tests that its kernel runs."""
    path = (root / copy.notebook).with_name(RECORD_NAME)
    if os.path.lexists(path) or session.exercise is None:
        return
    about = SessionEntry(
        id=session.id, student=name, language=language, starts_at=session.starts_at, minutes=session.minutes
    )
    entry = exercise_entry(catalogue, session.exercise, student)
    Record.create(path, {"session": about, f"exercise:{entry.id}": entry}, within=root)


def _is_notebook(path: Path, workspace: Path) -> bool:
    """Whether it looks like one; the server looks closer."""
    try:
        found = json.loads(read_plain(path, LARGEST, within=workspace) or b"")
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("nbformat"), int)


def _entries(
    catalogue: Catalogue,
    session: Session,
    students: Sequence[Student],
    names: Sequence[str],
    language: Language,
) -> dict[str, Entry]:
    entries: dict[str, Entry] = {
        "session": SessionEntry(
            id=str(session.group),
            student=", ".join(names),
            language=language,
            starts_at=session.starts_at,
            minutes=session.minutes,
        ),
        "timer": TimerEntry(minutes=session.minutes),
    }
    for item in session.agenda:
        entries[f"agenda:{item.id}"] = AgendaEntry(**vars(item))
    wanted = set(catalogue.course.card(session.exercise).skills) if session.exercise else set()
    order = 0.0
    for number, (student, name) in enumerate(zip(students, names, strict=True), 1):
        for skill in catalogue.path(student.path).skills:
            if wanted and skill.id not in wanted:
                continue
            order += 1
            line = check_id(number, skill.id)
            entries[f"check:{line}"] = CheckEntry(
                id=line, title=str(skill.title), milestone=name, order=order
            )
    return entries


def _notes() -> str:
    return _("## Notes\n\n*Double-click here to write. What stands here is everybody's.*")


def _text(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _code(name: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": "",
    }


def _notebook(cells: Sequence[dict[str, Any]]) -> bytes:
    for number, cell in enumerate(cells):
        # Ids may be missing in what an older nbgrader made, and are needed to share a notebook.
        cell.setdefault("id", f"cell-{number}")
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    # By its language JupyterLab finds the kernel of whatever server shows it, and asks nobody.
    metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    return dump({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def hand_over(practice: Practice, session: Session, copy: bytes, part: Mapping[str, Entry]) -> list[Path]:
    """Put what a student takes home into their workspace's session folder.

    It is their copy, the board's notes, and a record of their part of the board.

    Nothing is overwritten: where another file has the name, a free one is taken.

    Parameters
    ----------
    session : Session
        As it is after the close.
    copy : bytes
        The student's notebook.
    part : mapping of str to Entry
        What of the board is theirs.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    if session.group is None:
        return []
    root = group_folder(practice, session.group)
    target = notebook_path(practice, session)
    workspace = practice.workspace(session.student_id)
    board = read_plain(root / BOARD, MAX_NOTEBOOK, within=root)
    make_folder(target.parent, within=workspace)
    kept = []
    for path, data in ((target, copy), (target.with_name(BOARD), board)):
        if data:
            kept.append(_keep(path, data, workspace))
    about = part.get("session")
    with practice.store.read() as tx:
        name = tx.students.get(session.student_id).name
    if isinstance(about, SessionEntry):
        about = about.model_copy(update={"id": session.id, "student": name})
        with suppress(DuplicateError):
            Record.create(target.with_name(RECORD_NAME), {**part, "session": about}, within=workspace)
    return kept


def _keep(path: Path, data: bytes, workspace: Path) -> Path:
    number = 1
    free = path
    while free.is_symlink() or free.exists():
        if read_plain(free, MAX_NOTEBOOK, within=workspace) == data:
            return free
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    write_durably(free, data, within=workspace)
    return free
