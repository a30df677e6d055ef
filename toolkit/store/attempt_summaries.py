"""How each exercise stands with each student: a summary of the attempts, kept true with every one of them.

The cohort is read from here, so that it need not read every attempt that there is.

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
from toolkit.domain.attempt_evidence import Tried, sum_up
from toolkit.store.attempts import AttemptRow, Attempts
from toolkit.store.base import Base, Named, UtcDateTime

__all__ = ["TriedRow", "TriedRows"]

_AT_ONCE = 200
"""Pairs in one statement; each is two of the variables of which SQLite has 32,766."""


class TriedRow(Base):
    """One student and one exercise; made anew from the attempts, never counted up."""

    __tablename__ = "tried"

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    exercise_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    attempts: Mapped[int]
    last_id: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verdict: Mapped[Verdict | None] = mapped_column(Named(Verdict))
    solved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shown_last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing: Mapped[list[Sequence[str]]] = mapped_column(JSON)


_COLUMNS = [getattr(TriedRow, field) for field in Tried.__dataclass_fields__ if field != "failing"]
# As it is written: most students fail nothing just now, and that need not be parsed thousands of times.
_FAILING = cast(TriedRow.failing, String)
_NOTHING = "[]"


class TriedRows:
    """The summaries of the practice, within one transaction."""

    def __init__(self, session: Session, attempts: Attempts) -> None:
        self._session = session
        self._attempts = attempts

    def of_each(self, students: Collection[str]) -> list[Tried]:
        """Return the summaries of some students, as they are kept."""
        query = select(*_COLUMNS, _FAILING).where(TriedRow.student_id.in_(students))
        return [Tried(*(*row, _pairs(failing))) for *row, failing in self._session.execute(query)]

    def missing(self, students: Collection[str]) -> set[tuple[str, str]]:
        """Return the students and exercises that were tried and have no summary: it came later than they."""
        tried = select(AttemptRow.student_id, AttemptRow.exercise_id).where(
            AttemptRow.student_id.in_(students)
        )
        kept = select(TriedRow.student_id, TriedRow.exercise_id).where(TriedRow.student_id.in_(students))
        return {(a, b) for a, b in self._session.execute(tried.except_(kept))}

    def make(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Make the summaries of some students and exercises anew."""
        ordered = sorted(set(pairs))
        pair = tuple_(TriedRow.student_id, TriedRow.exercise_id)
        for start in range(0, len(ordered), _AT_ONCE):
            chosen = ordered[start : start + _AT_ONCE]
            self._session.execute(delete(TriedRow).where(pair.in_(chosen)))
            found = self._attempts.at(chosen)
            made = [
                sum_up(list(group))
                for _pair, group in groupby(found, lambda one: (one.student_id, one.exercise_id))
            ]
            if made:
                self._session.execute(insert(TriedRow), [_values(one) for one in made])

    def count(self) -> int:
        """Return how many summaries there are."""
        return self._session.scalar(select(func.count()).select_from(TriedRow)) or 0


def _pairs(failing: str) -> tuple[tuple[str, str], ...]:
    if failing == _NOTHING:
        return ()
    return tuple((test, message) for test, message in json.loads(failing))


def _values(one: Tried) -> dict[str, object]:
    return {**vars(one), "failing": [list(pair) for pair in one.failing]}
