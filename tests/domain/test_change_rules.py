"""Which changes of a record entry are allowed, and by whom."""

from __future__ import annotations

import pytest

from toolkit.domain.agenda import AGENDA_ITEM, AgendaState
from toolkit.domain.change_rules import check_change, check_transition
from toolkit.domain.record_entries import ActionEntry, AgendaEntry, CheckEntry, TimerEntry
from toolkit.errors import InputError, NotFoundError, StateError

OPEN = AgendaEntry(id="a", text="Recursion")
DONE = OPEN.model_copy(update={"state": AgendaState.DISCUSSED})
CHECK = CheckEntry(id="loops", title="Loops", milestone="Basics")


def test_state_moves_along_its_machine_within_the_steps():
    """A state changes only along its state machine, within the allowed number of steps."""
    states = AgendaState
    check_transition(AGENDA_ITEM, states.OPEN, states.DISCUSSED)
    check_transition(AGENDA_ITEM, states.CARRIED, states.CARRIED)
    with pytest.raises(StateError):
        check_transition(AGENDA_ITEM, states.DISCUSSED, states.DROPPED)
    check_transition(AGENDA_ITEM, states.DISCUSSED, states.DROPPED, steps=2)
    with pytest.raises(StateError, match="Nothing more"):
        check_transition(AGENDA_ITEM, states.CARRIED, states.OPEN, steps=9)


def test_new_items_may_come_but_no_new_skills():
    check_change(None, DONE)
    check_change(None, ActionEntry(id="x", text="Read"))
    with pytest.raises(InputError, match="not on this list"):
        check_change(None, CHECK)


@pytest.mark.parametrize("role", ["mentor", "student", None])
def test_only_marks_of_a_skill_change_and_the_mentor_confirms(role):
    """Only the marks of a skill may change, and only the mentor confirms."""
    check_change(CHECK, CHECK.model_copy(update={"ticked": True}), role=role)
    with pytest.raises(InputError, match="what is said"):
        check_change(CHECK, CHECK.model_copy(update={"title": "Other"}), role=role)
    confirmed = CHECK.model_copy(update={"confirmed": True})
    if role == "student":
        with pytest.raises(StateError, match="Only the mentor"):
            check_change(CHECK, confirmed, role=role)
    else:
        check_change(CHECK, confirmed, role=role)


def test_what_runs_is_there_and_open():
    running = TimerEntry(item="a")
    check_change(TimerEntry(), running, entries={"agenda:a": OPEN})
    with pytest.raises(StateError, match="not open any more"):
        check_change(TimerEntry(), running, entries={"agenda:a": DONE})
    for entries in ({}, {"agenda:a": None}):
        with pytest.raises(NotFoundError):
            check_change(None, running, entries=entries)
    # It may be ticked while it runs; the clock is another field.
    check_change(running, running.model_copy(update={"minutes": 40}), entries={"agenda:a": DONE})
