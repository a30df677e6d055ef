"""Presence: checks which page publishes which awareness state, and inserts the authenticated name.

A page publishes its user's name and cursor as awareness state. Without this check a page could publish the
state of another guest.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from pycrdt import Decoder, Encoder, YMessageType, create_awareness_message, read_message

from toolkit.live.session_settings import Guest

__all__ = ["PresenceFilter"]

_MAX_PAGES_PER_GUEST = 1024
"""Number of pages of one guest in a session, counted per document; a reloaded page counts again."""

_MAX_STATE_CHARS = 256 * 1024
"""Characters of a page's state; one with a cursor has some hundred."""

_MAX_SAFE_INTEGER = 2**53 - 1
"""Highest client id and clock: JavaScript's largest exact integer."""

_MAX_FIELD_CHARS = {"cell": 64, "notebook": 1000}
"""Fields of a page's "mentoring" state, with the maximum length of each, characters."""


class PresenceFilter:
    """Knows the owner of each awareness state, and admits only states of the sending guest."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, int], str] = {}
        self._pages: Counter[str] = Counter()
        self._connections: dict[tuple[str, int], object] = {}

    def admitted(
        self, room: str, guest: Guest, user: dict[str, Any], message: bytes, way: object = None
    ) -> bytes:
        """Return an awareness message of a guest's page, limited to the guest's own states.

        The state of another guest is left out: pages forward what they receive, and a guest could forge it.
        In the guest's own states the name is replaced by the authenticated one. The result may be an empty
        message, which still shows the page that the connection is alive.

        Parameters
        ----------
        room : str
            The document's room; each room has states of its own.
        guest : Guest
            The authenticated guest of the connection.
        user : dict
            The guest as Jupyter's pages know them.
        message : bytes
            A message of type ``YMessageType.AWARENESS``.
        way : object
            The connection that it arrived on.

        Raises
        ------
        ValueError
            If it is not an awareness message.
        """
        try:
            states = list(_states(message))
        except (AssertionError, AttributeError, IndexError, RuntimeError, TypeError) as error:
            raise ValueError("not an awareness message") from error
        kept = []
        for client, clock, state in states:
            if self._belongs_to((room, client), guest, state):
                kept.append((client, clock, _with_true_name(state, guest, user)))
                self._connections[room, client] = way
        update = Encoder()
        update.write_var_uint(len(kept))
        for client, clock, state in kept:
            update.write_var_uint(client)
            update.write_var_uint(clock)
            update.write_var_string(json.dumps(state))
        return create_awareness_message(update.to_bytes())

    def gone(self, room: str, way: object) -> list[int]:
        """Return the client ids of the pages whose last state arrived on a connection that has closed.

        Parameters
        ----------
        room : str
            The document's room.
        way : object
            The closed connection.
        """
        found = [
            client for (where, client), last in self._connections.items() if where == room and last is way
        ]
        for client in found:
            del self._connections[room, client]
        return found

    def _belongs_to(self, key: tuple[str, int], guest: Guest, state: dict[str, Any] | None) -> bool:
        owner = self._owners.get(key)
        if owner is not None and owner != guest.id:
            return False
        if state is None:
            return owner == guest.id
        user = state.get("user")
        if isinstance(user, dict) and user.get("username") != guest.id:
            return False
        own = state.get("mentoring")
        if isinstance(own, dict) and (own.get("role"), own.get("name")) != (guest.role, guest.name):
            return False
        if owner is None:
            # The limit is per guest, so nobody uses up another guest's share.
            if self._pages[guest.id] >= _MAX_PAGES_PER_GUEST:
                return False
            self._pages[guest.id] += 1
            self._owners[key] = guest.id
        return True


def _states(message: bytes) -> list[tuple[int, int, dict[str, Any] | None]]:
    if not message or message[0] != YMessageType.AWARENESS:
        raise ValueError("not an awareness message")
    decoder = Decoder(read_message(message[1:]))
    found = []
    for _place in range(decoder.read_var_uint()):
        client, clock = decoder.read_var_uint(), decoder.read_var_uint()
        text = decoder.read_var_string() or "null"
        # JavaScript cannot parse NaN or Infinity, and would drop the whole message.
        state = json.loads(text, parse_constant=_reject_constant)
        if (state is not None and not isinstance(state, dict)) or max(client, clock) > _MAX_SAFE_INTEGER:
            raise ValueError("not an awareness state")
        if len(text) <= _MAX_STATE_CHARS:
            found.append((client, clock, state))
    return found


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _with_true_name(
    state: dict[str, Any] | None, guest: Guest, user: dict[str, Any]
) -> dict[str, Any] | None:
    if state is None:
        return None
    named = dict(state)
    if "user" in named:
        named["user"] = dict(user)
    if "mentoring" in named:
        own = named["mentoring"]
        given = own if isinstance(own, dict) else {}
        named["mentoring"] = {"role": guest.role, "name": guest.name} | {
            name: given[name]
            for name, limit in _MAX_FIELD_CHARS.items()
            if isinstance(given.get(name), str) and len(given[name]) <= limit
        }
    return named
