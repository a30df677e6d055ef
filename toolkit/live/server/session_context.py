"""The state that the handlers of a session's server share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote, urlsplit
from weakref import WeakSet

from toolkit.live.access.invitations import InvitationBook
from toolkit.live.access.rate_limit import GuessLimiter
from toolkit.live.session_settings import Guest, LiveSettings
from toolkit.live.sync.presence import PresenceFilter
from toolkit.live.sync.server_history import ServerHistory

__all__ = ["LOCAL_HOSTS", "GuestSocket", "LiveContext"]

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class GuestSocket(Protocol):
    """An open websocket."""

    ticket: str

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close it.

        Parameters
        ----------
        code : int, optional
            The close code of the websocket protocol.
        reason : str, optional
            The reason, for the other side.
        """


@dataclass(frozen=True)
class LiveContext:
    """One session: its settings, its guests, and their connections.

    Parameters
    ----------
    settings : LiveSettings
        The session's settings.
    invitations : InvitationBook
        The invitations and tickets.
    guesses : GuessLimiter
        Counts requests with unknown links.
    driver : callable
        Returns the driver's role; None if nobody drives.
    lineage : ServerHistory
        The earlier servers of the same document, whose pages may reconnect.
    sockets : set of GuestSocket
        The open websockets, each closed when its ticket ends.
    starting : asyncio.Lock
        Held while a kernel is started, so that two browsers that ask at once share one.
    presence : PresenceFilter
        The owners of awareness states.
    """

    settings: LiveSettings
    invitations: InvitationBook
    guesses: GuessLimiter
    driver: Callable[[], str | None]
    lineage: ServerHistory
    sockets: WeakSet[GuestSocket] = field(default_factory=WeakSet)
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    presence: PresenceFilter = field(default_factory=PresenceFilter)

    @property
    def https(self) -> bool:
        """True if browsers connect by TLS, to this server or to a proxy."""
        return self.settings.public_url.startswith("https://") or self.settings.certfile is not None

    @property
    def hosts(self) -> frozenset[str]:
        """The host names that the server answers to."""
        public = urlsplit(self.settings.public_url).hostname
        return LOCAL_HOSTS | {public} if public else LOCAL_HOSTS

    @property
    def cookie(self) -> str:
        """The name of the cookie that holds the ticket.

        Cookies ignore the port, so two sessions on one machine must not share a name.
        """
        name = f"mentoring-{sha256(self.settings.session.encode()).hexdigest()[:12]}"
        # With this prefix a browser guarantees that the cookie was set by this host and over TLS.
        return f"__Host-{name}" if self.https else name

    def home(self, guest: Guest) -> str:
        """Return the path of the page with somebody's notebook and its side panels."""
        return f"/doc/tree/{quote(self.settings.home(guest))}"

    def guest(self, name: str) -> Guest | None:
        """Return the guest with the id ``name``; None if unknown."""
        return next((guest for guest in self.settings.guests if guest.id == name), None)

    def holder(self, ticket: str) -> Guest | None:
        """Return the guest who holds ``ticket``; None if it is unknown or has ended."""
        name = self.invitations.guest(ticket) if ticket else None
        return self.guest(name) if name is not None else None
