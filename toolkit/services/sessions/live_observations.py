"""Evidence that is no attempt: the mentor saw it live."""

from __future__ import annotations

from datetime import UTC, datetime

from toolkit.domain.session import Session, SessionState
from toolkit.errors import NotFoundError, StateError
from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.store import Observation

__all__ = ["observe", "take_back"]

_MET = {SessionState.LIVE, SessionState.HELD, SessionState.REPORTED}


def observe(
    practice: Practice, session_id: str, skill: str, *, aided: bool, now: datetime | None = None
) -> Observation:
    """Keep that the student showed a skill in a session, with help or without.

    Once a session is over, what is added to it was seen when it was held.

    Raises
    ------
    NotFoundError
        The skill is not on the student's path.
    StateError
        The session was not held.
    """
    catalogue = Catalogue(practice)
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id)
        known = [one.id for one in catalogue.path(tx.students.get(session.student_id).path).skills]
        if skill not in known:
            raise NotFoundError(
                _("There is no skill '{name}' on the student's path.").format(name=skill), skill, known
            )
        seen = Observation(session.student_id, session.id, skill, aided, _when(session, now))
        tx.observations.add(seen)
    return seen


def take_back(practice: Practice, session_id: str, skill: str, *, aided: bool) -> None:
    """Forget that a skill was seen in a session: it was a slip of the hand."""
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id)
        tx.observations.take_back(
            Observation(session.student_id, session.id, skill, aided, session.starts_at)
        )


def _when(session: Session, now: datetime | None) -> datetime:
    if session.state not in _MET:
        raise StateError(
            _("Nothing was seen yet: session {id} is {state}.").format(
                id=session.id, state=_(str(session.state))
            ),
            _("Start it first: mentor session start {id}").format(id=session.id),
        )
    return (now or datetime.now(UTC)) if session.state is SessionState.LIVE else session.starts_at
