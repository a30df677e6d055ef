"""A session: one meeting of mentor and student, from the plan to the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from toolkit.domain.agenda import AgendaItem
from toolkit.domain.people import Role
from toolkit.domain.state_machine import StateMachine
from toolkit.errors import InputError
from toolkit.i18n import N_, _

__all__ = ["LATE_CANCELLATION_NOTICE", "SESSION", "Session", "SessionKind", "SessionState", "check_minutes"]

LATE_CANCELLATION_NOTICE = timedelta(hours=24)
"""A cancellation is early if it comes at least this long before the start."""


class SessionKind(StrEnum):
    """Kind of a session: the first is a discovery session, the others are regular."""

    DISCOVERY = N_("discovery")
    REGULAR = N_("regular")


class SessionState(StrEnum):
    """State of a session."""

    PLANNED = N_("planned")
    CONFIRMED = N_("confirmed")
    LIVE = N_("live")
    HELD = N_("held")
    REPORTED = N_("reported")
    CANCELLED_EARLY = N_("cancelled early")
    CANCELLED_LATE = N_("cancelled late")
    CANCELLED_BY_MENTOR = N_("cancelled by the mentor")
    NO_SHOW_STUDENT = N_("no-show of the student")
    NO_SHOW_MENTOR = N_("no-show of the mentor")
    TECHNICAL_FAILURE = N_("technical failure")


_BEFORE = (SessionState.PLANNED, SessionState.CONFIRMED)
_DURING = (*_BEFORE, SessionState.LIVE)

SESSION = StateMachine(
    N_("session"),
    {
        (SessionState.PLANNED, N_("confirm")): SessionState.CONFIRMED,
        **{(state, N_("start")): SessionState.LIVE for state in _BEFORE},
        **{(state, N_("reschedule")): SessionState.PLANNED for state in _BEFORE},
        (SessionState.LIVE, N_("close")): SessionState.HELD,
        (SessionState.HELD, N_("report")): SessionState.REPORTED,
        **{(state, N_("cancel early")): SessionState.CANCELLED_EARLY for state in _BEFORE},
        **{(state, N_("cancel late")): SessionState.CANCELLED_LATE for state in _BEFORE},
        **{(state, N_("cancel as mentor")): SessionState.CANCELLED_BY_MENTOR for state in _BEFORE},
        # The person who waits has often started the session already.
        **{(state, N_("no-show of the student")): SessionState.NO_SHOW_STUDENT for state in _DURING},
        **{(state, N_("no-show of the mentor")): SessionState.NO_SHOW_MENTOR for state in _DURING},
        **{(state, N_("fail")): SessionState.TECHNICAL_FAILURE for state in _DURING},
    },
)


@dataclass(frozen=True)
class Session:
    """One session.

    Parameters
    ----------
    id : str
        Short and unique: the student's id and a number, "ana-3".
    starts_at : datetime
        Aware, UTC.
    minutes : int
        Planned length, 10 to 240 minutes.
    exercise : str, optional
        Id of the exercise of the day.
    recap : str
        The recap as it was sent, Markdown, in the student's language: the mentor's own words, then what was
        discussed and agreed, and the notes. Empty before the close.
    group : str, optional
        Id of the group that meets; each student of a group has a session of their own with this id.
    record_sha256, notebook_sha256 : str, optional
        SHA-256 of the record and of the notebook at the close; the practice stores their bytes.
    """

    id: str
    student_id: str
    starts_at: datetime
    minutes: int = 30
    kind: SessionKind = SessionKind.REGULAR
    exercise: str | None = None
    state: SessionState = SessionState.PLANNED
    agenda: tuple[AgendaItem, ...] = ()
    recap: str = ""
    group: str | None = None
    record_sha256: str | None = None
    notebook_sha256: str | None = None

    def act(self, action: str) -> Session:
        """Return the session after ``action``; `StateError` if its state does not allow it."""
        return replace(self, state=SESSION.transition(self.state, action))

    @property
    def is_over(self) -> bool:
        """True if the session was held: its record and notebook are then stored."""
        return self.state in {SessionState.HELD, SessionState.REPORTED}

    def reschedule(self, starts_at: datetime) -> Session:
        """Return the same session at another start time (aware, UTC), in the state *planned* again."""
        return replace(self.act("reschedule"), starts_at=starts_at)

    def cancel(self, by: Role, at: datetime) -> Session:
        """Return the session cancelled; a student's cancellation is late within 24 h of the start.

        Parameters
        ----------
        by : {"mentor", "student"}
            The person who cancels.
        at : datetime
            Time of the cancellation; aware, UTC.

        Raises
        ------
        StateError
            If the session is not planned or confirmed.
        """
        if by == "mentor":
            return self.act("cancel as mentor")
        return self.act("cancel early" if self.starts_at - at >= LATE_CANCELLATION_NOTICE else "cancel late")

    def no_show(self, of: Role) -> Session:
        """Return the session as missed by ``of``; `StateError` if its state does not allow it."""
        return self.act("no-show of the mentor" if of == "mentor" else "no-show of the student")


def check_minutes(minutes: int) -> int:
    """Return ``minutes`` if it is a valid length of a session (10 to 240), else raise `InputError`."""
    if not 10 <= minutes <= 240:
        raise InputError(
            _("A session cannot have {minutes} minutes.").format(minutes=minutes),
            _("Choose 10 to 240 minutes; 30 or 45 are usual."),
        )
    return minutes
