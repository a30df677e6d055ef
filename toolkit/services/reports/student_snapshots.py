"""Snapshots of students from the store: the input of progress notebooks, briefs and plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from toolkit.domain.attempt import Attempt
from toolkit.domain.learning_path import Card
from toolkit.domain.people import Student
from toolkit.domain.session import Session
from toolkit.reports import StudentSnapshot, build_snapshot
from toolkit.services.catalogue import Catalogue
from toolkit.services.feedback_paths import feedback_page_path
from toolkit.store import Transaction

__all__ = ["student_snapshot", "student_snapshots"]

_BATCH_SIZE = 50
"""Number of students that are read together: it bounds the memory for any number of students."""


def student_snapshot(
    tx: Transaction, catalogue: Catalogue, student: Student, now: datetime
) -> StudentSnapshot:
    """Return the snapshot of one student.

    Parameters
    ----------
    tx : Transaction
        Open transaction of the store.
    catalogue : Catalogue
        Exercises and learning paths of the practice.
    student : Student
        The student; the texts are in their language.
    now : datetime
        Current time, timezone-aware.
    """
    return next(student_snapshots(tx, catalogue, [student], now))


def student_snapshots(
    tx: Transaction, catalogue: Catalogue, students: Iterable[Student], now: datetime
) -> Iterator[StudentSnapshot]:
    """Yield the snapshot of each student, in their order.

    Each fifty students need a fixed number of queries, which read only their rows.

    Parameters
    ----------
    tx : Transaction
        Open transaction of the store.
    catalogue : Catalogue
        Exercises and learning paths of the practice.
    students : iterable of Student
        The students; the texts are in their languages.
    now : datetime
        Current time, timezone-aware.
    """
    rest = iter(students)
    while batch := list(islice(rest, _BATCH_SIZE)):
        yield from _build_batch(tx, catalogue, batch, now.astimezone())  # dates are in the mentor's time zone


def _build_batch(
    tx: Transaction, catalogue: Catalogue, students: Sequence[Student], now: datetime
) -> Iterator[StudentSnapshot]:
    ids = [student.id for student in students]
    attempts, sessions = tx.attempts.for_students(ids), tx.sessions.for_students(ids)
    actions, marks = tx.actions.for_students(ids), tx.marks.for_students(ids)
    observations, opinions = tx.observations.for_students(ids), tx.opinions.for_students(ids)
    with_page = tx.feedback.pages(ids)
    for student in students:
        promised = actions[student.id]
        workspace = catalogue.practice.workspace(student.id)
        is_visible = _IsVisible(catalogue, student, attempts[student.id], sessions[student.id])
        yield build_snapshot(
            student=student,
            path=catalogue.path(student.path),
            cards=[card for card in catalogue.cards if is_visible(card)],
            attempts=attempts[student.id],
            sessions=sessions[student.id],
            actions=[item for item, _session in promised.values()],
            marks=marks[student.id],
            now=now,
            agreed={name: session for name, (_item, session) in promised.items() if session},
            observations=observations[student.id],
            opinions=opinions[student.id],
            pages={
                one.id: feedback_page_path(catalogue.practice, one).relative_to(workspace).as_posix()
                for one in attempts[student.id]
                if one.id is not None and one.id in with_page
            },
        )


class _IsVisible:
    """Test whether a student's snapshot includes an exercise: a variant only once it was given or tried."""

    def __init__(
        self, catalogue: Catalogue, student: Student, attempts: Iterable[Attempt], sessions: Iterable[Session]
    ) -> None:
        self._workspace = catalogue.practice.workspace(student.id) / "exercises"
        self._tried = {*(one.exercise_id for one in attempts), *(one.exercise for one in sessions)}

    def __call__(self, card: Card) -> bool:
        if card.draft or card.variant_of is None:
            return not card.draft
        return card.id in self._tried or (self._workspace / card.id).is_dir()
