"""Example rows of a database: a student, a session with its agenda, an action, an attempt."""

from __future__ import annotations

from datetime import UTC, date, datetime

from toolkit.domain.agenda import ActionItem, AgendaItem
from toolkit.domain.attempt import Attempt
from toolkit.domain.people import Student
from toolkit.domain.session import Session

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
ZOE = Student("zoe-lefevre", "Zoé Lefèvre", NOW, language="fr")


def fill(store):
    with store.begin() as tx:
        tx.students.add(ZOE)
        session = Session(
            "zoe-1", ZOE.id, NOW, agenda=(AgendaItem("b", "two", 5, 2.0), AgendaItem("a", "one", 5, 1.0))
        )
        tx.sessions.save(session)
        tx.actions.save(ActionItem("x", "practise", due=date(2026, 12, 1)), ZOE.id, "zoe-1")
        tx.attempts.add(Attempt(ZOE.id, "till", "0" * 64, NOW, "mail"))
