"""Where students stand: everything that a progress notebook, or a plan, rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from toolkit.domain.attempt import Attempt
from toolkit.domain.learning_path import Card
from toolkit.domain.people import Student
from toolkit.domain.session import Session
from toolkit.reports import Snapshot, build
from toolkit.services.catalogue import Catalogue
from toolkit.services.feedback_paths import page_of
from toolkit.store import Transaction

__all__ = ["snapshot", "snapshots"]

_AT_ONCE = 50
"""Students in one go: so many stand in memory at a time, however many there are."""


def snapshot(tx: Transaction, catalogue: Catalogue, student: Student, now: datetime) -> Snapshot:
    """Return where ``student`` stands at ``now`` (aware)."""
    return next(snapshots(tx, catalogue, [student], now))


def snapshots(
    tx: Transaction, catalogue: Catalogue, students: Iterable[Student], now: datetime
) -> Iterator[Snapshot]:
    """Yield where each of ``students`` stands at ``now`` (aware), in their order.

    What it costs follows from who is asked for: the same few queries for every fifty of them, and only their
    rows are read.
    """
    rest = iter(students)
    while chosen := list(islice(rest, _AT_ONCE)):
        yield from _some(tx, catalogue, chosen, now.astimezone())  # days are the mentor's


def _some(
    tx: Transaction, catalogue: Catalogue, students: Sequence[Student], now: datetime
) -> Iterator[Snapshot]:
    ids = [student.id for student in students]
    attempts, sessions = tx.attempts.of_each(ids), tx.sessions.of_each(ids)
    actions, marks = tx.actions.of_each(ids), tx.marks.of_each(ids)
    observations, opinions = tx.observations.of_each(ids), tx.opinions.of_each(ids)
    with_page = tx.feedback.pages(ids)
    for student in students:
        promised = actions[student.id]
        workspace = catalogue.practice.workspace(student.id)
        concerned = _Concerned(catalogue, student, attempts[student.id], sessions[student.id])
        yield build(
            student=student,
            path=catalogue.path(student.path),
            cards=[card for card in catalogue.cards if concerned(card)],
            attempts=attempts[student.id],
            sessions=sessions[student.id],
            actions=[item for item, _session in promised.values()],
            marks=marks[student.id],
            now=now,
            agreed={name: session for name, (_item, session) in promised.items() if session},
            observations=observations[student.id],
            opinions=opinions[student.id],
            pages={
                one.id: page_of(catalogue.practice, one).relative_to(workspace).as_posix()
                for one in attempts[student.id]
                if one.id is not None and one.id in with_page
            },
        )


class _Concerned:
    """Whether an exercise is the student's to see: a variant is, once it was given or tried."""

    def __init__(
        self, catalogue: Catalogue, student: Student, attempts: Iterable[Attempt], sessions: Iterable[Session]
    ) -> None:
        self._given = catalogue.practice.workspace(student.id) / "exercises"
        self._met = {*(one.exercise_id for one in attempts), *(one.exercise for one in sessions)}

    def __call__(self, card: Card) -> bool:
        if card.draft or card.variant_of is None:
            return not card.draft
        return card.id in self._met or (self._given / card.id).is_dir()
