"""Preparation of the shared files: a pair's notebook; a group's board, and a copy for each student."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit import exercises
from toolkit._internal.atomic_io import atomic_write, disk_errors, make_folder, read_regular_file
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
from toolkit.domain.student_group import board_check_id, display_names
from toolkit.errors import DuplicateError
from toolkit.exercises.course.notebook import dump_notebook
from toolkit.i18n import Language, _, format_date, format_time, use_language
from toolkit.live.session_settings import GroupNotebook
from toolkit.live.snapshots.quarantine import MAX_SHARED_NOTEBOOK_BYTES, quarantine_path
from toolkit.practice import Practice
from toolkit.reports.run.template_placeholders import escape_markdown
from toolkit.services.catalogue import Catalogue
from toolkit.services.sessions.group_sessions import UPCOMING_STATES, common_language
from toolkit.services.sessions.session_lifecycle import start_session
from toolkit.services.sessions.session_workspace import (
    MAX_NOTEBOOK_BYTES,
    exercise_entry,
    group_folder,
    notebook_path,
)
from toolkit.workspace.session_record import Record

__all__ = ["BOARD_NOTEBOOK", "SessionSetup", "hand_over", "set_up_session"]

BOARD_NOTEBOOK = "board.ipynb"
"""Name of the group's shared notebook; the group's record is beside it."""

_KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


@dataclass(frozen=True)
class SessionSetup:
    """The files and participants of a served session, of one student or of a group.

    Parameters
    ----------
    id : str
        Id of the session or of the group.
    sessions : tuple of Session
        One session for each student.
    students : tuple of Student
        The students, in the same order.
    names : tuple of str
        The students' names as the others read them, in the same order.
    root : Path
        The shared folder.
    notebook : Path
        The shared notebook: the session's, or the group's board.
    copies : tuple of GroupNotebook
        In a group, each student's own notebook; empty for one student.
    language : {"en", "fr"}
        Language of the session's page.
    card : ExerciseEntry, optional
        In a group, the exercise of the day.
    """

    id: str
    sessions: tuple[Session, ...]
    students: tuple[Student, ...]
    names: tuple[str, ...]
    root: Path
    notebook: Path
    copies: tuple[GroupNotebook, ...]
    language: Language
    card: ExerciseEntry | None = None


def set_up_session(practice: Practice, session: Session, *, served: bool = False) -> SessionSetup:
    """Start a session, or those of its group, and create its missing files; existing files stay as they are.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    served : bool
        Whether the session was served before. Then the notebooks are left alone: the server has their last
        state, and restores one that was deleted or damaged since.
    """
    if session.group is None:
        if served and session.state is SessionState.LIVE:
            notebook = notebook_path(practice, session)
        else:
            session, notebook = start_session(practice, session.id)
            if not _is_notebook(notebook, practice.workspace(session.student_id)):
                with disk_errors(notebook):
                    quarantine_path(practice.workspace(session.student_id), notebook)
                session, notebook = start_session(practice, session.id)
        with practice.store.read() as tx:
            student = tx.students.get(session.student_id)
        root = practice.workspace(student.id)
        return SessionSetup(
            session.id, (session,), (student,), (student.name,), root, notebook, (), student.language
        )
    with practice.store.begin() as tx:
        sessions = tx.sessions.of_group(session.group)
        for number, one in enumerate(sessions):
            if one.state in UPCOMING_STATES:
                sessions[number] = one.act("start")
                tx.sessions.save(sessions[number])
        students = [tx.students.get(one.student_id) for one in sessions]
    mentor = practice.config.practice.mentor or _("Mentor")
    names = display_names(students, mentor)
    language = common_language(practice, students)
    root = group_folder(practice, session.group)
    copies = tuple(GroupNotebook(guest=one.id, notebook=f"{one.id}/{one.id}.ipynb") for one in students)
    with use_language(language):
        _create_missing(practice, root, sessions, students, names, copies, language, served=served)
        card = (
            exercise_entry(Catalogue(practice), session.exercise, students[0]) if session.exercise else None
        )
    people = tuple(students), tuple(names)
    return SessionSetup(
        session.group, tuple(sessions), *people, root, root / BOARD_NOTEBOOK, copies, language, card
    )


def _create_missing(
    practice: Practice,
    root: Path,
    sessions: Sequence[Session],
    students: Sequence[Student],
    names: Sequence[str],
    copies: Sequence[GroupNotebook],
    language: Language,
    *,
    served: bool,
) -> None:
    """Create the group's missing files: record, board, and each student's copy with its tests."""
    first = sessions[0]
    catalogue = Catalogue(practice)
    make_folder(root, within=practice.root)
    for copy in copies:
        folder = root / copy.folder
        with disk_errors(folder):
            # Its student can remove its permissions, which would stop the session for all. A link is left
            # alone, since its target may be any folder.
            if folder.is_dir() and not folder.is_symlink():
                folder.chmod(0o755)
        make_folder(folder, within=root)
    with disk_errors(root):
        missing = [name for name in (RECORD_NAME, BOARD_NOTEBOOK) if not (root / name).exists()]
        missing_copies = [
            number
            for number, copy in enumerate(copies)
            if not served and not os.path.lexists(root / copy.notebook)
        ]
    if RECORD_NAME in missing:
        Record.create(root / RECORD_NAME, _entries(catalogue, first, students, names, language))
    day = format_date(first.starts_at.astimezone().date())
    if BOARD_NOTEBOOK in missing:
        title = _("Group of {date}: {names}").format(date=day, names=", ".join(map(escape_markdown, names)))
        atomic_write(
            root / BOARD_NOTEBOOK,
            _notebook([_markdown_cell("title", f"# {title}"), _markdown_cell("notes", _notes_text())]),
            root,
        )
    if missing_copies and first.exercise:
        catalogue.released(first.exercise)
    if first.exercise:
        for student, name, copy in zip(students, names, copies, strict=True):
            _create_test_record(catalogue, root, copy, first, student, name, language)
    for number in missing_copies:
        title = _("{name}, {date}").format(name=escape_markdown(names[number]), date=day)
        times = _("From {start}, {minutes} minutes.").format(
            start=format_time(first.starts_at), minutes=first.minutes
        )
        cells = [_markdown_cell("title", f"# {title}\n\n{times}")]
        if first.exercise:
            cells += exercises.statement_cells(catalogue.course, first.exercise, students[number].language)
        else:
            cells.append(_code_cell("work"))
        atomic_write(root / copies[number].notebook, _notebook(cells), root)


def _create_test_record(
    catalogue: Catalogue,
    root: Path,
    copy: GroupNotebook,
    session: Session,
    student: Student,
    name: str,
    language: Language,
) -> None:
    """Create a record beside a copy, with the exercise alone: its kernel runs the visible tests in it."""
    path = (root / copy.notebook).with_name(RECORD_NAME)
    if os.path.lexists(path) or session.exercise is None:
        return
    about = SessionEntry(
        id=session.id, student=name, language=language, starts_at=session.starts_at, minutes=session.minutes
    )
    entry = exercise_entry(catalogue, session.exercise, student)
    Record.create(path, {"session": about, f"exercise:{entry.id}": entry}, within=root)


def _is_notebook(path: Path, workspace: Path) -> bool:
    """Return whether a file looks like a notebook; the server validates it fully."""
    try:
        found = json.loads(read_regular_file(path, MAX_SHARED_NOTEBOOK_BYTES, within=workspace) or b"")
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
            line = board_check_id(number, skill.id)
            entries[f"check:{line}"] = CheckEntry(
                id=line, title=str(skill.title), milestone=name, order=order
            )
    return entries


def _notes_text() -> str:
    return _("## Notes\n\n*Double-click here to write. Everybody can read and change these notes.*")


def _markdown_cell(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _code_cell(name: str) -> dict[str, Any]:
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
        # Older versions of nbgrader write cells without ids, but a shared notebook needs them.
        cell.setdefault("id", f"cell-{number}")
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    # With the language in the metadata, JupyterLab selects a kernel of any server without a dialog.
    metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    return dump_notebook({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def hand_over(practice: Practice, session: Session, copy: bytes, part: Mapping[str, Entry]) -> list[Path]:
    """Copy a student's files of a group session into the session folder of their workspace.

    These are their notebook, the group's board, and a record with their part of the group's record. Nothing
    is overwritten: if the name is taken by another file, a number is added.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session after the close.
    copy : bytes
        The student's notebook.
    part : mapping of str to Entry
        The student's part of the group's record.

    Returns
    -------
    list of Path
        Paths of the notebooks; empty if the session is not a group's.

    Raises
    ------
    StorageError
        A file cannot be written.
    """
    if session.group is None:
        return []
    root = group_folder(practice, session.group)
    target = notebook_path(practice, session)
    workspace = practice.workspace(session.student_id)
    board = read_regular_file(root / BOARD_NOTEBOOK, MAX_NOTEBOOK_BYTES, within=root)
    make_folder(target.parent, within=workspace)
    kept = []
    for path, data in ((target, copy), (target.with_name(BOARD_NOTEBOOK), board)):
        if data:
            kept.append(_write_without_overwriting(path, data, workspace))
    about = part.get("session")
    with practice.store.read() as tx:
        name = tx.students.get(session.student_id).name
    if isinstance(about, SessionEntry):
        about = about.model_copy(update={"id": session.id, "student": name})
        with suppress(DuplicateError):
            Record.create(target.with_name(RECORD_NAME), {**part, "session": about}, within=workspace)
    return kept


def _write_without_overwriting(path: Path, data: bytes, workspace: Path) -> Path:
    number = 1
    target = path
    while target.is_symlink() or target.exists():
        if read_regular_file(target, MAX_NOTEBOOK_BYTES, within=workspace) == data:
            return target
        number += 1
        target = path.with_name(f"{path.stem}-{number}{path.suffix}")
    atomic_write(target, data, within=workspace)
    return target
