"""A shared session: choosing it, serving it until it ends, and inviting its participants."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from threading import Event, Thread

from toolkit._internal.atomic_io import atomic_write
from toolkit.domain.people import Student
from toolkit.domain.session import Session, SessionState
from toolkit.errors import InputError, MentoringError, NotFoundError, StateError
from toolkit.i18n import _
from toolkit.kernels.containment import check_out_of_reach
from toolkit.live.access.invitations import invite, revoke
from toolkit.live.process.supervisor import LiveServerSupervisor
from toolkit.live.session_settings import UPDATES_FILE, Guest, LiveSettings
from toolkit.live.snapshots.quarantine import QuarantineLog
from toolkit.live.snapshots.snapshot_store import SnapshotReason
from toolkit.practice import Practice
from toolkit.services.sessions import group_sessions, session_lifecycle, session_setup, session_snapshots
from toolkit.services.sessions.server_state import (
    locked,
    process_folder,
    serving_process,
    state_folder,
    stop_server,
)
from toolkit.services.sessions.wishes_and_consents import StudentInputWatcher

__all__ = [
    "MENTOR_ID",
    "ServedSession",
    "create_invitation",
    "current_session",
    "end_serving",
    "find_live_session",
    "is_served",
    "serve_session",
    "session_to_hold",
]

MENTOR_ID = "mentor"
"""The mentor's id among the guests."""

_NEAR = timedelta(hours=12)
"""A session planned within this time from now is used instead of a new one."""

_START_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class ServedSession:
    """A session that this process serves.

    Parameters
    ----------
    session : Session
        The session; of a group, that of its first student.
    students : tuple of Student
        The invited students.
    settings : LiveSettings
        Settings of the server.
    address : str
        URL at which participants reach the server, without a slash at the end.
    process : LiveServerSupervisor
        The server's process.
    due : callable
        Periodic work, without arguments; `goes_on` calls it.
    """

    session: Session
    students: tuple[Student, ...]
    settings: LiveSettings
    address: str
    process: LiveServerSupervisor
    due: Callable[[], None] = lambda: None

    def link(self, guest_id: str) -> str:
        """Return a new invitation link for a participant; it works once, within a day."""
        return _link(self.settings.state, self.address, guest_id)

    def goes_on(self, now: datetime | None = None) -> bool:
        """Do the periodic work, and return whether the session is still served.

        Raises
        ------
        ExecutionError
            The server died and could not be started again.
        """
        if self.process.wait(0):
            return False
        self.due()
        ends = self.session.starts_at + timedelta(minutes=self.session.minutes)
        return (now or datetime.now(UTC)) < ends + session_lifecycle.LEFT_OPEN_AFTER


def session_to_hold(
    practice: Practice,
    student_name: str,
    *,
    minutes: int | None = None,
    exercise: str | None = None,
    now: datetime | None = None,
) -> Session:
    """Return the session to hold now with a student: the live one, one planned near now, or a new one.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student_name : str
        Id or name of the student.
    minutes : int, optional
        Length of a new session; the practice's usual length if left out.
    exercise : str, optional
        Exercise of the day of a new session; the student's next one if left out.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    StateError
        A session of an earlier day was never closed.
    InputError
        A length or an exercise is given, but the session is planned already.
    """
    now = now or datetime.now(UTC)
    with practice.store.read() as tx:
        student = tx.students.get(student_name)
        known = tx.sessions.for_student(student.id)
    for session in known:
        if session.state is SessionState.LIVE:
            session_lifecycle.check_was_closed(session, now)
            return group_sessions.check_session_options(session, minutes, exercise)
    near = [
        session
        for session in known
        if session.state in {SessionState.PLANNED, SessionState.CONFIRMED}
        and abs(session.starts_at - now) < _NEAR
    ]
    if near:
        return group_sessions.check_session_options(
            min(near, key=lambda session: abs(session.starts_at - now)), minutes, exercise
        )
    return session_lifecycle.plan_session(
        practice, student.id, now, minutes=minutes, exercise=exercise, anyway=True, now=now
    )


@contextmanager
def serve_session(
    practice: Practice,
    session: Session,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    public_url: str = "",
    trusted_proxies: Iterable[str] = (),
    certfile: Path | None = None,
    keyfile: Path | None = None,
    insecure: bool = False,
    failed: Callable[[MentoringError], None] = lambda _problem: None,
) -> Iterator[ServedSession]:
    """Start a session and its server, and serve it until the context ends; the session itself stays live.

    The sessions of a group are started and served together.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    host : str
        Address to listen on; by default this machine alone.
    port : int
        Port to listen on; 0 for a free one.
    public_url : str
        URL at which participants reach it, if another: of a tunnel or a reverse proxy.
    trusted_proxies : iterable of str
        IP addresses of trusted proxies on other machines.
    certfile, keyfile : Path, optional
        Certificate and key for TLS.
    insecure : bool
        Whether it may listen beyond this machine without TLS.
    failed : callable
        Called with an error, possibly from another thread, if a snapshot cannot be taken (it is tried again),
        or if a damaged notebook was moved to quarantine.

    Yields
    ------
    ServedSession
        The served session.

    Raises
    ------
    StateError
        The session is being served already.
    InputError
        The address, the proxies or the TLS files are not usable, or student code could read the practice.
    ExecutionError
        There is no sandbox, or the server does not start.
    """
    check_out_of_reach(practice.root)
    proxies = _addresses(trusted_proxies)
    state = state_folder(practice, session)
    gathered = session_setup.set_up_session(practice, session, served=(state / UPDATES_FILE).exists())
    people = zip(gathered.students, gathered.names, strict=True)
    settings = LiveSettings(
        session=gathered.id,
        root=gathered.root,
        notebook=gathered.notebook.relative_to(gathered.root).as_posix(),
        state=state,
        guests=(
            Guest(id=MENTOR_ID, role="mentor", name=practice.config.practice.mentor or _("Mentor")),
            *(Guest(id=student.id, role="student", name=name) for student, name in people),
        ),
        copies=gathered.copies,
        card=gathered.card,
        language=gathered.language,
        public_url=public_url.rstrip("/"),
        trusted_proxies=proxies,
        certfile=certfile,
        keyfile=keyfile,
    )
    with locked(state, session), ExitStack() as stack:
        asides = QuarantineLog(state)
        for one in gathered.sessions:
            if one.state is SessionState.LIVE:
                stack.enter_context(_snapshots(practice, one, failed))
        process = stack.enter_context(LiveServerSupervisor(settings, host=host, port=port, insecure=insecure))
        process.wait_until_ready(_START_TIMEOUT_S)
        address = settings.public_url or process.url
        served = process_folder(state) / "served.json"
        atomic_write(served, json.dumps({"pid": os.getpid(), "address": address}).encode())
        stack.callback(served.unlink, missing_ok=True)
        # A wish and a consent belong to one student, so a group's board has none.
        lookout = None if session.group else StudentInputWatcher(practice, session)

        def due() -> None:
            if lookout is not None:
                lookout.poll()
            for problem in asides.news():
                failed(problem)

        yield ServedSession(gathered.sessions[0], gathered.students, settings, address, process, due)


def _addresses(texts: Iterable[str]) -> tuple[IPv4Address | IPv6Address, ...]:
    found = []
    for text in texts:
        try:
            found.append(ip_address(text))
        except ValueError as error:
            raise InputError(
                _("{text} is no IP address.").format(text=text),
                _("Give the address that the proxy comes from: --trusted-proxy 192.0.2.1"),
            ) from error
    return tuple(found)


@contextmanager
def _snapshots(
    practice: Practice, session: Session, failed: Callable[[MentoringError], None]
) -> Iterator[None]:
    ended = Event()
    with session_snapshots.snapshot_scheduler_for(practice, session.id) as keeper:
        # The first snapshot, before anybody joins.
        keeper.step()
        thread = Thread(target=copy_context().run, args=(keeper.watch, ended, failed), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            # The last snapshot: the server has ended by now.
            try:
                keeper.take_snapshot(SnapshotReason.END)
            except MentoringError as error:
                failed(error)


def is_served(practice: Practice, session_id: str) -> bool:
    """Return whether a process serves a session.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    """
    return serving_process(state_folder(practice, _session(practice, session_id))) is not None


def create_invitation(practice: Practice, session_id: str, guest_id: str) -> str:
    """Return a new invitation link into a session that another process serves.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session_id : str
        Id of the session.
    guest_id : str
        Id of a student of the session, or `MENTOR_ID`.

    Raises
    ------
    NotFoundError
        There is no such session.
    StateError
        No process serves it.
    """
    session = _session(practice, session_id)
    state = state_folder(practice, session)
    served = serving_process(state)
    if served is None:
        raise StateError(
            _("Session {id} is not being shared.").format(id=session_id),
            _("Share it: mentor live {student}").format(student=session.student_id),
        )
    return _link(state, served[1], guest_id)


def end_serving(practice: Practice, session_id: str) -> None:
    """Stop the server of a session and revoke its invitations; without a server, only revoke them.

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
        The server does not stop.
    """
    state = state_folder(practice, _session(practice, session_id))
    if state.is_dir():
        revoke(state)
        stop_server(state, session_id)


def _link(state: Path, address: str, guest_id: str) -> str:
    return f"{address}/join/{invite(state, guest_id)}"


def _session(practice: Practice, session_id: str) -> Session:
    with practice.store.read() as tx:
        return tx.sessions.get(session_id)


def current_session(practice: Practice) -> Session | None:
    """Return the live session, the latest of several; None if there is none."""
    with practice.store.read() as tx:
        found = [session for session in tx.sessions.all() if session.state is SessionState.LIVE]
    return max(found, key=lambda session: session.starts_at, default=None)


def find_live_session(practice: Practice, name: str) -> Session:
    """Return the live session with this id or of this student.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str
        Id of a session or of a student.

    Raises
    ------
    NotFoundError
        There is no such live session.
    """
    with practice.store.read() as tx:
        known = tx.sessions.all()
    for session in known:
        if session.state is SessionState.LIVE and name in {session.id, session.student_id}:
            return session
    raise NotFoundError(
        _("No live session is called '{name}', or is {name}'s.").format(name=name),
        name,
        [session.id for session in known if session.state is SessionState.LIVE],
        hint=_("Share one: mentor live STUDENT; `mentor session list` shows what is planned."),
    )
