"""Where one student stands: everything that a progress notebook, or a plan, rests on."""

from __future__ import annotations

from datetime import datetime

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
        cards=[card for card in catalogue.cards if not card.draft],
        attempts=tx.attempts.of(student.id),
        sessions=tx.sessions.of(student.id),
        actions=tx.actions.of(student.id),
        marks=tx.marks.of(student.id),
        now=now.astimezone(),  # days are the mentor's
        agreed=tx.actions.agreed_in(student.id),
    )
