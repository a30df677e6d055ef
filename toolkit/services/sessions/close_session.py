"""Closing a session: the summary to confirm, the close itself, and the report."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from toolkit.domain.agenda import ActionState, AgendaState
from toolkit.domain.session import Session, SessionState
from toolkit.domain.session_close import MarkChange, StatedOpinion
from toolkit.domain.skill_opinions import Stance
from toolkit.errors import MentoringError, NotFoundError, StateError
from toolkit.i18n import _, ngettext
from toolkit.practice import Practice
from toolkit.services.reports import progress_notebooks
from toolkit.services.sessions import group_sessions, live_session, session_setup
from toolkit.services.sessions.closing_data import ClosePreview, confirm_close, preview_close
from toolkit.services.sessions.server_state import state_folder, was_killed
from toolkit.services.sessions.session_lifecycle import change_state
from toolkit.store import Note, NoteSide

__all__ = [
    "ClosedSession",
    "close_group",
    "close_session",
    "describe_close",
    "describe_marks",
    "describe_opinions",
    "live_sessions_of_group",
    "save_note",
    "session_to_close",
    "write_report",
]

_UNFINISHED = (SessionState.LIVE, SessionState.HELD)
"""The states in which a close has something left to do: everything, or only the report."""


@dataclass(frozen=True)
class ClosedSession:
    """A closed session.

    Parameters
    ----------
    session : Session
        The session after the close.
    preview : ClosePreview
        The data that was kept.
    """

    session: Session
    preview: ClosePreview


def describe_close(preview: ClosePreview) -> list[str]:
    """Return a summary of a close as sentences; the recap's draft has the rest.

    Ticks and confirmations are listed by skill: a mentor should see each confirmation made in their name.
    """
    closing = preview.closing
    discussed = sum(item.state is AgendaState.DISCUSSED for item in closing.session.agenda)
    still_open = sum(action.state is ActionState.OPEN for action in closing.actions)
    return [
        _("Agenda: {done} of {total} discussed.").format(done=discussed, total=len(closing.session.agenda)),
        ngettext("{n} open action.", "{n} open actions.", still_open).format(n=still_open),
        *describe_marks(closing.marks),
        *describe_opinions(closing.sayings),
    ]


def describe_marks(marks: Iterable[MarkChange]) -> list[str]:
    """Return one sentence for each kind of tick or confirmation, with the skills' titles."""
    marks = list(marks)
    lines = []
    for by, given, text in (
        ("student", True, _("Ticked by the student: {skills}")),
        ("student", False, _("No longer ticked by the student: {skills}")),
        ("mentor", True, _("Confirmed by you: {skills}")),
        ("mentor", False, _("No longer confirmed by you: {skills}")),
    ):
        skills = [mark.title for mark in marks if mark.by == by and mark.given == given]
        if skills:
            lines.append(text.format(skills=", ".join(skills)))
    return lines


def describe_opinions(sayings: Iterable[StatedOpinion]) -> list[str]:
    """Return one sentence for each self-rating of the student."""
    lines = []
    for one in sayings:
        text = {
            Stance.CONTESTED: _("The student sees “{skill}” otherwise."),
            Stance.WITHDRAWN: _("The student no longer says anything of “{skill}”."),
        }.get(one.stance, _("The student says of “{skill}”: {stance}."))
        said = text.format(skill=one.title, stance=_(str(one.stance)))
        lines.append(_("{sentence} “{words}”").format(sentence=said, words=one.words) if one.words else said)
    return lines


def close_session(
    practice: Practice, session_id: str, *, note: str = "", recap: str = "", now: datetime | None = None
) -> ClosedSession:
    """Stop a session's server and store its record; see `closing_data.confirm_close`.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    note : str
        Private note, besides the mentor's draft.
    recap : str
        The mentor's words for the student, instead of the mentor's draft.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session is not live, or it is a group's: use `close_group`.
    """
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
    session.act("close")  # refuse before anybody is disconnected
    if session.group is not None:
        raise StateError(
            _("Session {id} is a group's, and is closed with those of the others.").format(id=session_id),
            _("Close them together: mentor close {id}").format(id=session_id),
        )
    # Stop the server first: nobody may change the record after it is read for the last time.
    _end_serving(practice, session)
    preview = preview_close(practice, session_id)
    return ClosedSession(confirm_close(practice, preview, note=note, recap=recap, now=now), preview)


def _end_serving(practice: Practice, session: Session) -> None:
    live_session.end_serving(practice, session.id)
    if was_killed(state_folder(practice, session)):
        # A new server writes into the notebook's file what the killed one had only in its store. Without a
        # sandbox, or with a damaged store, the file is kept as it is.
        with suppress(MentoringError), live_session.serve_session(practice, session):
            pass


def live_sessions_of_group(practice: Practice, session: Session) -> list[Session]:
    """Return the live sessions of a session's group: those that a close would close.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        Any session of the group.
    """
    return [
        one for one in group_sessions.session_members(practice, session) if one.state is SessionState.LIVE
    ]


def close_group(
    practice: Practice, session_id: str, *, note: str = "", recap: str = "", now: datetime | None = None
) -> list[ClosedSession]:
    """Stop a group's server, and close the session of each student with the student's part of the record.

    Each student's copy of the notebook is put into their workspace first. If a call is interrupted, another
    call closes the rest.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of any session of the group.
    note : str
        Private note for each student, besides the mentor's draft.
    recap : str
        The mentor's words for each student, instead of the mentor's draft.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        No session of the group is live.
    """
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
    sessions = live_sessions_of_group(practice, session)
    if not sessions:
        session.act("close")  # raises the error with the reason
    _end_serving(practice, session)
    closed = []
    for one in sessions:
        preview = preview_close(practice, one.id)
        session_setup.hand_over(practice, preview.closing.session, preview.notebook, preview.entries)
        closed.append(
            ClosedSession(confirm_close(practice, preview, note=note, recap=recap, now=now), preview)
        )
    return closed


def session_to_close(practice: Practice, name: str) -> Session:
    """Return the session that a close means: the live one, or else the last one whose close was interrupted.

    A close was interrupted if it has kept the session's data and has not written the report, or if it has
    closed some sessions of a group and not the others.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str
        Id of a session or of a student.

    Raises
    ------
    NotFoundError
        Nothing is left to close under this name.
    """
    with practice.store.read() as tx:
        known = tx.sessions.all()
    groups = {one.group for one in known if one.group and one.state in _UNFINISHED}
    named = [
        one
        for one in known
        if name in {one.id, one.student_id} and (one.state in _UNFINISHED or one.group in groups)
    ]
    if not named:
        raise NotFoundError(
            _("No live session is called '{name}', or is {name}'s.").format(name=name),
            name,
            [one.id for one in known if one.state in _UNFINISHED],
            hint=_("Share one: mentor live STUDENT; `mentor session list` shows what is planned."),
        )
    return max(named, key=lambda one: (one.state is SessionState.LIVE, one.starts_at))


def write_report(practice: Practice, session_id: str, now: datetime | None = None) -> MentoringError | None:
    """Write the student's progress notebook after a close, and mark the session as reported.

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
    MentoringError or None
        The reason why the notebook could not be written.
    """
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
    (written,) = progress_notebooks.write_progress_notebooks(practice, [session.student_id], now=now)
    if written.problem is None and session.state is SessionState.HELD:
        change_state(practice, session_id, "report")
    return written.problem


def save_note(practice: Practice, session_id: str, now: datetime | None = None) -> None:
    """Store the mentor's draft of a note, written after the close, as a private note.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.
    """
    now = now or datetime.now(UTC)
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id)
        draft = tx.drafts.for_session(session_id)
        if draft.note.strip():
            tx.notes.add(Note(session.student_id, session_id, NoteSide.MENTOR, draft.note.strip(), now))
            tx.drafts.save(session_id, replace(draft, note=""), now)
