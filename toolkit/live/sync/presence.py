"""Who is here: what a page says of itself to the others, with the name that the server knows.

A page tells the others by its state of the document's awareness whose cursor it is, and where. Nothing else
would keep it from giving another one's name.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from pycrdt import Decoder, Encoder, YMessageType, create_awareness_message, read_message

from toolkit.live.session_settings import Guest

__all__ = ["Presence"]

_MOST = 1024
"""Pages that one guest ever had open in a session, counted by document; one that is reloaded is another."""

_LONGEST = 256 * 1024
"""Characters of a page's state; a cursor has some hundred."""

_LARGEST = 2**53 - 1
"""A page's number, and how often it spoke; no browser reads a higher one."""

_LOOK = {"cell": 64, "notebook": 1000}
"""What a page may say of what it looks at: the longest text of each, characters."""


class Presence:
    """Knows which state is whose, and lets through what a guest says of themselves."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, int], str] = {}
        self._pages: Counter[str] = Counter()
        self._ways: dict[tuple[str, int], object] = {}

    def admitted(
        self, room: str, guest: Guest, user: dict[str, Any], message: bytes, way: object = None
    ) -> bytes:
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
        way : object
            The connection that it came by.

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
                self._ways[room, client] = way
        update = Encoder()
        update.write_var_uint(len(kept))
        for client, clock, state in kept:
            update.write_var_uint(client)
            update.write_var_uint(clock)
            update.write_var_string(json.dumps(state))
        return create_awareness_message(update.to_bytes())

    def gone(self, room: str, way: object) -> list[int]:
        """Return the pages that spoke by a connection which has ended, and by none since."""
        found = [client for (where, client), last in self._ways.items() if where == room and last is way]
        for client in found:
            del self._ways[room, client]
        return found

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
            # Each has a number of their own: nobody uses up another one's.
            if self._pages[guest.id] >= _MOST:
                return False
            self._pages[guest.id] += 1
            self._owners[key] = guest.id
        return True


def _states(message: bytes) -> list[tuple[int, int, dict[str, Any] | None]]:
    if not message or message[0] != YMessageType.AWARENESS:
        raise ValueError("no message of the awareness")
    decoder = Decoder(read_message(message[1:]))
    found = []
    for _place in range(decoder.read_var_uint()):
        client, clock = decoder.read_var_uint(), decoder.read_var_uint()
        said = decoder.read_var_string() or "null"
        # What no browser can read would cost it all that comes in the same message.
        state = json.loads(said, parse_constant=_no_json)
        if (state is not None and not isinstance(state, dict)) or max(client, clock) > _LARGEST:
            raise ValueError("a state that is none")
        if len(said) <= _LONGEST:
            found.append((client, clock, state))
    return found


def _no_json(name: str) -> NoReturn:
    raise ValueError(name)


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
