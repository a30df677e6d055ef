"""Who is here: what a page says of itself to the others, with the name that the server knows.

A page tells the others by its state of the document's awareness whose cursor it is, and where. Nothing else
would keep it from giving another one's name.
"""

from __future__ import annotations

import json
from typing import Any

from pycrdt import Decoder, Encoder, YMessageType, create_awareness_message, read_message

from toolkit.live.settings import Guest

__all__ = ["Presence"]

_MOST = 4096
"""Pages that were ever open in a session; one that is reloaded is another."""

_LOOK = {"cell": 64, "notebook": 1000}
"""What a page may say of what it looks at: the longest text of each, characters."""


class Presence:
    """Knows which state is whose, and lets through what a guest says of themselves."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, int], str] = {}

    def admitted(self, room: str, guest: Guest, user: dict[str, Any], message: bytes) -> bytes:
        """Return the message of a guest's page as it may go on.

        A state that is another guest's is left out: pages send on what they hear, and somebody could make it
        up. Of the guest's own, the name is the server's. What is left may be an empty message, which still
        tells the page that the connection holds.

        Parameters
        ----------
        room : str
            Which document it is about; each has states of its own.
        user : dict
            The guest as Jupyter's pages know them.
        message : bytes
            Of the kind ``YMessageType.AWARENESS``.

        Raises
        ------
        ValueError
            It is no such message.
        """
        try:
            states = list(_states(message))
        except (AssertionError, AttributeError, IndexError, RuntimeError, TypeError) as error:
            raise ValueError("no message of the awareness") from error
        kept = []
        for client, clock, state in states:
            if self._is_theirs((room, client), guest, state):
                kept.append((client, clock, _named(state, guest, user)))
        update = Encoder()
        update.write_var_uint(len(kept))
        for client, clock, state in kept:
            update.write_var_uint(client)
            update.write_var_uint(clock)
            update.write_var_string(json.dumps(state))
        return create_awareness_message(update.to_bytes())

    def _is_theirs(self, key: tuple[str, int], guest: Guest, state: dict[str, Any] | None) -> bool:
        owner = self._owners.get(key)
        if owner is not None and owner != guest.id:
            return False
        if state is None:
            return owner == guest.id
        said = state.get("user")
        if isinstance(said, dict) and said.get("username") != guest.id:
            return False
        ours = state.get("mentoring")
        if isinstance(ours, dict) and (ours.get("role"), ours.get("name")) != (guest.role, guest.name):
            return False
        if owner is None:
            if len(self._owners) >= _MOST:
                return False
            self._owners[key] = guest.id
        return True


def _states(message: bytes) -> list[tuple[int, int, dict[str, Any] | None]]:
    if not message or message[0] != YMessageType.AWARENESS:
        raise ValueError("no message of the awareness")
    decoder = Decoder(read_message(message[1:]))
    found = []
    for _place in range(decoder.read_var_uint()):
        client, clock = decoder.read_var_uint(), decoder.read_var_uint()
        state = json.loads(decoder.read_var_string() or "null")
        if state is not None and not isinstance(state, dict):
            raise ValueError("a state that is none")
        found.append((client, clock, state))
    return found


def _named(state: dict[str, Any] | None, guest: Guest, user: dict[str, Any]) -> dict[str, Any] | None:
    if state is None:
        return None
    named = dict(state)
    if "user" in named:
        named["user"] = dict(user)
    if "mentoring" in named:
        ours = named["mentoring"]
        look = ours if isinstance(ours, dict) else {}
        named["mentoring"] = {"role": guest.role, "name": guest.name} | {
            name: look[name]
            for name, longest in _LOOK.items()
            if isinstance(look.get(name), str) and len(look[name]) <= longest
        }
    return named
