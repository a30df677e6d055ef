"""Who may enter a session: invitations that are used once, and the tickets that they are turned into.

Both are 256 random bits, and the file holds only their hashes. The command that invites and the server that
lets in are two processes: each change is made under a lock, and is on the disk before anyone is told.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from toolkit._internal.atomic_io import disk_errors, read_plain, write_durably
from toolkit._internal.file_lock import taken
from toolkit.errors import PracticeBusyError, UnreadableError
from toolkit.i18n import _

__all__ = [
    "INVITATION_LIFETIME",
    "TICKET_LIFETIME",
    "Admission",
    "Invitations",
    "Standing",
    "invite",
    "revoke",
]

INVITATION_LIFETIME = timedelta(hours=24)
TICKET_LIFETIME = timedelta(hours=48)
"""How long a browser that has joined stays in: a session left open overnight is closed the next day."""

_KEPT = timedelta(days=7)  # that a link is told to be old, and not merely unknown
_PATIENCE = 5.0  # seconds that another process may hold the file
_LARGEST = 4 * 1024 * 1024  # bytes; an invitation has some two hundred
_LONGEST = 200  # characters; a token has 43


class Standing(StrEnum):
    """What is to be said of a link."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Admission:
    """What somebody who shows an invitation is told.

    Parameters
    ----------
    standing : Standing
    guest : str
        Whom it invites; empty where it is unknown.
    ticket : str
        What the browser shows from now on; empty unless the invitation was redeemed by this very call.
    """

    standing: Standing
    guest: str = ""
    ticket: str = ""


class _Invitation(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    hash: str
    guest: str
    until: AwareDatetime
    used: AwareDatetime | None = None
    revoked: bool = False


class _Ticket(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    hash: str
    guest: str
    until: AwareDatetime


class _Book(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    invitations: tuple[_Invitation, ...] = ()
    tickets: tuple[_Ticket, ...] = ()


_Hashed = TypeVar("_Hashed", _Invitation, _Ticket)


def _machine_time() -> datetime:
    return datetime.now(UTC)


def invite(
    state: Path,
    guest_id: str,
    lifetime: timedelta = INVITATION_LIFETIME,
    *,
    now: Callable[[], datetime] = _machine_time,
) -> str:
    """Return a new token for ``guest_id``: the end of the link, to be shown once and kept nowhere.

    Parameters
    ----------
    state : Path
        The session's private folder.
    guest_id : str
        Whom the link lets in.
    lifetime : timedelta
    now : callable, optional
        The clock, in UTC.

    Raises
    ------
    StorageError
        If the disk refuses.
    PracticeBusyError
        If another process holds the file for seconds.
    UnreadableError
        If the file is damaged.
    """
    return Invitations(state, now).invite(guest_id, lifetime)


def revoke(state: Path, guest_id: str | None = None, *, now: Callable[[], datetime] = _machine_time) -> None:
    """End every invitation and ticket of ``guest_id``, or of everybody; ``now`` and errors as in `invite`."""
    Invitations(state, now).revoke(guest_id)


class Invitations:
    """The invitations of one session.

    Parameters
    ----------
    state : Path
        The session's private folder.
    now : callable, optional
        The clock, in UTC.
    """

    def __init__(self, state: Path, now: Callable[[], datetime] = _machine_time) -> None:
        self.path = state / "invitations.json"
        self._now = now
        self._read: tuple[tuple[int, int, int], _Book] | None = None

    def invite(self, guest_id: str, lifetime: timedelta = INVITATION_LIFETIME) -> str:
        """Return a new token for ``guest_id``."""
        token = secrets.token_urlsafe(32)
        until = self._now() + lifetime
        with self._changing() as book:
            made = _Invitation(hash=_hash(token), guest=guest_id, until=until)
            self._write(book.model_copy(update={"invitations": (*book.invitations, made)}))
        return token

    def revoke(self, guest_id: str | None = None) -> None:
        """End every invitation and ticket of ``guest_id``, or of everybody."""
        with self._changing() as book:
            invitations = tuple(
                one.model_copy(update={"revoked": one.revoked or guest_id in {None, one.guest}})
                for one in book.invitations
            )
            tickets = tuple(one for one in book.tickets if guest_id not in {None, one.guest})
            self._write(_Book(invitations=invitations, tickets=tickets))

    def look(self, token: str) -> Admission:
        """Say what would become of ``token``, and leave it as it is: previews of links look, too."""
        found = _find(self._book().invitations, token)
        return Admission(self._standing(found), found.guest if found else "")

    def redeem(self, token: str) -> Admission:
        """Use ``token`` up; of any number that come at once, one gets the ticket."""
        with self._changing() as book:
            found = _find(book.invitations, token)
            standing = self._standing(found)
            if found is None or standing is not Standing.OPEN:
                return Admission(standing, found.guest if found else "")
            ticket, now = secrets.token_urlsafe(32), self._now()
            used = found.model_copy(update={"used": now})
            admitted = _Ticket(hash=_hash(ticket), guest=found.guest, until=now + TICKET_LIFETIME)
            self._write(
                _Book(
                    invitations=tuple(used if one is found else one for one in book.invitations),
                    tickets=(*book.tickets, admitted),
                )
            )
        return Admission(standing, found.guest, ticket)

    def guest(self, ticket: str) -> str | None:
        """Return the id of the guest who holds ``ticket``, None where nobody does (any more)."""
        found = _find(self._book().tickets, ticket)
        return found.guest if found is not None and self._now() < found.until else None

    def _standing(self, found: _Invitation | None) -> Standing:
        if found is None:
            return Standing.UNKNOWN
        if found.revoked:
            return Standing.REVOKED
        if found.used is not None:
            return Standing.USED
        return Standing.OPEN if self._now() < found.until else Standing.EXPIRED

    def _book(self) -> _Book:
        """Return what the file says now; it is parsed again only where it was replaced."""
        with disk_errors(self.path):
            try:
                # The mentor's side reads it, too, and the server may put a link or a pipe in its place.
                status = self.path.lstat()
            except FileNotFoundError:
                return _Book()
        seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._read is not None and self._read[0] == seen:
            return self._read[1]
        try:
            data = read_plain(self.path, _LARGEST, within=self.path.parent) or b""
            book = _Book.model_validate_json(data)
        except ValidationError as error:
            raise UnreadableError(
                _("{path} is damaged; nobody can join by it.").format(path=self.path),
                _("Remove it, then invite anew."),
            ) from error
        self._read = (seen, book)
        return book

    def _write(self, book: _Book) -> None:
        now = self._now()
        kept = _Book(
            invitations=tuple(one for one in book.invitations if now < one.until + _KEPT),
            tickets=tuple(one for one in book.tickets if now < one.until),
        )
        write_durably(self.path, kept.model_dump_json(indent=1).encode() + b"\n")
        with disk_errors(self.path):
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                os.fchmod(descriptor, 0o600)
            finally:
                os.close(descriptor)

    @contextmanager
    def _changing(self) -> Iterator[_Book]:
        """Hold the file, and read it."""
        # A file beside it: the file itself is replaced at each write, so a lock on it would be lost.
        lock = self.path.with_suffix(".lock")
        with disk_errors(lock):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if not taken(descriptor, _PATIENCE):
                raise PracticeBusyError(
                    _("{name} is being written by another program.").format(name=self.path.name),
                    _("Wait a moment and try again."),
                )
            yield self._book()
        finally:
            os.close(descriptor)


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _find(among: tuple[_Hashed, ...], secret: str) -> _Hashed | None:
    """Return the one that ``secret`` belongs to, after as long a look whichever it is."""
    if not secret or len(secret) > _LONGEST:
        return None
    wanted, result = _hash(secret), None
    for one in among:
        if hmac.compare_digest(one.hash, wanted):
            result = one
    return result
