"""A session's lifecycle: plan, prepare its files, start, close; or cancel, note a no-show, reschedule."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from toolkit.domain.agenda import ActionState, AgendaItem, usual_agenda
from toolkit.domain.ledger import line_for
from toolkit.domain.people import MentorshipState, Role, Student
from toolkit.domain.record_entries import AgendaEntry, Entry
from toolkit.domain.session import Session, SessionKind, SessionState, check_minutes
from toolkit.domain.session_close import Closing, Standing, close, open_points
from toolkit.domain.skill_opinions import Opinion, Stance, last_words
from toolkit.domain.student_group import part_of
from toolkit.errors import InputError, MentoringError, StateError
from toolkit.i18n import Language, _, format_datetime, use_language
from toolkit.live.snapshots.snapshot_store import Why
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.reports.student_snapshots import snapshot
from toolkit.services.sessions import session_snapshots, wishes_and_consents
from toolkit.services.sessions.session_workspace import (
    move_table,
    prepare,
    read_notebook,
    read_record,
    update_table,
)
from toolkit.store import Draft, Mark, Note, NoteSide, Transaction
from toolkit.workspace.session_record import parse_entry

__all__ = [
    "LEFT_OPEN",
    "ClosePreview",
    "act",
    "cancel",
    "check_may_meet",
    "check_was_closed",
    "confirm_close",
    "new_agenda",
    "no_show",
    "plan",
    "preview_close",
    "read_part",
    "reschedule",
    "standing_of",
    "start",
]

LEFT_OPEN = timedelta(hours=12)
"""A live session whose end is longer ago than this counts as left open."""


def plan(
    practice: Practice,
    student_name: str,
    starts_at: datetime,
    *,
    minutes: int | None = None,
    exercise: str | None = None,
    topics: Iterable[str] = (),
    anyway: bool = False,
    now: datetime | None = None,
) -> Session:
    """Plan a session, with its agenda, and prepare its notebook in the student's workspace.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student_name : str
        Id or name of the student.
    starts_at : datetime
        Start of the session, timezone-aware.
    minutes : int, optional
        Length of the session; the practice's usual length if left out.
    exercise : str, optional
        Exercise of the day; the first of the student's next ones if left out.
    topics : iterable of str
        Talking points besides the usual timeline and the carried points.
    anyway : bool
        Whether to plan it even if it begins in the past or overlaps another session.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such student or exercise.
    StateError
        The mentorship is paused or has ended.
    InputError
        The time or the length is not allowed.
    """
    now = now or datetime.now(UTC)
    catalogue = Catalogue(practice)
    extra_topics = list(topics)
    length = check_minutes(practice.config.sessions.minutes if minutes is None else minutes)
    with practice.store.read() as tx:
        student = tx.students.get(student_name)
        check_may_meet(student)
        if exercise is None:
            proposed = snapshot(tx, catalogue, student, now).next_exercises
            exercise = proposed[0].exercise if proposed else None
    if exercise is not None:
        # The session's notebook needs the released exercise; report a problem before anything is stored.
        catalogue.released(exercise)
    with practice.store.begin() as tx:
        if not anyway:
            _check_time(tx, starts_at, length, now)
        earlier = tx.sessions.of(student.id)
        session = Session(
            id=tx.sessions.next_id(student.id),
            student_id=student.id,
            starts_at=starts_at,
            minutes=length,
            kind=SessionKind.REGULAR if earlier else SessionKind.DISCOVERY,
            exercise=exercise,
            agenda=new_agenda(student.language, length, extra_topics, open_points(earlier)),
        )
        tx.sessions.save(session)
    try:
        prepare(practice, catalogue, session, now)
    except MentoringError as error:
        raise type(error)(
            error.message,
            _(
                "Session {id} is planned all the same; its notebook is made by: mentor session start {id}"
            ).format(id=session.id),
        ) from error
    return session


def check_may_meet(student: Student) -> None:
    """Raise `StateError` if a student's mentorship is paused or has ended."""
    if student.state not in {MentorshipState.ACTIVE, MentorshipState.INVITED}:
        raise StateError(
            _("{name}'s mentorship is {state}.").format(name=student.name, state=_(str(student.state))),
            _("Resume it first: mentor student resume {id}").format(id=student.id),
        )


def _check_time(
    tx: Transaction, starts_at: datetime, minutes: int, now: datetime, but: str | None = None
) -> None:
    hint = _("Choose another time, or say --anyway.")
    if starts_at < now:
        raise InputError(_("{time} is in the past.").format(time=format_datetime(starts_at)), hint)
    ends_at = starts_at + timedelta(minutes=minutes)
    for other in tx.sessions.all():
        if other.id == but or other.state not in {SessionState.PLANNED, SessionState.CONFIRMED}:
            continue
        if starts_at < other.starts_at + timedelta(minutes=other.minutes) and other.starts_at < ends_at:
            raise InputError(
                _("You have session {id} at that time ({time}).").format(
                    id=other.id, time=format_datetime(other.starts_at)
                ),
                hint,
            )


def new_agenda(
    language: Language, minutes: int, topics: Iterable[str] = (), carried: Iterable[AgendaItem] = ()
) -> tuple[AgendaItem, ...]:
    """Return the usual timeline in a language, with the carried points and the mentor's topics.

    Parameters
    ----------
    language : {"en", "fr"}
        Language of the usual talking points.
    minutes : int
        Length of the session; the longest usual point is shortened to fit it, to no less than 5 minutes.
    topics : iterable of str
        The mentor's topics, 5 minutes each.
    carried : iterable of AgendaItem
        Open talking points of earlier sessions.
    """
    own = [_topic(text, number) for number, text in enumerate(topics)]
    with use_language(language):
        usual = [
            AgendaItem(_new_id(), text, length, float(n), usual=True)
            for n, (text, length) in enumerate(usual_agenda(minutes))
        ]
    extra = [*_taken_up(carried), *own]
    # The longest usual point is shortened by the extra minutes, so that the agenda still fits the session.
    longest = max(usual, key=lambda item: item.minutes)
    left = longest.minutes - sum(item.minutes for item in extra)
    usual[usual.index(longest)] = replace(longest, minutes=max(5, left))
    return tuple(sorted([*usual, *extra], key=lambda item: item.order))


def _taken_up(points: Iterable[AgendaItem]) -> list[AgendaItem]:
    # Between the usual points "agenda" (order 2.0) and "the student's code" (order 3.0).
    return [
        AgendaItem(_new_id(), item.text, item.minutes, 2 + (n + 1) / 100, item.added_by, carried_from=item.id)
        for n, item in enumerate(points)
    ]


def _topic(text: str, number: int) -> AgendaItem:
    item = AgendaItem(_new_id(), text, 5, 2.5 + number / 100)
    # The same rule as in the record: one line, neither empty nor too long.
    entry = parse_entry(f"agenda:{item.id}", vars(item))
    return replace(item, text=entry.text) if isinstance(entry, AgendaEntry) else item


def _new_id() -> str:
    return uuid.uuid4().hex[:12]


def check_was_closed(session: Session, now: datetime) -> None:
    """Raise `StateError` if a live session was left open, see `LEFT_OPEN`.

    Parameters
    ----------
    session : Session
        A live session.
    now : datetime
        Current time, timezone-aware.
    """
    if session.starts_at + timedelta(minutes=session.minutes) + LEFT_OPEN < now:
        raise StateError(
            _("Session {id} of {time} was never closed.").format(
                id=session.id, time=format_datetime(session.starts_at)
            ),
            _("What was ticked then is kept. Close it first: mentor close {id}").format(id=session.id),
        )


def act(practice: Practice, session_id: str, action: str) -> Session:
    """Apply an action that only changes a session's state, and bill the session if the rules say so.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    action : str
        Name of the action, for example ``confirm`` or ``report``.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow the action.
    """
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).act(action)
        _settle(practice, tx, session)
    return session


def start(practice: Practice, session_id: str, now: datetime | None = None) -> tuple[Session, Path]:
    """Start a session, and create its notebook if missing.

    The record is updated: actions that were settled since it was prepared are removed; actions and talking
    points that other sessions left open are added. A live session stays as it is, so a second call is safe.

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
    session : Session
        The live session.
    path : Path
        Path of its notebook.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow it, or the session is a group's.
    """
    now = now or datetime.now(UTC)
    catalogue = Catalogue(practice)
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
    if session.group is not None:
        raise StateError(
            _("Session {id} is a group's, and begins with those of the others.").format(id=session.id),
            _("Share it: mentor live {student}").format(student=session.student_id),
        )
    if session.state is SessionState.LIVE:
        return session, prepare(practice, catalogue, session, now)
    session.act("start")  # refuse before anything is written
    path = prepare(practice, catalogue, session, now)
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).act("start")
        others = [other for other in tx.sessions.of(session.student_id) if other.id != session.id]
        carried = {item.carried_from for item in session.agenda}
        points = [item for item in open_points(others) if item.id not in carried]
        session = replace(session, agenda=(*session.agenda, *_taken_up(points)))
        tx.sessions.save(session)
        actions = tx.actions.of(session.student_id)
    update_table(practice, session, actions)
    return session, path


def cancel(practice: Practice, session_id: str, by: Role, at: datetime | None = None) -> Session:
    """Cancel a session, and bill it if the rules say so.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    by : Role
        Role of the person who cancels.
    at : datetime, optional
        Time of the cancellation, timezone-aware; now if left out.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow it.
    """
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).cancel(by, at or datetime.now(UTC))
        _settle(practice, tx, session)
    return session


def no_show(practice: Practice, session_id: str, of: Role) -> Session:
    """Store that the student or the mentor did not come, and bill the session if the rules say so.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    of : Role
        Role of the person who did not come.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow it.
    """
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).no_show(of)
        _settle(practice, tx, session)
    return session


def reschedule(
    practice: Practice,
    session_id: str,
    starts_at: datetime,
    *,
    anyway: bool = False,
    now: datetime | None = None,
) -> Session:
    """Move the same session to another time; its notebook is rewritten unless somebody has edited it.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    starts_at : datetime
        New start, timezone-aware.
    anyway : bool
        Whether to move it even if it then begins in the past or overlaps another session.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow it.
    InputError
        The time is not allowed.
    """
    now = now or datetime.now(UTC)
    with practice.store.begin() as tx:
        session = tx.sessions.get(session_id).reschedule(starts_at)
        if not anyway:
            _check_time(tx, starts_at, session.minutes, now, but=session_id)
        tx.sessions.save(session)
    move_table(practice, Catalogue(practice), session, now)
    return session


def _settle(practice: Practice, tx: Transaction, session: Session) -> None:
    tx.sessions.save(session)
    line = line_for(session, practice.config.billing_rules)
    if line:
        tx.ledger.add(line)


@dataclass(frozen=True)
class ClosePreview:
    """The data that a close would keep.

    Parameters
    ----------
    closing : Closing
        The session, actions, ticks, self-ratings and ledger line after the close.
    problems : tuple of str
        One sentence for each invalid entry of the record; these entries are left out.
    record : bytes
        The record's file as it was read.
    notebook : bytes
        The notebook's file as it was read; empty if there is none.
    entries : mapping of str to Entry
        The valid entries; of a group's record, the student's part.
    """

    closing: Closing
    problems: tuple[str, ...]
    record: bytes
    notebook: bytes
    entries: Mapping[str, Entry] = field(default_factory=dict)


def preview_close(practice: Practice, session_id: str) -> ClosePreview:
    """Read and validate the session's record, and return the data that a close would keep; change nothing.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        The session's state does not allow a close.
    """
    with practice.store.read() as tx:
        session = tx.sessions.get(session_id)
        session.act("close")
        standing = standing_of(tx, Catalogue(practice), tx.students.get(session.student_id))
    entries, problems, record = read_part(practice, session, standing)
    if session.group:
        # A group's record does not hold the actions of earlier sessions: they stay as they are.
        standing = replace(standing, open_actions=())
    closing = close(session, entries, standing, practice.config.billing_rules, _new_id)
    return ClosePreview(closing, problems, record, read_notebook(practice, session), entries)


def read_part(
    practice: Practice, session: Session, standing: Standing
) -> tuple[dict[str, Entry], tuple[str, ...], bytes]:
    """Return a session's validated record, as `read_record` does; of a group's record, this student's part.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    standing : Standing
        The stored data of the session's student.
    """
    entries, problems, data = read_record(practice, session)
    if session.group and not session.is_over:
        with practice.store.read() as tx:
            students = [one.student_id for one in tx.sessions.of_group(session.group)]
        entries = part_of(entries, students.index(session.student_id) + 1, students, standing)
    return entries, problems, data


def standing_of(tx: Transaction, catalogue: Catalogue, student: Student) -> Standing:
    """Return the stored data of a student that a record is compared with.

    Parameters
    ----------
    tx : Transaction
        Open transaction of the store.
    catalogue : Catalogue
        Exercises and learning paths of the practice.
    student : Student
        The student.
    """
    actions = tx.actions.of(student.id)
    said = last_words(tx.opinions.of(student.id))
    return Standing(
        open_actions=[action for action in actions if action.state is ActionState.OPEN],
        known_actions={action.id for action in actions},
        marks={
            *((mark.skill, mark.by) for mark in tx.marks.of(student.id) if mark.by == "student"),
            *(key for key, one in said.items() if one.stance is Stance.CONFIRMED),
        },
        skills={skill.id for skill in catalogue.path(student.path).skills},
        says={skill: (str(one.stance), one.words) for (skill, by), one in said.items() if by == "student"},
    )


def confirm_close(
    practice: Practice, preview: ClosePreview, *, note: str = "", recap: str = "", now: datetime | None = None
) -> Session:
    """Close a session: store the preview's agenda, actions, ticks, ledger line, recap and original files.

    The mentor's draft from the session becomes a private note, and the recap unless one is given here.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    preview : ClosePreview
        The data to store, from `preview_close`.
    note : str
        The mentor's private note, besides their draft.
    recap : str
        The mentor's words for the student.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Returns
    -------
    Session
        The closed session.

    Raises
    ------
    StateError
        The session was closed in the meantime.
    """
    now = now or datetime.now(UTC)
    closing = preview.closing
    # The student's last chance to give consent: from here on they can only withdraw it.
    wishes_and_consents.take_in(practice, closing.session.id, now)
    kept = session_snapshots.of(practice, closing.session.id)
    kept.add(Why.CLOSE, preview.notebook or None, preview.record or None, now=now)
    session = replace(
        closing.session,
        record_sha256=practice.keep(preview.record) if preview.record else None,
        notebook_sha256=practice.keep(preview.notebook) if preview.notebook else None,
    )
    with practice.store.begin() as tx:
        # Another process may have closed it in the meantime: the state machine refuses the second close.
        tx.sessions.get(session.id).act("close")
        draft = tx.drafts.of(session.id)
        session = replace(session, recap=recap or draft.recap)
        tx.sessions.save(session)
        for action in closing.actions:
            tx.actions.save(action, session.student_id, session.id)
        for change in closing.marks:
            mark = Mark(session.student_id, change.skill, change.by, session.id, now, change.given)
            tx.marks.add(mark)
        for one in closing.sayings:
            tx.opinions.add(
                Opinion(session.student_id, one.skill, "student", one.stance, now, one.words, session.id)
            )
        tx.ledger.add(closing.ledger)
        for text in dict.fromkeys(text for text in (draft.note.strip(), note) if text):
            tx.notes.add(Note(session.student_id, session.id, NoteSide.MENTOR, text, now))
        tx.drafts.save(session.id, Draft(), now)
    return session
