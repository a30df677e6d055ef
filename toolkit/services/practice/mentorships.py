"""Taking students on, and letting them go."""

from __future__ import annotations

from datetime import UTC, datetime

from toolkit._internal.atomic_io import disk_errors
from toolkit.domain.people import Address, MentorshipState, Student, slug
from toolkit.errors import InputError
from toolkit.exercises.course.path_files import load_path
from toolkit.i18n import Language, _
from toolkit.practice import Practice

__all__ = ["act", "add"]


def add(
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
    """Take a student on: a row in the store and a workspace of their own.

    Parameters
    ----------
    student_id : str, optional
        Folder-safe; made from the name if left out.
    language : {"en", "fr"}, optional
        The practice's if left out.
    invited : bool
        Whether the student has yet to say yes.

    Raises
    ------
    DuplicateError
        If the id is taken.
    NotFoundError
        If the practice has no such path.
    InputError
        If the name or the id cannot be one.
    """
    made = slug(name)  # a name is checked whether or not the id is made from it
    if student_id is not None and student_id != slug(student_id):
        raise InputError(
            _("'{id}' cannot be an id.").format(id=student_id),
            _("Use small letters, digits and hyphens, for example '{example}'.").format(
                example=slug(student_id)
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


def act(practice: Practice, name: str, action: str) -> Student:
    """Pause, resume or end a mentorship; `StateError` where it is not allowed."""
    with practice.store.begin() as tx:
        student = tx.students.get(name).act(action)
        tx.students.save(student)
    return student
