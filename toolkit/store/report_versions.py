"""Reports: what each was made from, and those that were shared for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import JSON, ColumnElement, ForeignKey, FromClause, String, Table, select, type_coerce
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.store.base import Base, UtcDateTime
from toolkit.store.students import StudentRow

__all__ = ["Made", "ReportRow", "Reports", "Shared", "SharedReportRow"]

_AT_ONCE = 100  # students in one statement: so many of their rows stand in memory
# What says nothing of a student's progress, or is made from it.
_NOT_ASKED = {"drafts", "ledger", "notes", "remarks", "reports", "shared_reports", "tried"}


class ReportRow(Base):
    """The last report of one kind."""

    __tablename__ = "reports"

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    made_from: Mapped[str] = mapped_column(String(64))
    seen: Mapped[str] = mapped_column(String(64))
    holds_until: Mapped[datetime] = mapped_column(UtcDateTime)
    files: Mapped[dict[str, list[int]]] = mapped_column(JSON)


class SharedReportRow(Base):
    """A report that was shared: it is never written again."""

    __tablename__ = "shared_reports"

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    made_from: Mapped[str] = mapped_column(String(64))
    shared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    files: Mapped[dict[str, str]] = mapped_column(JSON)


@dataclass(frozen=True)
class Made:
    """What is known of a report that was written.

    Parameters
    ----------
    made_from : str
        The hash of what it was made from.
    seen : str
        The hash of all that it could have been made from, which is quick to find out.
    holds_until : datetime
        When time alone may change it; aware.
    files : mapping of str to list of int
        By name: size in bytes, and when it was written, ns.
    """

    student_id: str
    made_from: str
    seen: str
    holds_until: datetime
    files: Mapping[str, Sequence[int]] = field(default_factory=dict)
    kind: str = "progress"


@dataclass(frozen=True)
class Shared:
    """A version of a report that was shared.

    Parameters
    ----------
    version : int
        From 1.
    files : mapping of str to str
        By name: the SHA-256.
    """

    student_id: str
    version: int
    made_from: str
    shared_at: datetime
    files: Mapping[str, str]
    kind: str = "progress"


class Reports:
    """The reports of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def made(self, students: Sequence[str], kind: str = "progress") -> dict[str, Made]:
        """Return what is known of the last report of each of these students, by id."""
        return {
            row.student_id: Made(**{name: getattr(row, name) for name in Made.__dataclass_fields__})
            for part in _parts(students)
            for row in self._session.scalars(
                select(ReportRow).where(ReportRow.student_id.in_(part), ReportRow.kind == kind)
            )
        }

    def note(self, made: Made) -> None:
        """Keep what a report was made from."""
        self._session.merge(ReportRow(**{**vars(made), "files": _plain(made.files)}))
        self._session.flush()

    def share(self, shared: Shared) -> None:
        """Keep that a version was shared; a version that is there is an error of the caller's."""
        self._session.add(SharedReportRow(**{**vars(shared), "files": dict(shared.files)}))
        self._session.flush()

    def shared(self, student_id: str, kind: str = "progress") -> list[Shared]:
        """Return the versions that were shared, earliest first."""
        query = select(SharedReportRow).where(
            SharedReportRow.student_id == student_id, SharedReportRow.kind == kind
        )
        return [
            Shared(**{name: getattr(row, name) for name in Shared.__dataclass_fields__})
            for row in self._session.scalars(query.order_by(SharedReportRow.version))
        ]

    def fingerprints(self, students: Sequence[str]) -> dict[str, str]:
        """Return, by id, a hash of all that the database holds of each student's work and sessions.

        A query a table, whatever the number of students: rows as they lie, with no object made of any.
        """
        found = {student: blake2b(digest_size=32) for student in students}
        for table in Base.metadata.sorted_tables:
            for part in _parts(students):
                for owner, *row in self._rows(table, part):
                    found[str(owner)].update(repr((table.name, row)).encode("utf-8", "surrogatepass"))
        return {student: digest.hexdigest() for student, digest in found.items()}

    def _rows(self, table: Table, students: Sequence[str]) -> Iterator[Sequence[object]]:
        """Yield the rows of a table that belong to these students, the student first."""
        owner, source = _owner(table)
        if owner is None or table.name in _NOT_ASKED:
            return
        # As text: nothing is made of JSON, or of a time.
        plain = [type_coerce(column, String) for column in table.columns]
        query = select(owner, *plain).select_from(source).where(owner.in_(students))
        yield from self._session.execute(query.order_by(*table.primary_key))


def _owner(table: Table) -> tuple[ColumnElement[str] | None, FromClause]:
    """Return the column that says whose a row is, and what to read it from."""
    if table is StudentRow.__table__:
        return table.columns["id"], table
    if "student_id" in table.columns:
        return table.columns["student_id"], table
    for key in table.foreign_keys:
        # What hangs on a session or an attempt is its student's.
        above = key.column.table
        if "student_id" in above.columns:
            return above.columns["student_id"], table.join(above, key.parent == key.column)
    return None, table


def _parts(students: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(students), _AT_ONCE):
        yield students[start : start + _AT_ONCE]


def _plain(files: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    return {name: list(numbers) for name, numbers in files.items()}
