"""A session that is shared: made ready, its people invited, served until it ends."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from threading import Event, Thread

from toolkit._internal.atomic_io import disk_errors, write_durably
from toolkit._internal.file_lock import taken
from toolkit.domain.people import Student
from toolkit.domain.session import Session, SessionState
from toolkit.errors import InputError, MentoringError, NotFoundError, StateError
from toolkit.i18n import _
from toolkit.live.access.invitations import invite, revoke
from toolkit.live.process.supervisor import LiveProcess
from toolkit.live.session_settings import UPDATES, Guest, LiveSettings
from toolkit.live.snapshots.quarantine import Asides
from toolkit.live.snapshots.snapshot_store import Why
from toolkit.practice import Practice
from toolkit.services.sessions import group_sessions, session_lifecycle, session_setup, session_snapshots
from toolkit.services.sessions.wishes_and_consents import Lookout

__all__ = ["MENTOR", "Live", "current", "end", "invitation", "is_served", "live_session", "serve", "to_hold"]

MENTOR = "mentor"
"""The mentor's id among the guests."""

_NEAR = timedelta(hours=12)
"""A session that is planned this near is the one that is meant."""

_READY_SECONDS = 60.0
_END_SECONDS = 30.0  # longer than a server may take to save, and be killed
_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Live:
    """A session that is being served by this process.

    Parameters
    ----------
    session : Session
        Of a group, the first one's.
    students : tuple of Student
        Who was invited.
    address : str
        Where people reach it, without a slash at the end.
    due : callable
        What is to be done every now and then.
    """

    session: Session
    students: tuple[Student, ...]
    settings: LiveSettings
    address: str
    process: LiveProcess
    due: Callable[[], None] = lambda: None

    def link(self, guest_id: str) -> str:
        """Return a new invitation for one of its people; it works once, for a day."""
        return _link(self.settings.state, self.address, guest_id)

    def goes_on(self, now: datetime | None = None) -> bool:
        """Do what is due, and return whether the session is still served.

        Raises
        ------
        ExecutionError
            The server died and could not be started again.
        """
        if self.process.wait(0):
            return False
        self.due()
        ends = self.session.starts_at + timedelta(minutes=self.session.minutes)
        return (now or datetime.now(UTC)) < ends + session_lifecycle.LEFT_OPEN


def to_hold(
    practice: Practice,
    student_name: str,
    *,
    minutes: int | None = None,
    exercise: str | None = None,
    now: datetime | None = None,
) -> Session:
    """Return the session with a student that is meant now: the live one, the one planned near, or a new one.

    Parameters
    ----------
    minutes, exercise : optional
        Of a new one.

    Raises
    ------
    StateError
        One of an earlier day was never closed.
    InputError
        A length or an exercise is asked for, and the session is planned already.
    """
    now = now or datetime.now(UTC)
    with practice.store.read() as tx:
        student = tx.students.get(student_name)
        known = tx.sessions.of(student.id)
    for session in known:
        if session.state is SessionState.LIVE:
            session_lifecycle.check_was_closed(session, now)
            return group_sessions.as_asked(session, minutes, exercise)
    near = [
        session
        for session in known
        if session.state in {SessionState.PLANNED, SessionState.CONFIRMED}
        and abs(session.starts_at - now) < _NEAR
    ]
    if near:
        return group_sessions.as_asked(
            min(near, key=lambda session: abs(session.starts_at - now)), minutes, exercise
        )
    return session_lifecycle.plan(
        practice, student.id, now, minutes=minutes, exercise=exercise, anyway=True, now=now
    )


@contextmanager
def serve(
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
) -> Iterator[Live]:
    """Start a session and its server, and hold them until the context ends; the session itself stays live.

    Of a group the sessions of all are started, and served together.

    Parameters
    ----------
    host, port
        Where it listens; a free port of this machine unless said.
    public_url : str
        Where people reach it, if that is another place: a tunnel, a reverse proxy.
    trusted_proxies : iterable of str
        The IP addresses of proxies on other machines.
    insecure : bool
        Whether it may listen beyond this machine without TLS.
    failed : callable
        Told, possibly from another thread, why a snapshot could not be taken, which is tried again; and which
        notebook was none any more, what became of it, and where it is kept.

    Raises
    ------
    StateError
        It is being served already.
    InputError
        Where it should listen will not do.
    ExecutionError
        There is no sandbox, or the server does not start.
    """
    proxies = _addresses(trusted_proxies)
    state = _state(practice, session)
    gathered = session_setup.gather(practice, session, served=(state / UPDATES).exists())
    people = zip(gathered.students, gathered.names, strict=True)
    settings = LiveSettings(
        session=gathered.id,
        root=gathered.root,
        notebook=gathered.notebook.relative_to(gathered.root).as_posix(),
        state=state,
        guests=(
            Guest(id=MENTOR, role="mentor", name=practice.config.practice.mentor or _("Mentor")),
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
    with _alone(state, session), ExitStack() as stack:
        asides = Asides(state)
        for one in gathered.sessions:
            if one.state is SessionState.LIVE:
                stack.enter_context(_snapshots(practice, one, failed))
        process = stack.enter_context(LiveProcess(settings, host=host, port=port, insecure=insecure))
        process.wait_until_ready(_READY_SECONDS)
        address = settings.public_url or process.url
        served = _beside(state) / "served.json"
        write_durably(served, json.dumps({"pid": os.getpid(), "address": address}).encode())
        stack.callback(served.unlink, missing_ok=True)
        # A wish and a consent are one student's: they have no place on a group's board.
        lookout = None if session.group else Lookout(practice, session)

        def due() -> None:
            if lookout is not None:
                lookout.look()
            for problem in asides.news():
                failed(problem)

        yield Live(gathered.sessions[0], gathered.students, settings, address, process, due)


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
    with session_snapshots.keeper(practice, session.id) as keeper:
        # The first before anybody comes in.
        keeper.step()
        thread = Thread(target=copy_context().run, args=(keeper.watch, ended, failed), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            # The server has ended before.
            try:
                keeper.take(Why.END)
            except MentoringError as error:
                failed(error)


def is_served(practice: Practice, session_id: str) -> bool:
    """Whether some process serves a session."""
    return _served(_state(practice, _session(practice, session_id))) is not None


def invitation(practice: Practice, session_id: str, guest_id: str) -> str:
    """Return a new link into a session that another process serves.

    Raises
    ------
    StateError
        Nobody serves it.
    """
    session = _session(practice, session_id)
    state = _state(practice, session)
    served = _served(state)
    if served is None:
        raise StateError(
            _("Session {id} is not being shared.").format(id=session_id),
            _("Share it: mentor live {student}").format(student=session.student_id),
        )
    return _link(state, served[1], guest_id)


def end(practice: Practice, session_id: str) -> None:
    """End what is served of a session: nobody gets in any more, and the process that serves it stops.

    Raises
    ------
    StateError
        It does not stop.
    """
    state = _state(practice, _session(practice, session_id))
    if state.is_dir():
        revoke(state)
        _stop(state, session_id)


def _stop(state: Path, session_id: str) -> None:
    served = _served(state)
    if served is None:
        return
    pid = served[0]
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _END_SECONDS
    while _served(state) is not None:
        if time.monotonic() > deadline:
            raise StateError(
                _("The server of session {id} does not stop.").format(id=session_id),
                _("End it yourself: kill -9 {pid}").format(pid=pid),
            )
        time.sleep(0.05)


def _link(state: Path, address: str, guest_id: str) -> str:
    return f"{address}/join/{invite(state, guest_id)}"


def _session(practice: Practice, session_id: str) -> Session:
    with practice.store.read() as tx:
        return tx.sessions.get(session_id)


def _state(practice: Practice, session: Session) -> Path:
    live = practice.private / "live"
    return live / "groups" / session.group if session.group else live / session.id


def _beside(state: Path) -> Path:
    """Return the folder of what is known of a session's server, which it does not reach.

    In the state folder it could name any process as the one to be ended, any address as its own.
    """
    return state.with_name(f"{state.name}.served")


@contextmanager
def _alone(state: Path, session: Session) -> Iterator[None]:
    """Hold a session's state folder; the lock goes with this process, however it ends."""
    beside = _beside(state)
    with disk_errors(beside):
        for folder in (state, beside):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (beside / "lock").open("w")
    with lock:
        # Another command may just be looking whether it is free.
        if not taken(lock.fileno(), _LOOK_SECONDS):
            raise StateError(
                _("Session {id} is being shared already, in another terminal.").format(id=session.id),
                _("A new link for it: mentor invite {student}").format(student=session.student_id),
            )
        yield


def _served(state: Path) -> tuple[int, str] | None:
    """Return the process that serves a session and its address; None where nobody does."""
    try:
        with (_beside(state) / "lock").open("r+") as lock:
            if not taken(lock.fileno(), 0):
                told = json.loads((_beside(state) / "served.json").read_text())
                return int(told["pid"]), str(told["address"])
    except (FileNotFoundError, ValueError, KeyError):
        pass  # it is being started or ended just now
    return None


def current(practice: Practice) -> Session | None:
    """Return the session that is live, the one that began last; None where none is."""
    with practice.store.read() as tx:
        found = [session for session in tx.sessions.all() if session.state is SessionState.LIVE]
    return max(found, key=lambda session: session.starts_at, default=None)


def live_session(practice: Practice, name: str) -> Session:
    """Return the live session that is meant by its own id or by its student's.

    Raises
    ------
    NotFoundError
        There is none.
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
