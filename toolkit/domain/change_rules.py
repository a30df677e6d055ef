"""What people may make of the entries of a record: the rules beyond what each entry's model says.

They hold whoever makes a change, and by whichever way it comes: a widget in the kernel, or a browser that
shares the session's document.
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
from toolkit.domain.state_machine import Machine
from toolkit.errors import InputError, NotFoundError, StateError
from toolkit.i18n import _

__all__ = ["check_change", "check_running", "check_step"]

S = TypeVar("S", bound=StrEnum)


def check_step(machine: Machine[S], old: S, new: S, *, steps: int = 1) -> None:
    """Refuse with `StateError` unless ``steps`` actions of ``machine``, or fewer, lead there."""
    reached = {old}
    for _step in range(steps):
        reached |= {machine.after(state, action) for state in reached for action in machine.actions(state)}
    if new not in reached:
        machine.after(
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
    """Refuse a change that is well formed but not allowed.

    Parameters
    ----------
    old : Entry or None
        What the entry was; None for a new one.
    role : {"mentor", "student"}, optional
        Who changes it; None where that is not known: then what only one of them may do passes.
    entries : mapping of str to Entry, optional
        The other entries, None for one that is gone; what a clock points at is looked up in them.
    steps : int
        How many changes this may stand for, where only the last of them is seen.

    Raises
    ------
    StateError
        If the state that the entry is in, or who changes it, does not allow it.
    InputError
        If this can never be changed.
    """
    match old, new:
        case (AgendaEntry(), AgendaEntry()):
            check_step(AGENDA_ITEM, old.state, new.state, steps=steps)
        case (ActionEntry(), ActionEntry()):
            check_step(ACTION_ITEM, old.state, new.state, steps=steps)
        case (_, CheckEntry()):
            _check_mark(old, new, role)
        case (_, WishEntry()):
            _check_wish(old, new, role)
        case (_, ConsentEntry()):
            _check_consent(old, new, role)
        case (_, TimerEntry()):
            before = old.item if isinstance(old, TimerEntry) else None
            if new.item is not None and new.item != before:
                check_running(new.item, entries or {})


def check_running(item: str, entries: Mapping[str, Entry | None]) -> None:
    """Refuse to let the talking point ``item`` run unless it is there and open.

    Raises
    ------
    NotFoundError
        If there is none.
    StateError
        If it is settled.
    """
    entry = entries.get(f"agenda:{item}")
    if not isinstance(entry, AgendaEntry):
        known = [key.partition(":")[2] for key in entries if key.startswith("agenda:")]
        raise NotFoundError(_("There is no '{name}' in this list.").format(name=item), item, known)
    if entry.state is not AgendaState.OPEN:
        raise StateError(_("'{text}' is not open any more.").format(text=entry.text), _("Reopen it first."))


_OF_A_CHECK = ("ticked", "confirmed", "says", "words")


def _check_mark(old: Entry | None, new: CheckEntry, role: Role | None) -> None:
    if not isinstance(old, CheckEntry):
        raise InputError(
            _("'{text}' is not on this list.").format(text=new.title),
            _("The skills come from the learning path."),
        )
    if new.model_copy(update={field: getattr(old, field) for field in _OF_A_CHECK}) != old:
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
    # Who takes it back need not be known; who gives it has to be.
    if new.replay != before and (role == "mentor" or (new.replay and role is None)):
        raise StateError(
            _("Only the student decides whether the session may be looked at again."),
            _("They tick it themselves, on the page that you share."),
        )
