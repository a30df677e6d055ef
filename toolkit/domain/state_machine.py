"""A state machine, defined by a table of its transitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from toolkit.errors import StateError
from toolkit.i18n import _

__all__ = ["StateMachine"]

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True)
class StateMachine(Generic[S]):
    """Finite state machine of one kind of thing.

    Parameters
    ----------
    thing : str
        Name of the kind of thing, for messages ("session").
    table : mapping of (state, action) to state
        All transitions; any other is refused.
    """

    thing: str
    table: Mapping[tuple[S, str], S]

    def actions(self, state: S) -> tuple[str, ...]:
        """Return the actions that ``state`` allows, in the table's order."""
        return tuple(action for (origin, action) in self.table if origin is state)

    def transition(self, state: S, action: str) -> S:
        """Return the state to which ``action`` leads.

        Parameters
        ----------
        state : StrEnum
            The current state.
        action : str
            Name of the action, in English.

        Raises
        ------
        StateError
            If the table has no such transition.
        """
        try:
            return self.table[state, action]
        except KeyError:
            allowed = self.actions(state)
            raise StateError(
                _("'{action}' is not possible for a {thing} that is {state}.").format(
                    action=_(action), thing=_(self.thing), state=_(str(state))
                ),
                _("Possible now: {actions}.").format(actions=", ".join(_(name) for name in allowed))
                if allowed
                else _("Nothing more can be done with it."),
            ) from None
