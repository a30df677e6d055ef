"""What the handlers of a session's server share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote, urlsplit
from weakref import WeakSet

from toolkit.live.access.invitations import Invitations
from toolkit.live.access.rate_limit import Guesses
from toolkit.live.session_settings import Guest, LiveSettings
from toolkit.live.sync.presence import Presence
from toolkit.live.sync.server_history import Lineage

__all__ = ["LOCAL_HOSTS", "LiveContext", "Socket"]

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Socket(Protocol):
    """A websocket that is open."""

    ticket: str

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close it."""


@dataclass(frozen=True)
class LiveContext:
    """One session: what it is, who is in it.

    Parameters
    ----------
    settings : LiveSettings
    invitations : Invitations
    guesses : Guesses
        Links that nobody was sent.
    driver : callable
        Returns the role of who drives, None while nobody does.
    lineage : Lineage
        The servers that pages come from which were here before.
    sockets : set of Socket
        Who is connected: they end when their ticket does.
    starting : asyncio.Lock
        Held while the kernel is started: two browsers that ask at once share one.
    presence : Presence
        Which page is whose.
    """

    settings: LiveSettings
    invitations: Invitations
    guesses: Guesses
    driver: Callable[[], str | None]
    lineage: Lineage
    sockets: WeakSet[Socket] = field(default_factory=WeakSet)
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    presence: Presence = field(default_factory=Presence)

    @property
    def https(self) -> bool:
        """Whether browsers come by TLS, here or at a proxy."""
        return self.settings.public_url.startswith("https://") or self.settings.certfile is not None

    @property
    def hosts(self) -> frozenset[str]:
        """The names that the server answers to."""
        public = urlsplit(self.settings.public_url).hostname
        return LOCAL_HOSTS | {public} if public else LOCAL_HOSTS

    @property
    def cookie(self) -> str:
        """The name of the cookie that holds the ticket.

        Cookies know no ports: two sessions on one machine must not have the same.
        """
        name = f"mentoring-{sha256(self.settings.session.encode()).hexdigest()[:12]}"
        # By this prefix a browser promises that no other host, and nothing without TLS, has set it.
        return f"__Host-{name}" if self.https else name

    def home(self, guest: Guest) -> str:
        """Return the path of the page that shows somebody's notebook alone, with its side panels."""
        return f"/doc/tree/{quote(self.settings.home(guest))}"

    def guest(self, name: str) -> Guest | None:
        """Return the guest whose id is ``name``."""
        return next((guest for guest in self.settings.guests if guest.id == name), None)

    def holder(self, ticket: str) -> Guest | None:
        """Return the guest who holds ``ticket``, None where nobody does (any more)."""
        name = self.invitations.guest(ticket) if ticket else None
        return self.guest(name) if name is not None else None
