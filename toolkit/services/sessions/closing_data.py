"""The data of a close: read and validated from a session's record, then stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from toolkit.domain.agenda import ActionState
from toolkit.domain.people import Role, Student
from toolkit.domain.record_entries import Entry
from toolkit.domain.session import Session
from toolkit.domain.session_close import CloseResult, StudentBaseline, compute_close
from toolkit.domain.skill_opinions import Opinion, Stance, latest_opinions
from toolkit.domain.student_group import student_part
from toolkit.i18n import use_language
from toolkit.live.snapshots.snapshot_store import SnapshotReason
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.sessions import session_snapshots, wishes_and_consents
from toolkit.services.sessions.session_agenda import new_id
from toolkit.services.sessions.session_workspace import read_notebook, read_record
from toolkit.store import Mark, Note, NoteDraft, NoteSide, Transaction

__all__ = ["ClosePreview", "confirm_close", "names_of", "preview_close", "read_part", "standing_of"]


@dataclass(frozen=True)
class ClosePreview:
    """The data that a close would keep.

    Parameters
    ----------
    closing : CloseResult
        The session, actions, ticks, self-ratings and ledger line after the close.
    problems : tuple of str
        One sentence for each invalid entry of the record; these entries are left out.
    record : bytes
        The record's file as it was read.
    notebook : bytes
        The notebook's file as it was read; empty if there is none.
    entries : mapping of str to Entry
        The valid entries; of a group's record, the student's part.
    """

    closing: CloseResult
    problems: tuple[str, ...]
    record: bytes
    notebook: bytes
    entries: Mapping[str, Entry] = field(default_factory=dict)


def preview_close(practice: Practice, session_id: str) -> ClosePreview:
    """Read and validate the session's record, and return the data that a close would keep; change nothing.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow a close.
    """
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        session.act("close")
        student = tx.students.get(session.student_id)
        standing = standing_of(tx, Catalogue(practice), student)
    entries, problems, record = read_part(practice, session, standing)
    if session.group:
        # A group's record does not hold the actions of earlier sessions: they stay as they are.
        standing = replace(standing, open_actions=())
    with use_language(student.language):  # that of the recap
        closing = compute_close(
            session, entries, standing, practice.config.billing_rules, new_id, names_of(practice, student)
        )
    return ClosePreview(closing, problems, record, read_notebook(practice, session), entries)


def names_of(practice: Practice, student: Student) -> dict[Role, str]:
    """Return what a recap calls the student and the mentor.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student : Student
        The student.
    """
    return {"student": student.given_name, "mentor": practice.config.practice.mentor}


def read_part(
    practice: Practice, session: Session, standing: StudentBaseline
) -> tuple[dict[str, Entry], tuple[str, ...], bytes]:
    """Return a session's validated record, as `read_record` does; of a group's record, this student's part.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    standing : StudentBaseline
        The stored data of the session's student.
    """
    entries, problems, data = read_record(practice, session)
    if session.group and not session.is_over:
        with practice.store.read() as tx:
            students = [one.student_id for one in tx.sessions.of_group(session.group)]
        entries = student_part(entries, students.index(session.student_id) + 1, students, standing)
    return entries, problems, data


def standing_of(tx: Transaction, catalogue: Catalogue, student: Student) -> StudentBaseline:
    """Return the stored data of a student that a record is compared with.

    Parameters
    ----------
    tx : Transaction
        Open transaction of the store.
    catalogue : Catalogue
        Exercises and learning paths of the practice.
    student : Student
        The student.
    """
    actions = tx.actions.for_student(student.id)
    said = latest_opinions(tx.opinions.for_student(student.id))
    return StudentBaseline(
        open_actions=[action for action in actions if action.state is ActionState.OPEN],
        known_actions={action.id for action in actions},
        marks={
            *((mark.skill, mark.by) for mark in tx.marks.for_student(student.id) if mark.by == "student"),
            *(key for key, one in said.items() if one.stance is Stance.CONFIRMED),
        },
        skills={skill.id for skill in catalogue.path(student.path).skills},
        says={skill: (str(one.stance), one.words) for (skill, by), one in said.items() if by == "student"},
    )


def confirm_close(
    practice: Practice, preview: ClosePreview, *, note: str = "", recap: str = "", now: datetime | None = None
) -> Session:
    """Close a session: store the preview's agenda, actions, ticks, ledger line, recap and original files.

    The mentor's drafts from the session become a private note and, unless others are given here, the own
    words at the top of the recap. A session that was held before its planned time gets the time of its close.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    preview : ClosePreview
        The data to store, from `preview_close`.
    note : str
        The mentor's private note, besides their draft.
    recap : str
        The mentor's own words for the student.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Returns
    -------
    Session
        The closed session.

    Raises
    ------
    StateError
        The session was closed in the meantime.
    """
    now = now or datetime.now(UTC)
    closing = preview.closing
    # The student's last chance to give consent: from here on they can only withdraw it.
    wishes_and_consents.ingest_student_input(practice, closing.session.id, now)
    kept = session_snapshots.snapshots_of_session(practice, closing.session.id)
    kept.add(SnapshotReason.CLOSE, preview.notebook or None, preview.record or None, now=now)
    session = replace(
        closing.session,
        # One that was held before its planned time: the date of its recap is not in the future.
        starts_at=min(closing.session.starts_at, now),
        record_sha256=practice.keep(preview.record) if preview.record else None,
        notebook_sha256=practice.keep(preview.notebook) if preview.notebook else None,
    )
    with practice.store.begin() as tx:
        # Another process may have closed it in the meantime: the state machine refuses the second close.
        tx.sessions.get(session.id).act("close")
        draft = tx.drafts.for_session(session.id)
        session = replace(session, recap=closing.recap(recap or draft.recap))
        tx.sessions.save(session)
        for action in closing.actions:
            tx.actions.save(action, session.student_id, session.id)
        for change in closing.marks:
            mark = Mark(session.student_id, change.skill, change.by, session.id, now, change.given)
            tx.marks.add(mark)
        for one in closing.sayings:
            tx.opinions.add(
                Opinion(session.student_id, one.skill, "student", one.stance, now, one.words, session.id)
            )
        tx.ledger.add(closing.ledger)
        for text in dict.fromkeys(text for text in (draft.note.strip(), note) if text):
            tx.notes.add(Note(session.student_id, session.id, NoteSide.MENTOR, text, now))
        tx.drafts.save(session.id, NoteDraft(), now)
    return session
