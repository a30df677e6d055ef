"""What the student gives on the table, taken into the store: the wish, and the consent to a replay."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from toolkit._internal.atomic_io import write_durably
from toolkit.domain.consent import Consent, ConsentState
from toolkit.domain.record_entries import ConsentEntry, Entry, WishEntry
from toolkit.domain.session import Session, SessionState
from toolkit.domain.session_wish import Wish
from toolkit.errors import MentoringError
from toolkit.i18n import use_language
from toolkit.practice import Practice
from toolkit.reports.export import replay_page
from toolkit.services.sessions.session_workspace import notebook_path, read_record, record_of
from toolkit.workspace.session_record import Stamp

__all__ = ["Lookout", "take_back", "take_in", "write_down"]

_OPEN = {SessionState.PLANNED, SessionState.CONFIRMED, SessionState.LIVE}

_LOOK = 1.0
"""Seconds between two looks at the record."""


def take_in(practice: Practice, session_id: str, now: datetime | None = None) -> tuple[Wish, Consent | None]:
    """Keep what the student has given on a session's table since the last look, and return what stands.

    A wish and a consent are taken until the session is closed; a consent is given up at any time, and the
    page of the replay says so from then on.

    Raises
    ------
    NotFoundError
        There is no such session.
    StorageError
        The page cannot be written.
    """
    now = now or datetime.now(UTC)
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        known = tx.wishes.of(session_id), tx.consents.of(session_id)
    if session.group:
        # The board is everybody's: what is on it is nobody's own word.
        return known
    entries, _problems, _data = read_record(practice, session)
    if (_wish(session, entries, known[0]), _consent(session, entries, known[1], now)) == known:
        return known
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id)
        wish = _wish(session, entries, tx.wishes.of(session_id))
        consent = _consent(session, entries, tx.consents.of(session_id), now)
        if wish != tx.wishes.of(session_id):
            tx.wishes.save(session_id, wish, now)
        if consent is not None:
            tx.consents.save(consent)
    _tell_the_page(practice, session, consent)
    return wish, consent


def write_down(practice: Practice, session_id: str, words: str, now: datetime | None = None) -> Wish:
    """Keep what the mentor heard of a student's wish, beside what they write on the table themselves.

    Raises
    ------
    NotFoundError
        There is no such session.
    """
    now = now or datetime.now(UTC)
    take_in(practice, session_id, now)
    with practice.store.begin() as tx:
        tx.sessions.get(session_id)
        wish = replace(tx.wishes.of(session_id), words=words.strip())
        tx.wishes.save(session_id, wish, now)
    return wish


def take_back(practice: Practice, session_id: str, now: datetime | None = None) -> Consent | None:
    """Withdraw the consent to a session's replay for the student, who said so; None where there was none."""
    now = now or datetime.now(UTC)
    take_in(practice, session_id, now)
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id)
        consent = tx.consents.of(session_id)
        if consent is not None and consent.state is ConsentState.GRANTED:
            consent = consent.withdraw(now)
            tx.consents.save(consent)
    _untick(practice, session)
    _tell_the_page(practice, session, consent)
    return consent


class Lookout:
    """Takes in what the student gives while a session is shared.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, practice: Practice, session: Session) -> None:
        self._practice = practice
        self._session = session
        self._record = record_of(practice, session)
        self._seen: Stamp | None = None
        self._due = 0.0

    def look(self) -> None:
        """Look, if it is time and something was written; to be called often."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _LOOK
        stamp = self._record.stamp()
        if stamp != self._seen:
            try:
                take_in(self._practice, self._session.id)
            except MentoringError:
                return  # it is in the record, and taken in at the next look or at the close
            self._seen = stamp


def _wish(session: Session, entries: Mapping[str, Entry], known: Wish) -> Wish:
    entry = entries.get("wish")
    if session.state not in _OPEN or not isinstance(entry, WishEntry):
        return known
    return replace(known, **entry.model_dump())


def _consent(
    session: Session, entries: Mapping[str, Entry], known: Consent | None, now: datetime
) -> Consent | None:
    entry = entries.get("consent")
    if not isinstance(entry, ConsentEntry):
        return known
    stands = known is not None and known.state is ConsentState.GRANTED
    if known is not None and stands and not entry.replay:
        return known.withdraw(now)
    if entry.replay and not stands and session.state in _OPEN:
        return Consent(session.id, now)
    return known


def _untick(practice: Practice, session: Session) -> None:
    if session.group:
        return  # there is no consent on the board
    record = record_of(practice, session)
    # A record that cannot be read gives nothing either.
    with suppress(MentoringError):
        if isinstance(record.get("consent"), ConsentEntry):
            record.put({"consent": ConsentEntry(replay=False)})


def _tell_the_page(practice: Practice, session: Session, consent: Consent | None) -> None:
    """Put a page that says so in the place of a replay that is no longer agreed to."""
    if consent is None or consent.withdrawn_at is None:
        return
    path = notebook_path(practice, session).with_name(replay_page.NAME)
    if not path.is_file():
        return
    with practice.store.read() as tx:
        student = tx.students.get(session.student_id)
    with use_language(student.language):
        page = replay_page.gone(session.starts_at, consent.withdrawn_at, student.language)
    write_durably(path, page.encode(), within=practice.workspace(session.student_id))
