"""Tables and repository of reports: the inputs of each report, and the shared (frozen) versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import JSON, ColumnElement, ForeignKey, FromClause, String, Table, select, type_coerce
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.store.base import Base, UtcDateTime
from toolkit.store.students import StudentRow

__all__ = ["ReportRepository", "ReportRow", "SharedReportRow", "SharedReportVersion", "WrittenReportVersion"]

_STUDENTS_PER_STATEMENT = 100  # bounds the number of rows in memory
# Tables without information on a student's progress, or derived from it.
_IGNORED_TABLES = {"drafts", "ledger", "notes", "remarks", "reports", "shared_reports", "tried"}


class ReportRow(Base):
    """The last report of one kind for one student."""

    __tablename__ = "reports"

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    made_from: Mapped[str] = mapped_column(String(64))
    seen: Mapped[str] = mapped_column(String(64))
    holds_until: Mapped[datetime] = mapped_column(UtcDateTime)
    files: Mapped[dict[str, list[int]]] = mapped_column(JSON)


class SharedReportRow(Base):
    """A shared version of a report: it is never rewritten."""

    __tablename__ = "shared_reports"

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    made_from: Mapped[str] = mapped_column(String(64))
    shared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    files: Mapped[dict[str, str]] = mapped_column(JSON)


@dataclass(frozen=True)
class WrittenReportVersion:
    """Inputs and files of a written report; they decide if it must be written again.

    Parameters
    ----------
    student_id : str
        Id of the student.
    made_from : str
        Hash of the inputs of the report.
    seen : str
        Hash of all stored data from which the inputs are derived; quick to compute.
    holds_until : datetime
        Time from which the report may change without any change of data; aware.
    files : mapping of str to list of int
        Size (bytes) and modification time (ns) of each file, by name.
    kind : str
        Kind of the report.
    """

    student_id: str
    made_from: str
    seen: str
    holds_until: datetime
    files: Mapping[str, Sequence[int]] = field(default_factory=dict)
    kind: str = "progress"


@dataclass(frozen=True)
class SharedReportVersion:
    """A shared version of a report.

    Parameters
    ----------
    student_id : str
        Id of the student.
    version : int
        Number of the version, from 1.
    made_from : str
        Hash of the inputs of the report.
    shared_at : datetime
        Aware, UTC.
    files : mapping of str to str
        SHA-256 of each file, by name.
    kind : str
        Kind of the report.
    """

    student_id: str
    version: int
    made_from: str
    shared_at: datetime
    files: Mapping[str, str]
    kind: str = "progress"


class ReportRepository:
    """The reports of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def latest(self, students: Sequence[str], kind: str = "progress") -> dict[str, WrittenReportVersion]:
        """Return the last report of each student that has one, by student id.

        Parameters
        ----------
        students : sequence of str
            Ids of the students.
        kind : str
            Kind of the report.
        """
        return {
            row.student_id: WrittenReportVersion(
                **{name: getattr(row, name) for name in WrittenReportVersion.__dataclass_fields__}
            )
            for part in _batches(students)
            for row in self._session.scalars(
                select(ReportRow).where(ReportRow.student_id.in_(part), ReportRow.kind == kind)
            )
        }

    def note(self, made: WrittenReportVersion) -> None:
        """Store the inputs and files of a written report."""
        self._session.merge(ReportRow(**{**vars(made), "files": _plain(made.files)}))
        self._session.flush()

    def share(self, shared: SharedReportVersion) -> None:
        """Store a shared version; an existing version number is an error of the caller."""
        self._session.add(SharedReportRow(**{**vars(shared), "files": dict(shared.files)}))
        self._session.flush()

    def shared(self, student_id: str, kind: str = "progress") -> list[SharedReportVersion]:
        """Return the shared versions of a student's report, earliest first.

        Parameters
        ----------
        student_id : str
            Id of the student.
        kind : str
            Kind of the report.
        """
        query = select(SharedReportRow).where(
            SharedReportRow.student_id == student_id, SharedReportRow.kind == kind
        )
        return [
            SharedReportVersion(
                **{name: getattr(row, name) for name in SharedReportVersion.__dataclass_fields__}
            )
            for row in self._session.scalars(query.order_by(SharedReportRow.version))
        ]

    def fingerprints(self, students: Sequence[str]) -> dict[str, str]:
        """Return a hash of all stored data on each student's work and sessions, by student id.

        It takes one query per table and 100 students, and reads raw rows without creating objects.
        """
        found = {student: blake2b(digest_size=32) for student in students}
        for table in Base.metadata.sorted_tables:
            for part in _batches(students):
                for owner, *row in self._rows(table, part):
                    found[str(owner)].update(repr((table.name, row)).encode("utf-8", "surrogatepass"))
        return {student: digest.hexdigest() for student, digest in found.items()}

    def _rows(self, table: Table, students: Sequence[str]) -> Iterator[Sequence[object]]:
        """Yield the rows of a table that belong to these students, with the student's id in front."""
        owner, source = _owner(table)
        if owner is None or table.name in _IGNORED_TABLES:
            return
        # Read as text, without parsing JSON or times.
        plain = [type_coerce(column, String) for column in table.columns]
        query = select(owner, *plain).select_from(source).where(owner.in_(students))
        yield from self._session.execute(query.order_by(*table.primary_key))


def _owner(table: Table) -> tuple[ColumnElement[str] | None, FromClause]:
    """Return the column with the student's id of a row, and the table or join that contains it."""
    if table is StudentRow.__table__:
        return table.columns["id"], table
    if "student_id" in table.columns:
        return table.columns["student_id"], table
    for key in table.foreign_keys:
        # Rows that refer to a session or an attempt belong to its student.
        above = key.column.table
        if "student_id" in above.columns:
            return above.columns["student_id"], table.join(above, key.parent == key.column)
    return None, table


def _batches(students: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(students), _STUDENTS_PER_STATEMENT):
        yield students[start : start + _STUDENTS_PER_STATEMENT]


def _plain(files: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    return {name: list(numbers) for name, numbers in files.items()}
