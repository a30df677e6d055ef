"""Evidence without an attempt: skills that the mentor observed in a session."""

from __future__ import annotations

from datetime import UTC, datetime

from toolkit.domain.session import Session, SessionState
from toolkit.errors import NotFoundError, StateError
from toolkit.i18n import _
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.store import Observation

__all__ = ["record_observation", "remove_observation"]

_OBSERVABLE_STATES = {SessionState.LIVE, SessionState.HELD, SessionState.REPORTED}


def record_observation(
    practice: Practice, session_id: str, skill: str, *, aided: bool, now: datetime | None = None
) -> Observation:
    """Store that the student showed a skill in a session, with help or without.

    The observation has the current time in a live session, and the session's start afterwards.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    skill : str
        Id of the skill.
    aided : bool
        Whether the student had help.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such session, or the skill is not on the student's path.
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
        seen = Observation(session.student_id, session.id, skill, aided, _observed_at(session, now))
        tx.observations.add(seen)
    return seen


def remove_observation(practice: Practice, session_id: str, skill: str, *, aided: bool) -> None:
    """Remove an observation that was entered by mistake.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    skill : str
        Id of the skill.
    aided : bool
        Whether the observation says that the student had help.
    """
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id)
        tx.observations.take_back(
            Observation(session.student_id, session.id, skill, aided, session.starts_at)
        )


def _observed_at(session: Session, now: datetime | None) -> datetime:
    if session.state not in _OBSERVABLE_STATES:
        raise StateError(
            _("Nothing was seen yet: session {id} is {state}.").format(
                id=session.id, state=_(str(session.state))
            ),
            _("Start it first: mentor session start {id}").format(id=session.id),
        )
    return (now or datetime.now(UTC)) if session.state is SessionState.LIVE else session.starts_at
