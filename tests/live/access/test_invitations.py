"""Invitations work once, expire, and are stored as hashes; the command and the server share one file."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from toolkit.errors import StorageError, UnreadableError
from toolkit.live.access.invitations import TICKET_LIFETIME, InvitationBook, InvitationStatus, invite, revoke

NOW = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(tmp_path, clock) -> InvitationBook:
    return InvitationBook(tmp_path, clock)


def test_an_invitation_lets_one_in_once(book):
    token = book.invite("zoe-lefevre")
    assert book.look(token).standing is InvitationStatus.OPEN
    admission = book.redeem(token)
    assert admission.guest == "zoe-lefevre"
    assert book.guest(admission.ticket) == "zoe-lefevre"
    again = book.redeem(token)
    assert (again.standing, again.ticket) == (InvitationStatus.USED, "")
    assert book.look(token).standing is InvitationStatus.USED


def test_looking_uses_nothing_up(book):
    token = book.invite("zoe-lefevre")
    before = book.path.read_bytes()
    for _ in range(3):
        assert book.look(token).standing is InvitationStatus.OPEN
    assert book.path.read_bytes() == before


def test_an_invitation_expires(book, clock):
    token = book.invite("zoe-lefevre", timedelta(hours=1))
    clock.now += timedelta(hours=1)
    assert book.look(token).standing is InvitationStatus.EXPIRED
    assert book.redeem(token).ticket == ""
    clock.now += timedelta(days=8)
    book.invite("mentor")
    assert book.look(token).standing is InvitationStatus.UNKNOWN, "it is forgotten after a week"


def test_a_ticket_expires(book, clock):
    ticket = book.redeem(book.invite("zoe-lefevre")).ticket
    clock.now += TICKET_LIFETIME - timedelta(seconds=1)
    assert book.guest(ticket) == "zoe-lefevre"
    clock.now += timedelta(seconds=1)
    assert book.guest(ticket) is None


@pytest.mark.parametrize("now", [NOW, NOW + timedelta(days=3650), datetime(2028, 2, 29, 12, 0, tzinfo=UTC)])
def test_to_revoke_ends_links_and_tickets_of_one_guest(book, clock, now):
    clock.now = now
    ticket = book.redeem(book.invite("zoe-lefevre")).ticket
    link = book.invite("zoe-lefevre")
    mentor = book.redeem(book.invite("mentor")).ticket
    revoke(book.path.parent, "zoe-lefevre", now=clock)
    assert book.guest(ticket) is None
    assert book.redeem(link).standing is InvitationStatus.REVOKED
    assert book.guest(mentor) == "mentor"
    revoke(book.path.parent, now=clock)
    assert book.guest(mentor) is None


def test_a_restart_keeps_people_in(book, clock):
    ticket = book.redeem(book.invite("zoe-lefevre")).ticket
    assert InvitationBook(book.path.parent, clock).guest(ticket) == "zoe-lefevre"


def test_neither_token_nor_ticket_is_on_the_disk(book):
    token = book.invite("zoe-lefevre")
    ticket = book.redeem(token).ticket
    assert len(token) == len(ticket) == 43, "256 bits"
    for path in book.path.parent.iterdir():
        assert token not in path.read_text()
        assert ticket not in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_ticket_is_no_invitation_and_the_reverse(book):
    token = book.invite("zoe-lefevre")
    ticket = book.redeem(book.invite("zoe-lefevre")).ticket
    assert book.guest(token) is None
    assert book.redeem(ticket).standing is InvitationStatus.UNKNOWN


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "\ud800", "é" * 40, "A" * 100_000, "\0"])
def test_what_was_never_given_out_is_unknown(book, wrong):
    book.invite("zoe-lefevre")
    assert book.look(wrong).standing is InvitationStatus.UNKNOWN
    assert book.redeem(wrong).standing is InvitationStatus.UNKNOWN
    assert book.guest(wrong) is None


def test_of_many_at_once_one_wins(tmp_path):
    token = invite(tmp_path, "zoe-lefevre")
    books = [InvitationBook(tmp_path) for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        admissions = list(pool.map(lambda book: book.redeem(token), books))
    tickets = [admission.ticket for admission in admissions if admission.ticket]
    assert len(tickets) == 1
    assert InvitationBook(tmp_path).guest(tickets[0]) == "zoe-lefevre"


def _invite(state: Path) -> str:
    return invite(state, "zoe-lefevre")


def test_several_processes_invite_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        tokens = list(pool.map(_invite, [tmp_path] * 20))
    book = InvitationBook(tmp_path)
    assert all(book.redeem(token).ticket for token in tokens)


def test_a_damaged_file_lets_nobody_in_and_stays(book):
    ticket = book.redeem(book.invite("zoe-lefevre")).ticket
    book.path.write_text('{"tickets": [{"guest": "mentor"}]}')
    for act in (lambda: book.guest(ticket), lambda: book.invite("mentor"), lambda: book.redeem("x")):
        with pytest.raises(UnreadableError, match="is damaged"):
            act()
    assert json.loads(book.path.read_text()) == {"tickets": [{"guest": "mentor"}]}


def test_a_folder_that_is_a_file_is_said(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(StorageError):
        invite(tmp_path / "state", "zoe-lefevre")


@pytest.mark.parametrize("kind", ["link", "pipe", "large"])
def test_what_a_server_puts_in_its_place_is_not_followed(book, tmp_path, kind):
    other = tmp_path / "other.json"
    other.write_text('{"invitations": []}')
    other.chmod(0o644)
    if kind == "link":
        book.path.symlink_to(other)
    elif kind == "pipe":
        os.mkfifo(book.path)
    else:
        with book.path.open("wb") as file:
            file.truncate(1 << 40)
    with pytest.raises(UnreadableError, match="is damaged"):
        book.invite("zoe-lefevre")
    assert stat.S_IMODE(other.stat().st_mode) == 0o644
