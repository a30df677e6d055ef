"""The state of a session's server on the disk: its folder, its lock, its process id and address."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from toolkit._internal.atomic_io import disk_errors
from toolkit._internal.file_lock import try_lock
from toolkit.domain.session import Session
from toolkit.errors import StateError
from toolkit.i18n import _
from toolkit.practice import Practice

__all__ = ["locked", "process_folder", "serving_process", "state_folder", "stop_server", "was_killed"]

_LOCK_TIMEOUT_S = 0.2
_STOP_TIMEOUT_S = 30.0  # longer than a server may take to save its work, or to be killed


def state_folder(practice: Practice, session: Session) -> Path:
    """Return the folder that the server of a session, or of its group, keeps its state in.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    session : Session
        The session.
    """
    live = practice.private / "live"
    return live / "groups" / session.group if session.group else live / session.id


def process_folder(state: Path) -> Path:
    """Return the folder of the server's process id, address and lock, which the server itself cannot write.

    In the state folder a compromised server could name any process to be stopped, and any address as its own.
    """
    return state.with_name(f"{state.name}.served")


@contextmanager
def locked(state: Path, session: Session) -> Iterator[None]:
    """Lock a session's state folder; the system frees the lock when this process ends, however it ends.

    Parameters
    ----------
    state : Path
        The state folder, from `state_folder`.
    session : Session
        The session, for the error message.

    Raises
    ------
    StateError
        Another process holds the lock: it serves the session.
    """
    beside = process_folder(state)
    with disk_errors(beside):
        for folder in (state, beside):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (beside / "lock").open("w")
    with lock:
        # Wait a moment: another command takes the lock briefly to see if it is free.
        if not try_lock(lock.fileno(), _LOCK_TIMEOUT_S):
            raise StateError(
                _("Session {id} is being shared already, in another terminal.").format(id=session.id),
                _("A new link for it: mentor invite {student}").format(student=session.student_id),
            )
        yield


def serving_process(state: Path) -> tuple[int, str] | None:
    """Return the id of the process that serves a session, and its address; None if no process does."""
    try:
        with (process_folder(state) / "lock").open("r+") as lock:
            if not try_lock(lock.fileno(), 0):
                served = json.loads((process_folder(state) / "served.json").read_text())
                return int(served["pid"]), str(served["address"])
    except (FileNotFoundError, ValueError, KeyError):
        pass  # the server is starting or stopping at this moment
    return None


def was_killed(state: Path) -> bool:
    """Return whether the process that served a session last was killed, and may have left work to do."""
    return serving_process(state) is None and (process_folder(state) / "served.json").exists()


def stop_server(state: Path, session_id: str) -> None:
    """Stop the process that serves a session, and wait until it has ended; do nothing if there is none.

    Parameters
    ----------
    state : Path
        The state folder, from `state_folder`.
    session_id : str
        Id of the session, for the error message.

    Raises
    ------
    StateError
        The process does not end in time.
    """
    served = serving_process(state)
    if served is None:
        return
    pid = served[0]
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while serving_process(state) is not None:
        if time.monotonic() > deadline:
            raise StateError(
                _("The server of session {id} does not stop.").format(id=session_id),
                _("End it yourself: kill -9 {pid}").format(pid=pid),
            )
        time.sleep(0.05)
