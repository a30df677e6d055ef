"""Tables and repository of attempts (submissions as received, with their outcomes) and of given hints."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    select,
    tuple_,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.store.base import Base, StrEnumType, UtcDateTime

__all__ = ["AttemptRepository", "AttemptRow", "GradedAttemptRow", "HintRow"]


class AttemptRow(Base):
    """A submission; the received part never changes, grading writes the outcome."""

    __tablename__ = "attempts"
    __table_args__ = (
        # The same bytes for the same exercise are one attempt, even if they are handed in again.
        UniqueConstraint("student_id", "exercise_id", "sha256"),
        Index("ix_attempts_student_received", "student_id", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"))
    exercise_id: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(Text)
    hints_used: Mapped[int]
    aided: Mapped[bool]
    verdict: Mapped[Verdict | None] = mapped_column(StrEnumType(Verdict), index=True)
    results: Mapped[list[Mapping[str, Any]]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    environment: Mapped[str] = mapped_column(String(200))
    made_with: Mapped[str] = mapped_column(String(64), server_default="")


class HintRow(Base):
    """One step of a hint ladder that a student was given."""

    __tablename__ = "hints"

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    exercise_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)


_RECEIVED_FIELDS = ("student_id", "exercise_id", "sha256", "received_at", "source", "hints_used", "aided")


@dataclass(frozen=True)
class GradedAttemptRow:
    """The few columns of a graded attempt that are read of ten thousand attempts at a time.

    Parameters
    ----------
    id : int
        Id of the attempt.
    made_with : str
        Fingerprint of the exercise, the packages and the grader, as in `Outcome`.
    """

    id: int
    student_id: str
    exercise_id: str
    verdict: Verdict | None
    made_with: str


class AttemptRepository:
    """The attempts of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._touched: set[tuple[str, str]] = set()

    @property
    def touched(self) -> frozenset[tuple[str, str]]:
        """The pairs (student, exercise) whose attempts this transaction has written."""
        return frozenset(self._touched)

    def add(self, attempt: Attempt) -> tuple[Attempt, bool]:
        """Store an attempt; return it as stored, and True if it is new.

        Bytes that the student has handed in before for the exercise are the earlier attempt.
        """
        kept = self._session.scalars(
            select(AttemptRow).where(
                AttemptRow.student_id == attempt.student_id,
                AttemptRow.exercise_id == attempt.exercise_id,
                AttemptRow.sha256 == attempt.sha256,
            )
        ).first()
        if kept:
            return _attempt(kept), False
        row = AttemptRow(
            **{field: getattr(attempt, field) for field in _RECEIVED_FIELDS},
            results=[],
            reason="",
            environment="",
            made_with="",
        )
        _write_outcome(row, attempt.outcome)
        self._session.add(row)
        self._session.flush()
        self._touched.add((row.student_id, row.exercise_id))
        return _attempt(row), True

    def set_outcome(self, attempt_id: int, outcome: Outcome) -> None:
        """Write the outcome of grading.

        Parameters
        ----------
        attempt_id : int
            Id of the attempt.
        outcome : Outcome
            The outcome, in place of an earlier one.
        """
        row = self._session.get_one(AttemptRow, attempt_id)
        _write_outcome(row, outcome)
        self._touched.add((row.student_id, row.exercise_id))

    def for_student(self, student_id: str) -> list[Attempt]:
        """Return a student's attempts, earliest first."""
        return self.all(student_id)

    def for_students(self, students: Collection[str]) -> dict[str, list[Attempt]]:
        """Return the attempts of the students by student id, earliest first."""
        found: dict[str, list[Attempt]] = {name: [] for name in students}
        for attempt in self._list(AttemptRow.student_id.in_(students)):
            found[attempt.student_id].append(attempt)
        return found

    def with_ids(self, ids: Collection[int]) -> list[Attempt]:
        """Return the attempts with these ids, earliest first."""
        return self._list(AttemptRow.id.in_(ids))

    def at(self, pairs: Collection[tuple[str, str]]) -> list[Attempt]:
        """Return the attempts of these pairs (student id, exercise id), grouped by pair, earliest first."""
        columns = (AttemptRow.student_id, AttemptRow.exercise_id)
        query = select(AttemptRow).where(tuple_(*columns).in_(pairs))
        order = (*columns, AttemptRow.received_at, AttemptRow.id)
        return [_attempt(row) for row in self._session.scalars(query.order_by(*order))]

    def waiting(self, student_id: str | None = None, exercise_id: str | None = None) -> list[Attempt]:
        """Return the attempts that are not graded yet, earliest first.

        Parameters
        ----------
        student_id, exercise_id : str, optional
            Only attempts of this student, or at this exercise; all if None.
        """
        return self._list(AttemptRow.verdict.is_(None), *_conditions(student_id, exercise_id))

    def graded(self) -> list[GradedAttemptRow]:
        """Return all graded attempts without their results, earliest first."""
        columns = (AttemptRow.id, AttemptRow.student_id, AttemptRow.exercise_id)
        query = (
            select(*columns, AttemptRow.verdict, AttemptRow.made_with)
            .where(AttemptRow.verdict.is_not(None))
            .order_by(AttemptRow.received_at, AttemptRow.id)
        )
        return [GradedAttemptRow(a, b, c, d, e) for a, b, c, d, e in self._session.execute(query)]

    def all(self, student_id: str | None = None, exercise_id: str | None = None) -> list[Attempt]:
        """Return the attempts, earliest first.

        Parameters
        ----------
        student_id, exercise_id : str, optional
            Only attempts of this student, or at this exercise; all if None.
        """
        return self._list(*_conditions(student_id, exercise_id))

    def _list(self, *conditions: ColumnElement[bool]) -> list[Attempt]:
        query = select(AttemptRow).where(*conditions).order_by(AttemptRow.received_at, AttemptRow.id)
        return [_attempt(row) for row in self._session.scalars(query)]

    def hints_given(self, student_id: str, exercise_id: str) -> int:
        """Return the number of steps of the hint ladder that the student was given.

        Parameters
        ----------
        student_id, exercise_id : str
            Ids of the student and of the exercise.
        """
        query = select(HintRow.step).where(
            HintRow.student_id == student_id, HintRow.exercise_id == exercise_id
        )
        return max(self._session.scalars(query), default=0)

    def give_hint(self, student_id: str, exercise_id: str, step: int, at: datetime) -> None:
        """Record that the student was given a step of the hint ladder.

        Parameters
        ----------
        student_id, exercise_id : str
            Ids of the student and of the exercise.
        step : int
            Number of the step, from 1.
        at : datetime
            The time; aware.
        """
        self._session.add(HintRow(student_id=student_id, exercise_id=exercise_id, step=step, given_at=at))
        self._session.flush()


def _conditions(student_id: str | None, exercise_id: str | None) -> Iterator[ColumnElement[bool]]:
    if student_id is not None:
        yield AttemptRow.student_id == student_id
    if exercise_id is not None:
        yield AttemptRow.exercise_id == exercise_id


def _write_outcome(row: AttemptRow, outcome: Outcome | None) -> None:
    if outcome is None:
        return
    row.verdict = outcome.verdict
    row.results = [asdict(result) for result in outcome.results]
    row.reason = outcome.reason
    row.environment = outcome.environment
    row.made_with = outcome.made_with


def _attempt(row: AttemptRow) -> Attempt:
    outcome = None
    if row.verdict is not None:
        results = tuple(TestResult(**result) for result in row.results)
        outcome = Outcome(row.verdict, results, row.reason, row.environment, row.made_with)
    return Attempt(**{field: getattr(row, field) for field in _RECEIVED_FIELDS}, outcome=outcome, id=row.id)
