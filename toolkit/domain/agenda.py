"""Agenda items (the talking points of a session) and action items (the agreements)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from toolkit.domain.people import Role
from toolkit.domain.state_machine import StateMachine
from toolkit.i18n import N_, _

__all__ = [
    "ACTION_ITEM",
    "AGENDA_ITEM",
    "ActionItem",
    "ActionState",
    "AgendaItem",
    "AgendaState",
    "usual_agenda",
]


class AgendaState(StrEnum):
    """State of a talking point."""

    OPEN = N_("open")
    DISCUSSED = N_("discussed")
    CARRIED = N_("carried")
    DROPPED = N_("dropped")


AGENDA_ITEM = StateMachine(
    N_("agenda item"),
    {
        (AgendaState.OPEN, N_("discuss")): AgendaState.DISCUSSED,
        (AgendaState.OPEN, N_("carry")): AgendaState.CARRIED,
        (AgendaState.OPEN, N_("drop")): AgendaState.DROPPED,
        # A tick may be undone during the call.
        (AgendaState.DISCUSSED, N_("reopen")): AgendaState.OPEN,
        (AgendaState.DROPPED, "reopen"): AgendaState.OPEN,
    },
)


class ActionState(StrEnum):
    """State of an action item."""

    OPEN = "open"
    DONE = N_("done")
    CARRIED = "carried"
    DROPPED = "dropped"


ACTION_ITEM = StateMachine(
    N_("action item"),
    {
        (ActionState.OPEN, N_("finish")): ActionState.DONE,
        (ActionState.OPEN, "carry"): ActionState.CARRIED,
        (ActionState.OPEN, "drop"): ActionState.DROPPED,
        (ActionState.DONE, "reopen"): ActionState.OPEN,
        (ActionState.DROPPED, "reopen"): ActionState.OPEN,
    },
)


@dataclass(frozen=True)
class AgendaItem:
    """A talking point.

    Parameters
    ----------
    minutes : int
        Planned length, minutes.
    order : float
        Sort key; a float, so that an item can be put between two others without changing these.
    usual : bool
        True for a part of the usual timeline, which every session has.
    carried_from : str, optional
        Id of the talking point of an earlier session that this one continues.
    """

    id: str
    text: str
    minutes: int
    order: float
    added_by: Role = "mentor"
    state: AgendaState = AgendaState.OPEN
    usual: bool = False
    carried_from: str | None = None

    def act(self, action: str) -> AgendaItem:
        """Return the item after ``action``; `StateError` if its state does not allow it."""
        return replace(self, state=AGENDA_ITEM.transition(self.state, action))


@dataclass(frozen=True)
class ActionItem:
    """A promised action with an owner, a due date and an if-then plan.

    Parameters
    ----------
    owner : {"mentor", "student"}
        The person who promised it.
    due : date, optional
        The last day on which it is in time.
    plan : str
        The if-then plan: "If it is Tuesday 20:00, then I open the exercise."
    carried_from : str, optional
        Id of the action item that this one continues.
    """

    id: str
    text: str
    owner: Role = "student"
    due: date | None = None
    plan: str = ""
    order: float = 0.0
    state: ActionState = ActionState.OPEN
    carried_from: str | None = None

    def act(self, action: str) -> ActionItem:
        """Return the item after ``action``; `StateError` if its state does not allow it."""
        return replace(self, state=ACTION_ITEM.transition(self.state, action))

    def carry(self, new_id: str) -> tuple[ActionItem, ActionItem]:
        """Return this item in the state *carried*, and the open item with id ``new_id`` that continues it."""
        return self.act("carry"), replace(self, id=new_id, carried_from=self.id)


def usual_agenda(minutes: int) -> tuple[tuple[str, int], ...]:
    """Return the timeline of ``domain.md`` as (text, minutes) for a session of ``minutes`` minutes.

    The shares are those of the 30- and 45-minute sessions, so any other length keeps the proportions;
    the parts add up to ``minutes``.
    """
    texts = (
        _("Check-in"),
        _("Warm-up: two earlier skills, without help"),
        _("Carried actions and today's agenda"),
        _("The student's code and tests"),
        _("Explain, then a variant without help"),
        _("Actions: who, by when, if-then"),
        _("Recap and next slot"),
    )
    usual = (2, 3, 3, 12, 4, 4, 2) if minutes <= 37 else (3, 5, 4, 20, 6, 5, 2)
    planned = [max(1, round(part * minutes / sum(usual))) for part in usual]
    # The part for the student's own code absorbs the rounding difference.
    planned[3] = max(1, planned[3] + minutes - sum(planned))
    return tuple(zip(texts, planned, strict=True))
