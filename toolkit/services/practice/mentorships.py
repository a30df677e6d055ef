"""Mentorships: add a student; pause, resume or end a mentorship."""

from __future__ import annotations

from datetime import UTC, datetime

from toolkit._internal.atomic_io import disk_errors
from toolkit.domain.people import Address, MentorshipState, Student, student_slug
from toolkit.errors import InputError
from toolkit.exercises.course.path_files import load_path
from toolkit.i18n import Language, _
from toolkit.practice import Practice

__all__ = ["add_student", "change_mentorship"]


def add_student(
    practice: Practice,
    name: str,
    *,
    student_id: str | None = None,
    email: str = "",
    language: Language | None = None,
    address: Address = "tu",
    path: str = "python-foundations",
    invited: bool = False,
    since: datetime | None = None,
) -> Student:
    """Add a student: an entry in the store, and a workspace.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str
        Name of the student.
    student_id : str, optional
        Id of the student, usable as a folder's name; made from the name if left out.
    email : str
        E-mail address; may be empty.
    language : {"en", "fr"}, optional
        Language of the student; the practice's if left out.
    address : {"tu", "vous"}
        Form of address in French texts.
    path : str
        Id of the learning path.
    invited : bool
        Whether the student has not accepted the mentorship yet.
    since : datetime, optional
        Start of the mentorship, timezone-aware; now if left out.

    Raises
    ------
    DuplicateError
        The id is taken.
    NotFoundError
        The practice has no such learning path.
    InputError
        The name or the id is not valid.
    """
    made = student_slug(name)  # raises an error for an invalid name, even if the id is given
    if student_id is not None and student_id != student_slug(student_id):
        raise InputError(
            _("'{id}' cannot be an id.").format(id=student_id),
            _("Use small letters, digits and hyphens, for example '{example}'.").format(
                example=student_slug(student_id)
            ),
        )
    load_path(practice.root, path)
    student = Student(
        id=student_id or made,
        name=name.strip(),
        since=since or datetime.now(UTC),
        email=email,
        language=language or practice.config.practice.language,
        address=address,
        path=path,
        state=MentorshipState.INVITED if invited else MentorshipState.ACTIVE,
    )
    with practice.store.begin() as tx:
        tx.students.add(student)
        workspace = practice.workspace(student.id)
        with disk_errors(workspace):
            workspace.mkdir(parents=True, exist_ok=True)
    return student


def change_mentorship(practice: Practice, name: str, action: str) -> Student:
    """Pause, resume or end a mentorship.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str
        Id or name of the student.
    action : {"pause", "resume", "end"}
        The action.

    Raises
    ------
    NotFoundError
        There is no such student.
    StateError
        The mentorship's state does not allow the action.
    """
    with practice.store.begin() as tx:
        student = tx.students.get(name).act(action)
        tx.students.save(student)
    return student
