"""Hints requested from a workspace: the next step is given once, with or without a running watch."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime

import pytest

from tests.patience import PATIENCE_S
from tests.services.outbox_submissions import ZOE, attempts, hand_in
from tests.services.watch_runner import Watching, start
from toolkit.errors import StateError
from toolkit.exercises import Course
from toolkit.practice import Practice
from toolkit.services.exercises import hint_delivery
from toolkit.services.exercises.hint_delivery import HintAnswer
from toolkit.services.exercises.manage_exercises import give_hint
from toolkit.services.grading import grading_batch
from toolkit.services.grading.submission_inbox import ingest_outbox
from toolkit.services.sessions import session_workspace
from toolkit.workspace.session_record import Record
from toolkit.workspace.submission_outbox import Outbox

JAR = "savings-jar"


def box(practice, student=ZOE):
    return Outbox(practice.workspace(student))


def ladder(practice, student=ZOE, exercise=JAR):
    """Return the number of hints given in the store, and the hints that the student sees."""
    with practice.store.read() as tx:
        session = tx.sessions.get("zoe-lefevre-3")
        given = tx.attempts.hints_given(student, exercise)
    return given, the_record(practice, session).get(f"exercise:{JAR}").hints


def the_record(practice, session=None):
    if session is None:
        with practice.store.read() as tx:
            session = tx.sessions.get("zoe-lefevre-3")
    return Record(session_workspace.notebook_path(practice, session).with_name("record.json"))


def test_a_watch_gives_the_hint_that_is_asked_for_and_tells_it(demo_practice):
    before, shown = ladder(demo_practice)
    assert len(shown) == before
    total = len(Course(demo_practice.root).card(JAR).hints)
    watching = Watching(
        demo_practice,
        lambda news: any(one.asked for one in news),
        ready=lambda: box(demo_practice).ask(JAR, before + 1),
    )
    assert [one.asked for one in watching.news if one.asked] == [
        HintAnswer(ZOE, JAR, before + 1, total, given=True)
    ]
    given, shown = ladder(demo_practice)
    assert (given, len(shown)) == (before + 1, before + 1)
    assert box(demo_practice).requests() == []
    name = hand_in(demo_practice, JAR)
    ingest_outbox(demo_practice)
    assert attempts(demo_practice)[name].hints_used == before + 1


def test_unwatched_hint_request_is_answered_by_the_next_grade(demo_practice):
    """Without a watch, the next grade answers a hint request, after the submissions."""
    before, _shown = ladder(demo_practice)
    box(demo_practice).ask(JAR, before + 1)
    name = hand_in(demo_practice, JAR)
    told = []
    grading_batch.grade_attempts(demo_practice, student=ZOE, asked=told.append)
    assert [(one.step, one.given) for one in told] == [(before + 1, True)]
    assert ladder(demo_practice)[0] == before + 1
    assert attempts(demo_practice)[name].hints_used == before, "it was written without that hint"


def test_only_the_next_step_of_an_exercise_of_theirs_is_given(demo_practice):
    before, _shown = ladder(demo_practice)
    outbox = box(demo_practice)
    for step in range(before + 1, before + 40):
        outbox.ask(JAR, step)
    with demo_practice.store.read() as tx:
        theirs = {session.exercise for session in tx.sessions.for_student(ZOE)}
    other = next(name for name in Course(demo_practice.root).names() if name not in theirs)
    for name in ("no-such-thing-1", f"{other}-1", "x", "-", "..-1", "savings-jar-0", "savings-jar-x"):
        (outbox.folder / f"{name}.hint").touch()
    for number in range(1000):
        (outbox.folder / f"garbage-{number}.hint").write_bytes(b"{")
    (outbox.folder / f"{JAR}-{before + 50}.hint").symlink_to(demo_practice.root / "mentoring.toml")
    (outbox.folder / f"{JAR}-{before + 51}.hint").mkdir()
    told = []
    ingest_outbox(demo_practice, [ZOE], asked=told.append)
    assert [(one.exercise_id, one.step) for one in told] == [(JAR, before + 1)]
    assert ladder(demo_practice)[0] == before + 1
    assert outbox.requests() == []
    with demo_practice.store.read() as tx:
        assert tx.attempts.hints_given(ZOE, other) == 0
    assert (demo_practice.root / "mentoring.toml").is_file()
    ingest_outbox(demo_practice, [ZOE], asked=told.append)
    assert len(told) == 1


def test_interrupted_hint_is_shown_and_not_given_again(demo_practice):
    """A hint that was interrupted between recording and showing is shown and not given again."""
    before, _shown = ladder(demo_practice)
    with demo_practice.store.begin() as tx:
        tx.attempts.give_hint(ZOE, JAR, before + 1, datetime.now(UTC))
    box(demo_practice).ask(JAR, before + 1)
    assert hint_delivery.answer_hint_requests(demo_practice, ZOE) == []
    given, shown = ladder(demo_practice)
    assert (given, len(shown)) == (before + 1, before + 1)
    assert box(demo_practice).requests() == []


def test_locked_record_blocks_nobody_and_gets_the_hint_later(demo_practice, monkeypatch):
    """A locked record does not block other students, and its own gets the hint later."""
    before, _shown = ladder(demo_practice)
    box(demo_practice).ask(JAR, before + 1)
    record = the_record(demo_practice)
    with record._locked():
        monkeypatch.setattr(
            "toolkit.workspace.session_record._LOCK_TIMEOUT_S", 10 * PATIENCE_S
        )  # whoever waited would time out
        (one,) = hint_delivery.answer_hint_requests(demo_practice, ZOE)
        assert one.given
        assert len(ladder(demo_practice)[1]) == before
        assert len(box(demo_practice).requests()) == 1
    assert hint_delivery.answer_hint_requests(demo_practice, ZOE) == []
    assert len(ladder(demo_practice)[1]) == before + 1
    assert box(demo_practice).requests() == []


def test_a_hint_is_put_onto_no_table_that_a_link_leads_to(demo_practice, tmp_path):
    before, _shown = ladder(demo_practice)
    sessions = demo_practice.workspace(ZOE) / "sessions"
    elsewhere = sessions.rename(tmp_path / "elsewhere")
    sessions.symlink_to(elsewhere)
    records = {path: path.read_bytes() for path in elsewhere.glob("*/record.json")}
    assert records
    box(demo_practice).ask(JAR, before + 1)
    hint_delivery.answer_hint_requests(demo_practice, ZOE)
    assert {path: path.read_bytes() for path in records} == records


def test_by_the_mentor_it_is_told_once_and_the_command_gives_it(demo_practice):
    config = demo_practice.root / "mentoring.toml"
    config.write_text(config.read_text() + '\n[exercises]\nhints = "by the mentor"\n')
    practice = Practice(demo_practice.root)
    before, _shown = ladder(practice)
    box(practice).ask(JAR, before + 1)
    seen = []

    def until(_news):
        seen.append(time.monotonic())
        return seen[-1] - seen[0] > 3

    watching = Watching(practice, until)
    assert [(one.asked.step, one.asked.given) for one in watching.news if one.asked] == [(before + 1, False)]
    assert ladder(practice)[0] == before
    assert len(box(practice).requests()) == 1, "it waits"
    assert give_hint(practice, JAR, ZOE).step == before + 1
    assert len(ladder(practice)[1]) == before + 1
    assert box(practice).requests() == []


def test_two_that_give_the_same_step_give_it_once(demo_practice):
    before, _shown = ladder(demo_practice)
    give_hint(demo_practice, JAR, ZOE, step=before + 1)
    with pytest.raises(StateError, match=f"is hint {before + 2}"):
        give_hint(demo_practice, JAR, ZOE, step=before + 1)
    assert ladder(demo_practice)[0] == before + 1


def test_the_terminal_says_who_asked_for_what(demo_practice):
    before, _shown = ladder(demo_practice)
    total = len(Course(demo_practice.root).card(JAR).hints)
    process = start(demo_practice)
    assert "Watching" in process.stdout.readline()
    box(demo_practice).ask(JAR, before + 1)
    line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert f"{ZOE}  {JAR}  asked for hint {before + 1} of {total}: given" in line
