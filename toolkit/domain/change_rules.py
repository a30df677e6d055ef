"""Rules for changes to the entries of a record, beyond the validation by each entry's model.

They apply to every author and to every route of a change: a widget in the kernel, and a browser that edits
the shared document.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from toolkit.domain.agenda import ACTION_ITEM, AGENDA_ITEM, AgendaState
from toolkit.domain.people import Role
from toolkit.domain.record_entries import (
    ActionEntry,
    AgendaEntry,
    CheckEntry,
    ConsentEntry,
    Entry,
    TimerEntry,
    WishEntry,
)
from toolkit.domain.state_machine import StateMachine
from toolkit.errors import InputError, NotFoundError, StateError
from toolkit.i18n import _

__all__ = ["check_change", "check_running_item", "check_transition"]

S = TypeVar("S", bound=StrEnum)


def check_transition(machine: StateMachine[S], old: S, new: S, *, steps: int = 1) -> None:
    """Check that at most ``steps`` actions of ``machine`` lead from ``old`` to ``new``.

    Parameters
    ----------
    machine : StateMachine
        The state machine of the entry.
    old, new : StrEnum
        State before and after the change.
    steps : int
        Largest number of actions that one observed change may combine.

    Raises
    ------
    StateError
        If no such sequence of actions exists.
    """
    reached = {old}
    for _step in range(steps):
        reached |= {
            machine.transition(state, action) for state in reached for action in machine.actions(state)
        }
    if new not in reached:
        machine.transition(
            old, next((action for (_o, action), state in machine.table.items() if state is new), str(new))
        )


def check_change(
    old: Entry | None,
    new: Entry,
    *,
    role: Role | None = None,
    entries: Mapping[str, Entry | None] | None = None,
    steps: int = 1,
) -> None:
    """Check that a well-formed change of an entry is allowed.

    Parameters
    ----------
    old : Entry or None
        The entry before the change; None for a new one.
    new : Entry
        The entry after the change, of the model of its key.
    role : {"mentor", "student"}, optional
        Author of the change; None if unknown: changes that are reserved to one role then pass, except that
        a consent needs a known author.
    entries : mapping of str to Entry, optional
        All entries by key, None for a deleted one; the timer's agenda item is looked up in them.
    steps : int
        Largest number of successive changes that this change may combine, if only the last state is seen.

    Raises
    ------
    StateError
        If the state of the entry or the role of the author does not allow the change.
    InputError
        If nobody may ever make this change.
    NotFoundError
        If a timer names an agenda item that does not exist.
    """
    match old, new:
        case (AgendaEntry(), AgendaEntry()):
            check_transition(AGENDA_ITEM, old.state, new.state, steps=steps)
        case (ActionEntry(), ActionEntry()):
            check_transition(ACTION_ITEM, old.state, new.state, steps=steps)
        case (_, CheckEntry()):
            _check_mark(old, new, role)
        case (_, WishEntry()):
            _check_wish(old, new, role)
        case (_, ConsentEntry()):
            _check_consent(old, new, role)
        case (_, TimerEntry()):
            before = old.item if isinstance(old, TimerEntry) else None
            if new.item is not None and new.item != before:
                check_running_item(new.item, entries or {})


def check_running_item(item: str, entries: Mapping[str, Entry | None]) -> None:
    """Check that the timer may run for the talking point ``item``: it must exist and be open.

    Parameters
    ----------
    item : str
        Id of the talking point, without the prefix ``agenda:``.
    entries : mapping of str to Entry or None
        All entries by key, None for a deleted one.

    Raises
    ------
    NotFoundError
        If the talking point does not exist.
    StateError
        If it is not open any more.
    """
    entry = entries.get(f"agenda:{item}")
    if not isinstance(entry, AgendaEntry):
        known = [key.partition(":")[2] for key in entries if key.startswith("agenda:")]
        raise NotFoundError(_("There is no '{name}' in this list.").format(name=item), item, known)
    if entry.state is not AgendaState.OPEN:
        raise StateError(_("'{text}' is not open any more.").format(text=entry.text), _("Reopen it first."))


_EDITABLE_CHECK_FIELDS = ("ticked", "confirmed", "says", "words")


def _check_mark(old: Entry | None, new: CheckEntry, role: Role | None) -> None:
    if not isinstance(old, CheckEntry):
        raise InputError(
            _("'{text}' is not on this list.").format(text=new.title),
            _("The skills come from the learning path."),
        )
    if new.model_copy(update={field: getattr(old, field) for field in _EDITABLE_CHECK_FIELDS}) != old:
        raise InputError(_("Only what is said of '{text}' can be changed.").format(text=old.title))
    if role == "student" and new.confirmed != old.confirmed:
        raise StateError(
            _("Only the mentor confirms '{text}'.").format(text=old.title),
            _("The student's own mark is the tick."),
        )


def _check_wish(old: Entry | None, new: WishEntry, role: Role | None) -> None:
    if role == "mentor" and new != (old or WishEntry()):
        raise StateError(
            _("Only the student writes their wish."),
            _("What came by mail is written down by: mentor session wish"),
        )


def _check_consent(old: Entry | None, new: ConsentEntry, role: Role | None) -> None:
    before = isinstance(old, ConsentEntry) and old.replay
    # A withdrawal counts without a known author; a consent does not.
    if new.replay != before and (role == "mentor" or (new.replay and role is None)):
        raise StateError(
            _("Only the student decides whether the session may be replayed."),
            _("They tick it themselves, on the page that you share."),
        )
