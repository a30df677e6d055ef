"""The session that `mentor live` chooses, how long it is served, and the process that a close ends.

The serving itself is tried in two browsers: tests/browser/test_live_session.py.
"""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.patience import PATIENCE_S
from toolkit.domain.session import SessionState
from toolkit.errors import InputError, NotFoundError, StateError
from toolkit.services.sessions import live_session, server_state, session_lifecycle

STUDENT = "zoe-lefevre"


def planned(practice):
    with practice.store.read() as tx:
        return next(s for s in tx.sessions.for_student(STUDENT) if s.state is SessionState.PLANNED)


def test_the_session_planned_near_is_meant_and_else_a_new_one(demo_practice):
    there = planned(demo_practice)
    near = there.starts_at - timedelta(minutes=5)
    assert live_session.session_to_hold(demo_practice, STUDENT, now=near).id == there.id
    with pytest.raises(InputError, match="planned already"):
        live_session.session_to_hold(demo_practice, STUDENT, now=near, minutes=there.minutes + 15)
    made = live_session.session_to_hold(demo_practice, STUDENT, now=there.starts_at - timedelta(days=3))
    assert made.id != there.id
    assert made.state is SessionState.PLANNED


def test_live_session_resumes_and_a_left_open_one_must_be_closed(demo_practice):
    """A live session continues; one that was left open has to be closed first."""
    there = planned(demo_practice)
    session_lifecycle.start_session(demo_practice, there.id)
    ends = there.starts_at + timedelta(minutes=there.minutes)
    assert live_session.session_to_hold(demo_practice, STUDENT, now=ends + timedelta(hours=1)).id == there.id
    with pytest.raises(StateError, match="never closed") as refused:
        live_session.session_to_hold(demo_practice, STUDENT, now=ends + timedelta(hours=13))
    assert f"mentor close {there.id}" in refused.value.hint
    assert live_session.current_session(demo_practice).id == there.id
    assert live_session.find_live_session(demo_practice, STUDENT).id == there.id
    with pytest.raises(NotFoundError):
        live_session.find_live_session(demo_practice, "ben-okafor")


def test_it_is_no_longer_served_twelve_hours_after_its_end(demo_practice):
    class Alive:
        def wait(self, _seconds):
            return False

    there = replace(planned(demo_practice), starts_at=datetime.now(UTC) - timedelta(hours=12))
    assert live_session.ServedSession(there, None, None, "", Alive()).goes_on()
    late = replace(there, starts_at=there.starts_at - timedelta(minutes=there.minutes + 1))
    assert not live_session.ServedSession(late, None, None, "", Alive()).goes_on()


def test_a_close_ends_the_process_that_serves_it(demo_practice):
    there = planned(demo_practice)
    with pytest.raises(StateError, match="not being shared"):
        live_session.create_invitation(demo_practice, there.id, STUDENT)
    live_session.end_serving(demo_practice, there.id)  # nobody serves it: there is nothing to end
    state = demo_practice.private / "live" / there.id
    beside = server_state.process_folder(state)
    for folder in (state, beside):
        folder.mkdir(mode=0o700, parents=True)
    with (beside / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # It holds the lock by the same open file, as `mentor live` does by its own.
        server = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[lock.fileno()]
        )
    served = {"pid": server.pid, "address": "http://localhost:1"}
    # What the server may write says nothing of who it is.
    (state / "served.json").write_text(json.dumps({"pid": -1, "address": "http://evil.example"}))
    (state / "lock").symlink_to(demo_practice.root / "mentoring.toml")
    (beside / "served.json").write_text(json.dumps(served))
    assert live_session.is_served(demo_practice, there.id)
    assert live_session.create_invitation(demo_practice, there.id, STUDENT).startswith(
        "http://localhost:1/join/"
    )
    with pytest.raises(StateError, match="shared already"), server_state.locked(state, there):
        pass
    live_session.end_serving(demo_practice, there.id)
    assert server.wait(PATIENCE_S) == -signal.SIGTERM
    server.stdin.close()
    assert not live_session.is_served(demo_practice, there.id)
