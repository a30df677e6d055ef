"""Invitations, which are used once, and the tickets that they are exchanged for.

Both are 256 random bits, and the file holds only their hashes. The command that invites and the server that
admits are two processes: each change is made under a lock, and is on the disk before its result is
returned.
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

from toolkit._internal.atomic_io import atomic_write, disk_errors, read_regular_file
from toolkit._internal.file_lock import try_lock
from toolkit._internal.nofollow_open import FileFingerprint, open_file
from toolkit.errors import PracticeBusyError, UnreadableError
from toolkit.i18n import _

__all__ = [
    "INVITATION_LIFETIME",
    "TICKET_LIFETIME",
    "Admission",
    "InvitationBook",
    "InvitationStatus",
    "invite",
    "revoke",
]

INVITATION_LIFETIME = timedelta(hours=24)
TICKET_LIFETIME = timedelta(hours=48)
"""A browser's access after joining: long enough for a session that stays open overnight."""

_RETENTION = timedelta(days=7)  # after its end an invitation still counts as expired, not as unknown
_LOCK_TIMEOUT_S = 5.0
_MAX_FILE_BYTES = 4 * 1024 * 1024  # an invitation takes some two hundred bytes
_MAX_TOKEN_CHARS = 200  # a token has 43


class InvitationStatus(StrEnum):
    """The state of an invitation."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Admission:
    """The result of a check of an invitation.

    Parameters
    ----------
    standing : InvitationStatus
        The invitation's state, before it was used by this call.
    guest : str
        The id of the invited guest; empty if the invitation is unknown.
    ticket : str
        The secret for the browser's cookie; empty unless this call used the invitation.
    """

    standing: InvitationStatus
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


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    invitations: tuple[_Invitation, ...] = ()
    tickets: tuple[_Ticket, ...] = ()


_Hashed = TypeVar("_Hashed", _Invitation, _Ticket)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def invite(
    state: Path,
    guest_id: str,
    lifetime: timedelta = INVITATION_LIFETIME,
    *,
    now: Callable[[], datetime] = _utc_now,
) -> str:
    """Return a new token for a guest; it is part of the link, and stored only as a hash.

    Parameters
    ----------
    state : Path
        The session's private folder.
    guest_id : str
        The guest whom the link admits.
    lifetime : timedelta
        The validity of the link.
    now : callable, optional
        A clock, UTC.

    Raises
    ------
    StorageError
        If the disk refuses.
    PracticeBusyError
        If another process holds the file for more than 5 s.
    UnreadableError
        If the file is damaged.
    """
    return InvitationBook(state, now).invite(guest_id, lifetime)


def revoke(state: Path, guest_id: str | None = None, *, now: Callable[[], datetime] = _utc_now) -> None:
    """End invitations and tickets.

    Parameters
    ----------
    state : Path
        The session's private folder.
    guest_id : str, optional
        The guest whose invitations and tickets end; if missing, those of all guests.
    now : callable, optional
        A clock, UTC.

    Raises
    ------
    StorageError
        If the disk refuses.
    PracticeBusyError
        If another process holds the file for more than 5 s.
    UnreadableError
        If the file is damaged.
    """
    InvitationBook(state, now).revoke(guest_id)


class InvitationBook:
    """The invitations and tickets of one session.

    Parameters
    ----------
    state : Path
        The session's private folder.
    now : callable, optional
        A clock, UTC.
    """

    def __init__(self, state: Path, now: Callable[[], datetime] = _utc_now) -> None:
        self.path = state / "invitations.json"
        self._now = now
        self._cached: tuple[tuple[int, int, int], _Stored] | None = None

    def invite(self, guest_id: str, lifetime: timedelta = INVITATION_LIFETIME) -> str:
        """Return a new token for a guest; raises as the function `invite`.

        Parameters
        ----------
        guest_id : str
            The guest whom the link admits.
        lifetime : timedelta
            The validity of the link.
        """
        token = secrets.token_urlsafe(32)
        until = self._now() + lifetime
        with self._locked() as stored:
            invitation = _Invitation(hash=_hash(token), guest=guest_id, until=until)
            self._write(stored.model_copy(update={"invitations": (*stored.invitations, invitation)}))
        return token

    def revoke(self, guest_id: str | None = None) -> None:
        """End every invitation and ticket of ``guest_id``, or of all guests if it is missing."""
        with self._locked() as stored:
            invitations = tuple(
                one.model_copy(update={"revoked": one.revoked or guest_id in {None, one.guest}})
                for one in stored.invitations
            )
            tickets = tuple(one for one in stored.tickets if guest_id not in {None, one.guest})
            self._write(_Stored(invitations=invitations, tickets=tickets))

    def look(self, token: str) -> Admission:
        """Return the state of ``token`` without using it: previews of links make such requests."""
        found = _find(self._load().invitations, token)
        return Admission(self._standing(found), found.guest if found else "")

    def redeem(self, token: str) -> Admission:
        """Exchange ``token`` for a ticket; of several calls at once only one gets it."""
        with self._locked() as stored:
            found = _find(stored.invitations, token)
            standing = self._standing(found)
            if found is None or standing is not InvitationStatus.OPEN:
                return Admission(standing, found.guest if found else "")
            ticket, now = secrets.token_urlsafe(32), self._now()
            used = found.model_copy(update={"used": now})
            admitted = _Ticket(hash=_hash(ticket), guest=found.guest, until=now + TICKET_LIFETIME)
            self._write(
                _Stored(
                    invitations=tuple(used if one is found else one for one in stored.invitations),
                    tickets=(*stored.tickets, admitted),
                )
            )
        return Admission(standing, found.guest, ticket)

    def guest(self, ticket: str) -> str | None:
        """Return the id of the guest who holds ``ticket``; None if it is unknown or has ended."""
        found = _find(self._load().tickets, ticket)
        return found.guest if found is not None and self._now() < found.until else None

    def _standing(self, found: _Invitation | None) -> InvitationStatus:
        if found is None:
            return InvitationStatus.UNKNOWN
        if found.revoked:
            return InvitationStatus.REVOKED
        if found.used is not None:
            return InvitationStatus.USED
        return InvitationStatus.OPEN if self._now() < found.until else InvitationStatus.EXPIRED

    def _load(self) -> _Stored:
        """Return the file's content; it is parsed again only if the file was replaced."""
        with disk_errors(self.path):
            try:
                # The mentor's process reads it, too; a compromised server could put a link or a pipe here.
                status = self.path.lstat()
            except FileNotFoundError:
                return _Stored()
        seen = FileFingerprint.of(status)
        if self._cached is not None and self._cached[0] == seen:
            return self._cached[1]
        try:
            data = read_regular_file(self.path, _MAX_FILE_BYTES, within=self.path.parent) or b""
            stored = _Stored.model_validate_json(data)
        except ValidationError as error:
            raise UnreadableError(
                _("{path} is damaged; nobody can join by it.").format(path=self.path),
                _("Remove it, then invite anew."),
            ) from error
        self._cached = (seen, stored)
        return stored

    def _write(self, stored: _Stored) -> None:
        now = self._now()
        kept = _Stored(
            invitations=tuple(one for one in stored.invitations if now < one.until + _RETENTION),
            tickets=tuple(one for one in stored.tickets if now < one.until),
        )
        atomic_write(self.path, kept.model_dump_json(indent=1).encode() + b"\n")
        with disk_errors(self.path):
            descriptor = open_file(self.path)
            try:
                os.fchmod(descriptor, 0o600)
            finally:
                os.close(descriptor)

    @contextmanager
    def _locked(self) -> Iterator[_Stored]:
        """Hold the lock, and yield the file's content."""
        # A separate file: the file itself is replaced at each write, and a lock on it would be lost.
        lock = self.path.with_suffix(".lock")
        with disk_errors(lock):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if not try_lock(descriptor, _LOCK_TIMEOUT_S):
                raise PracticeBusyError(
                    _("{name} is being written by another program.").format(name=self.path.name),
                    _("Wait a moment and try again."),
                )
            yield self._load()
        finally:
            os.close(descriptor)


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _find(among: tuple[_Hashed, ...], secret: str) -> _Hashed | None:
    """Return the item that ``secret`` belongs to, in constant time."""
    if not secret or len(secret) > _MAX_TOKEN_CHARS:
        return None
    wanted, result = _hash(secret), None
    for one in among:
        if hmac.compare_digest(one.hash, wanted):
            result = one
    return result
