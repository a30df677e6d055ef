"""Import of the student's wish and of their consent to a replay from a session's record into the store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from toolkit._internal.atomic_io import atomic_write
from toolkit.domain.consent import Consent, ConsentState
from toolkit.domain.record_entries import ConsentEntry, Entry, WishEntry
from toolkit.domain.session import Session, SessionState
from toolkit.domain.session_wish import SessionWish
from toolkit.errors import MentoringError
from toolkit.i18n import use_language
from toolkit.practice import Practice
from toolkit.reports.export import replay_page
from toolkit.services.sessions.session_workspace import notebook_path, open_record, read_record
from toolkit.workspace.session_record import FileFingerprint

__all__ = ["StudentInputWatcher", "ingest_student_input", "record_wish", "withdraw_consent"]

_OPEN_STATES = {SessionState.PLANNED, SessionState.CONFIRMED, SessionState.LIVE}

_POLL_INTERVAL_S = 1.0
"""Seconds between two checks of the record."""


def ingest_student_input(
    practice: Practice, session_id: str, now: datetime | None = None
) -> tuple[SessionWish, Consent | None]:
    """Import the student's wish and consent from a session's record, and return the current ones.

    A wish and a consent are accepted until the session is closed. A consent can be withdrawn at any time;
    from then on the page of the replay says that it was withdrawn.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Returns
    -------
    wish : SessionWish
        The student's wish.
    consent : Consent or None
        The consent, granted or withdrawn; None if it was never given.

    Raises
    ------
    NotFoundError
        There is no such session.
    StorageError
        The replay's page cannot be written.
    """
    now = now or datetime.now(UTC)
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        known = tx.wishes.for_session(session_id), tx.consents.for_session(session_id)
    if session.group:
        # All students of a group can write on its board, so an entry there is nobody's own statement.
        return known
    entries, _problems, _data = read_record(practice, session)
    if (
        _current_wish(session, entries, known[0]),
        _current_consent(session, entries, known[1], now),
    ) == known:
        return known
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id)
        wish = _current_wish(session, entries, tx.wishes.for_session(session_id))
        consent = _current_consent(session, entries, tx.consents.for_session(session_id), now)
        if wish != tx.wishes.for_session(session_id):
            tx.wishes.save(session_id, wish, now)
        if consent is not None:
            tx.consents.save(consent)
    _replace_withdrawn_replay(practice, session, consent)
    return wish, consent


def record_wish(practice: Practice, session_id: str, words: str, now: datetime | None = None) -> SessionWish:
    """Store the student's wish in the words that the mentor heard.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    words : str
        The wish's text; the other parts of the wish stay as the student entered them.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such session.
    """
    now = now or datetime.now(UTC)
    ingest_student_input(practice, session_id, now)
    with practice.store.begin() as tx:
        tx.sessions.get(session_id)
        wish = replace(tx.wishes.for_session(session_id), words=words.strip())
        tx.wishes.save(session_id, wish, now)
    return wish


def withdraw_consent(practice: Practice, session_id: str, now: datetime | None = None) -> Consent | None:
    """Withdraw the consent to a session's replay on the student's behalf.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Returns
    -------
    Consent or None
        The withdrawn consent; None if it was never given.
    """
    now = now or datetime.now(UTC)
    ingest_student_input(practice, session_id, now)
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id)
        consent = tx.consents.for_session(session_id)
        if consent is not None and consent.state is ConsentState.GRANTED:
            consent = consent.withdraw(now)
            tx.consents.save(consent)
    _clear_consent(practice, session)
    _replace_withdrawn_replay(practice, session, consent)
    return consent


class StudentInputWatcher:
    """Imports the student's wish and consent while a session is shared.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    """

    def __init__(self, practice: Practice, session: Session) -> None:
        self._practice = practice
        self._session = session
        self._record = open_record(practice, session)
        self._seen: FileFingerprint | None = None
        self._due = 0.0

    def poll(self) -> None:
        """Import if the interval has passed and the record has changed; to be called often."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _POLL_INTERVAL_S
        stamp = self._record.fingerprint()
        if stamp != self._seen:
            try:
                ingest_student_input(self._practice, self._session.id)
            except MentoringError:
                return  # nothing is lost: the next check or the close reads it from the record
            self._seen = stamp


def _current_wish(session: Session, entries: Mapping[str, Entry], known: SessionWish) -> SessionWish:
    entry = entries.get("wish")
    if session.state not in _OPEN_STATES or not isinstance(entry, WishEntry):
        return known
    return replace(known, **entry.model_dump())


def _current_consent(
    session: Session, entries: Mapping[str, Entry], known: Consent | None, now: datetime
) -> Consent | None:
    entry = entries.get("consent")
    if not isinstance(entry, ConsentEntry):
        return known
    granted = known is not None and known.state is ConsentState.GRANTED
    if known is not None and granted and not entry.replay:
        return known.withdraw(now)
    if entry.replay and not granted and session.state in _OPEN_STATES:
        return Consent(session.id, now)
    return known


def _clear_consent(practice: Practice, session: Session) -> None:
    if session.group:
        return  # a group's record has no consent
    record = open_record(practice, session)
    # A record that cannot be read grants nothing either.
    with suppress(MentoringError):
        if isinstance(record.get("consent"), ConsentEntry):
            record.put({"consent": ConsentEntry(replay=False)})


def _replace_withdrawn_replay(practice: Practice, session: Session, consent: Consent | None) -> None:
    """Replace the replay's page with a notice if the consent was withdrawn."""
    if consent is None or consent.withdrawn_at is None:
        return
    path = notebook_path(practice, session).with_name(replay_page.REPLAY_NAME)
    if not path.is_file():
        return
    with practice.store.read() as tx:
        student = tx.students.get(session.student_id)
    with use_language(student.language):
        page = replay_page.render_withdrawn_replay(session.starts_at, consent.withdrawn_at, student.language)
    atomic_write(path, page.encode(), within=practice.workspace(session.student_id))
