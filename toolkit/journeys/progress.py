"""Where one student stands: everything that a progress notebook, or a plan, rests on."""

from __future__ import annotations

from datetime import datetime

from toolkit.domain.path import Card
from toolkit.domain.people import Student
from toolkit.journeys.catalogue import Catalogue
from toolkit.reports import Snapshot, build
from toolkit.store import Transaction

__all__ = ["snapshot"]


def snapshot(tx: Transaction, catalogue: Catalogue, student: Student, now: datetime) -> Snapshot:
    """Return where ``student`` stands at ``now`` (aware)."""
    return build(
        student=student,
        path=catalogue.path(student.path),
        cards=[card for card in catalogue.cards if _concerns(card, tx, catalogue, student)],
        attempts=tx.attempts.of(student.id),
        sessions=tx.sessions.of(student.id),
        actions=tx.actions.of(student.id),
        marks=tx.marks.of(student.id),
        now=now.astimezone(),  # days are the mentor's
        agreed=tx.actions.agreed_in(student.id),
        observations=tx.observations.of(student.id),
    )


def _concerns(card: Card, tx: Transaction, catalogue: Catalogue, student: Student) -> bool:
    """Whether an exercise is the student's to see: a variant is, once it was given or tried."""
    if card.draft or card.variant_of is None:
        return not card.draft
    given = catalogue.practice.workspace(student.id) / "exercises" / card.id
    return (
        given.is_dir()
        or any(attempt.exercise_id == card.id for attempt in tx.attempts.of(student.id))
        or any(session.exercise == card.id for session in tx.sessions.of(student.id))
    )
