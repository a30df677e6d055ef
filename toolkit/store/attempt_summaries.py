"""Denormalised attempt summaries, one per (student, exercise).

The transaction that writes an attempt recomputes its summary. The cohort view reads only the summaries, so
that it need not read every attempt.

See docs/decisions/0010-cohort.md.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import JSON, ForeignKey, String, cast, delete, func, insert, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.domain.attempt import Verdict
from toolkit.domain.attempt_evidence import AttemptSummary, summarize_attempts
from toolkit.store.attempts import AttemptRepository, AttemptRow
from toolkit.store.base import Base, StrEnumType, UtcDateTime

__all__ = ["AttemptSummaryRepository", "AttemptSummaryRow"]

_PAIRS_PER_STATEMENT = 200
"""Largest number of pairs in one statement; each needs two of SQLite's 32,766 variables."""


class AttemptSummaryRow(Base):
    """Summary of one student and one exercise; always recomputed from the attempts, never incremented."""

    __tablename__ = "tried"

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    exercise_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    attempts: Mapped[int]
    last_id: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verdict: Mapped[Verdict | None] = mapped_column(StrEnumType(Verdict))
    solved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shown_last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing: Mapped[list[Sequence[str]]] = mapped_column(JSON)


_COLUMNS = [
    getattr(AttemptSummaryRow, field) for field in AttemptSummary.__dataclass_fields__ if field != "failing"
]
# Read as text: most students fail no test at the moment, and thousands of empty lists need not be parsed.
_FAILING = cast(AttemptSummaryRow.failing, String)
_EMPTY_JSON = "[]"


class AttemptSummaryRepository:
    """The summaries of the practice, within one transaction."""

    def __init__(self, session: Session, attempts: AttemptRepository) -> None:
        self._session = session
        self._attempts = attempts

    def for_students(self, students: Collection[str]) -> list[AttemptSummary]:
        """Return the stored summaries of the students."""
        query = select(*_COLUMNS, _FAILING).where(AttemptSummaryRow.student_id.in_(students))
        return [AttemptSummary(*(*row, _pairs(failing))) for *row, failing in self._session.execute(query)]

    def missing(self, students: Collection[str]) -> set[tuple[str, str]]:
        """Return the pairs (student, exercise) with attempts but no summary: attempts of an older schema."""
        tried = select(AttemptRow.student_id, AttemptRow.exercise_id).where(
            AttemptRow.student_id.in_(students)
        )
        kept = select(AttemptSummaryRow.student_id, AttemptSummaryRow.exercise_id).where(
            AttemptSummaryRow.student_id.in_(students)
        )
        return {(a, b) for a, b in self._session.execute(tried.except_(kept))}

    def make(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Recompute the summaries of these pairs (student, exercise)."""
        ordered = sorted(set(pairs))
        pair = tuple_(AttemptSummaryRow.student_id, AttemptSummaryRow.exercise_id)
        for start in range(0, len(ordered), _PAIRS_PER_STATEMENT):
            chosen = ordered[start : start + _PAIRS_PER_STATEMENT]
            self._session.execute(delete(AttemptSummaryRow).where(pair.in_(chosen)))
            found = self._attempts.at(chosen)
            made = [
                summarize_attempts(list(group))
                for _pair, group in groupby(found, lambda one: (one.student_id, one.exercise_id))
            ]
            if made:
                self._session.execute(insert(AttemptSummaryRow), [_values(one) for one in made])

    def count(self) -> int:
        """Return the number of summaries."""
        return self._session.scalar(select(func.count()).select_from(AttemptSummaryRow)) or 0


def _pairs(failing: str) -> tuple[tuple[str, str], ...]:
    if failing == _EMPTY_JSON:
        return ()
    return tuple((test, message) for test, message in json.loads(failing))


def _values(one: AttemptSummary) -> dict[str, object]:
    return {**vars(one), "failing": [list(pair) for pair in one.failing]}
