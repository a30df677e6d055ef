"""Table and repository of students and their mentorships."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.domain.people import MentorshipState, Student, student_slug
from toolkit.errors import DuplicateError, InputError, NotFoundError
from toolkit.i18n import _
from toolkit.store.base import Base, StrEnumType, UtcDateTime

__all__ = ["StudentRepository", "StudentRow", "fold_name", "student_from_row"]


class StudentRow(Base):
    """A student."""

    __tablename__ = "students"

    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(300))
    email: Mapped[str] = mapped_column(String(320))
    language: Mapped[str] = mapped_column(String(2))
    address: Mapped[str] = mapped_column(String(4))
    path: Mapped[str] = mapped_column(String(60))
    state: Mapped[MentorshipState] = mapped_column(StrEnumType(MentorshipState))
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class StudentRepository:
    """The students of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, student: Student) -> None:
        """Add a student; `DuplicateError` if the id is in use."""
        taken = self._session.get(StudentRow, student.id)
        if taken:
            raise DuplicateError(
                _("There is already a student '{id}' ({name}).").format(id=student.id, name=taken.name),
                _("Add a second name or an initial, or choose an id with --id."),
            )
        self._session.add(StudentRow(**vars(student)))
        self._session.flush()

    def get(self, name: str) -> Student:
        """Return the student with this id, or with this full or given name if only one student has it.

        Raises
        ------
        NotFoundError
            If no student, or more than one, has the name; the error suggests ids.
        """
        row = self._session.get(StudentRow, name)
        if row:
            return student_from_row(row)
        students = self.all()
        wanted = fold_name(name)
        named = [s for s in students if wanted in {fold_name(s.name), fold_name(s.given_name)}]
        if len(named) == 1:
            return named[0]
        hint = _("Say which: {names}.").format(names=", ".join(s.id for s in named)) if named else ""
        raise NotFoundError(
            _("There are several students '{name}'.").format(name=name)
            if named
            else _("There is no student '{name}'.").format(name=name),
            wanted,
            () if named else [s.id for s in students],
            hint or _("`mentor student list` shows them all; `mentor student add` adds one."),
        )

    def all(self) -> list[Student]:
        """Return all students, ordered by id."""
        return [
            student_from_row(row) for row in self._session.scalars(select(StudentRow).order_by(StudentRow.id))
        ]

    def save(self, student: Student) -> None:
        """Write a student's changed fields."""
        row = self._session.get_one(StudentRow, student.id)
        for field, value in vars(student).items():
            setattr(row, field, value)


def fold_name(name: str) -> str:
    """Return a name without case and accents, for comparison: "Zoé" becomes "zoe"."""
    try:
        return student_slug(name)
    except InputError:
        return name.casefold()


def student_from_row(row: StudentRow) -> Student:
    """Return the row as a `Student`."""
    return Student(**{field: getattr(row, field) for field in Student.__dataclass_fields__})
