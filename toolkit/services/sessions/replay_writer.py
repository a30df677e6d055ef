"""The replay of a session along its agenda, with the student's consent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from toolkit._internal.atomic_io import atomic_write
from toolkit.domain.agenda import AgendaState
from toolkit.domain.consent import Consent
from toolkit.domain.record_entries import AgendaEntry, Entry
from toolkit.domain.session import Session, SessionState
from toolkit.errors import InputError, NotFoundError, StateError
from toolkit.i18n import _, format_datetime, use_language
from toolkit.live.snapshots.snapshot_store import SessionSnapshot, SnapshotReason, SnapshotStore
from toolkit.practice import Practice
from toolkit.reports.export import replay_page
from toolkit.services.sessions import session_snapshots, wishes_and_consents
from toolkit.services.sessions.render_snapshot import redraw_outputs
from toolkit.services.sessions.session_workspace import notebook_path, open_record

__all__ = ["write_replay"]

_HELD_STATES = {SessionState.HELD, SessionState.REPORTED}

_MAX_TOTAL_BYTES = 60_000_000
"""Maximum size of all notebooks of one page together: no phone opens a larger page."""


def write_replay(practice: Practice, session_id: str, now: datetime | None = None) -> Path:
    """Write the replay of a session into the student's workspace, beside its notebook, and return its path.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    StateError
        The session is not over, or the student has not given consent, or has withdrawn it.
    NotFoundError
        There is no such session, or it has no snapshots.
    InputError
        A snapshot is damaged, or all together are too large for one page.
    """
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        student = tx.students.get(session.student_id)
    consent = _check_consent(
        session, wishes_and_consents.ingest_student_input(practice, session_id, now or datetime.now(UTC))[1]
    )
    if session.state not in _HELD_STATES:
        raise StateError(
            _("Session {id} is not over yet.").format(id=session.id),
            _("Close it first: mentor close {id}").format(id=session.id),
        )
    found = session_snapshots.snapshots_of_session(practice, session_id)
    chosen = _select(found.all())
    if sum(one.notebook.size for one in chosen if one.notebook) > _MAX_TOTAL_BYTES:
        raise InputError(
            _("The notebooks of session {id} are too large for one page.").format(id=session.id),
            _("Look at them one by one: mentor snapshot show {id} NUMBER --copy").format(id=session.id),
        )
    path = notebook_path(practice, session).with_name(replay_page.REPLAY_NAME)
    with use_language(student.language):
        steps = list(_steps(practice, session, found, chosen))
        if not steps:
            raise NotFoundError(
                _("No snapshots were taken of session {id}.").format(id=session.id),
                hint=_("They are taken while it is shared: mentor live {student}").format(student=student.id),
            )
        text = replay_page.render_replay(
            steps,
            day=session.starts_at.astimezone().date(),
            name=student.name,
            granted=consent.granted_at,
            language=student.language,
            templates=practice.root / "templates",
        )
    atomic_write(path, text.encode(), within=practice.workspace(student.id))
    return path


def _check_consent(session: Session, consent: Consent | None) -> Consent:
    if consent is None:
        raise StateError(
            _("The student has not agreed that session {id} is replayed.").format(id=session.id),
            _("They can tick it themselves, on the page of a shared session, until it is closed."),
        )
    if consent.withdrawn_at is not None:
        raise StateError(
            _("The student withdrew their consent to the replay of session {id}: {time}.").format(
                id=session.id, time=format_datetime(consent.withdrawn_at)
            ),
            _("The snapshots stay what they were for: mentor snapshot list {id}").format(id=session.id),
        )
    return consent


def _select(taken: Sequence[SessionSnapshot]) -> list[SessionSnapshot]:
    """Return the first snapshot, those of talking points, and that of the close.

    If there is none of the close, the last snapshot replaces it.
    """
    with_notebook = [one for one in taken if one.notebook]
    chosen = [
        one
        for one in with_notebook
        if one.why in {SnapshotReason.FIRST, SnapshotReason.AGENDA, SnapshotReason.CLOSE}
    ]
    if with_notebook and not any(one.why is SnapshotReason.CLOSE for one in chosen):
        last = next(
            (one for one in reversed(with_notebook) if one.why is not SnapshotReason.RESTORE),
            with_notebook[-1],
        )
        chosen = [one for one in chosen if one.number < last.number]
        chosen.append(
            last
            if last.why is SnapshotReason.AGENDA
            else last.model_copy(update={"why": SnapshotReason.CLOSE})
        )
    return chosen


def _steps(
    practice: Practice, session: Session, found: SnapshotStore, chosen: list[SessionSnapshot]
) -> Iterator[replay_page.ReplayStep]:
    settled: set[str] = set()
    for one in chosen:
        entries = _record(practice, session, found, one)
        points = [entry for entry in entries.values() if isinstance(entry, AgendaEntry)]
        points.sort(key=lambda entry: (entry.order, entry.id))
        # Two points that were ticked within seconds of each other share a snapshot.
        new = [point for point in points if point.state is not AgendaState.OPEN and point.id not in settled]
        settled |= {point.id for point in new}
        titles = [point.text for point in new] if one.why is not SnapshotReason.FIRST else []
        if one.about and one.about not in titles:
            titles.append(one.about)
        if one.why is not SnapshotReason.AGENDA:
            titles.append(
                _("At the close") if one.why is SnapshotReason.CLOSE else _("Before the first edit")
            )
        notebook = session_snapshots.snapshot_notebook(practice, session.id, one.number)
        redraw_outputs(notebook, entries)
        yield replay_page.ReplayStep(one.at, " · ".join(titles), notebook)


def _record(
    practice: Practice, session: Session, found: SnapshotStore, one: SessionSnapshot
) -> dict[str, Entry]:
    data = found.content(one.record) if one.record else b""
    return open_record(practice, session).load_validated(data)[0]
