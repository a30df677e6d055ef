"""Handing in from a workspace: taken in, graded and answered, whether somebody watches or not."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from toolkit import exercises
from toolkit.domain.attempt import Verdict
from toolkit.errors import PracticeBusyError, StateError
from toolkit.exercises import Course, answered, worked_solution
from toolkit.journeys import asked, feedback, grade, table
from toolkit.journeys.asked import Asked
from toolkit.journeys.collect import Received
from toolkit.journeys.exercises import hint
from toolkit.journeys.outbox import take_in
from toolkit.journeys.watch import News, watch
from toolkit.outbox import Outbox, name_of
from toolkit.practice import Practice
from toolkit.record import Record

ZOE = "zoe-lefevre"


def hand_in(practice, exercise="bakery-till", student=ZOE, *, solved=True, seen="test", code=None) -> str:
    """Put a submission into a student's outbox as the card does; returns its name there."""
    course = Course(practice.root)
    data = exercises.student_copy(course, exercise, "fr", student)
    if solved:
        data = answered(data, worked_solution(course, exercise))
    nb = json.loads(data)
    nb["metadata"]["seen"] = seen
    if code:
        nb["cells"].insert(
            0,
            {
                "cell_type": "code",
                "id": "own",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": code,
            },
        )
    notebook = practice.root.parent / "handed-in" / "session.ipynb"
    notebook.parent.mkdir(exist_ok=True)
    notebook.write_text(json.dumps(nb))
    return name_of(exercise, Outbox(practice.workspace(student)).put(exercise, notebook))


def attempts(practice, student=ZOE):
    with practice.store.read() as tx:
        return {name_of(a.exercise_id, a.sha256): a for a in tx.attempts.of(student)}


def answer(practice, name, student=ZOE):
    return Outbox(practice.workspace(student)).answer(name)


def test_what_nobody_watched_is_taken_in_by_the_next_grade(demo_practice):
    name = hand_in(demo_practice)
    assert answer(demo_practice, name) is None
    found = {one.attempt.exercise_id: one for one in grade.grade(demo_practice, student=ZOE)}
    assert found["bakery-till"].outcome.verdict is Verdict.GRADED
    said = answer(demo_practice, name)
    assert (said.state, said.verdict, said.message) == ("graded", "noté", "")
    assert said.points == said.max_points > 0
    assert {test.outcome for test in said.tests} == {"passed"}
    assert said.page == ""
    feedback.write(demo_practice, student=ZOE)
    page = demo_practice.workspace(ZOE) / answer(demo_practice, name).page
    assert page.is_file()
    assert page.parent.name == "feedback"
    kept = attempts(demo_practice)[name]
    assert demo_practice.kept(kept.sha256) == (demo_practice.workspace(ZOE) / "outbox" / name).read_bytes()


def test_it_is_received_even_while_somebody_grades(demo_practice):
    name = hand_in(demo_practice)
    with demo_practice.writing("mentor grade"):
        (receipt,) = take_in(demo_practice)
    assert (receipt.received, receipt.student_id, receipt.exercise_id) == (Received.NEW, ZOE, "bakery-till")
    assert answer(demo_practice, name).state == "received"
    assert take_in(demo_practice) == [], "once"


def test_cut_short_between_keeping_and_the_receipt_it_is_taken_in_again(demo_practice):
    name = hand_in(demo_practice)
    take_in(demo_practice)
    (demo_practice.workspace(ZOE) / "outbox" / name).with_suffix(".json").unlink()
    (receipt,) = take_in(demo_practice)
    assert receipt.received is Received.AGAIN
    assert len([a for a in attempts(demo_practice).values() if a.sha256 == receipt.sha256]) == 1


def test_what_cannot_be_taken_in_is_answered_and_stops_no_other(demo_practice):
    outbox = Outbox(demo_practice.workspace(ZOE))
    outbox.folder.mkdir()
    (outbox.folder / "bakery-till-0.ipynb").write_bytes(b"no notebook")
    (outbox.folder / "no-such-thing-0.ipynb").write_bytes(b"{}")
    (outbox.folder / "link-0.ipynb").symlink_to(demo_practice.root / "mentoring.toml")
    name = hand_in(demo_practice)
    receipts = {Path(r.source).name: r.received for r in take_in(demo_practice)}
    assert receipts == {
        "bakery-till-0.ipynb": Received.UNREADABLE,
        "no-such-thing-0.ipynb": Received.UNREADABLE,
        "link-0.ipynb": Received.REFUSED,
        name: Received.NEW,
    }
    unreadable = outbox.answer("bakery-till-0.ipynb")
    assert (unreadable.state, unreadable.verdict) == ("graded", "illisible")
    assert unreadable.message
    assert outbox.answer("no-such-thing-0.ipynb").state == "refused"
    assert outbox.answer("link-0.ipynb").state == "refused"
    assert take_in(demo_practice) == []


def test_an_outbox_that_leads_elsewhere_is_passed_over(demo_practice):
    name = hand_in(demo_practice, student="ben-okafor")
    outbox = demo_practice.workspace(ZOE) / "outbox"
    outbox.symlink_to(demo_practice.workspace("ben-okafor") / "outbox")
    (receipt,) = take_in(demo_practice)
    assert receipt.student_id == "ben-okafor"
    assert name not in attempts(demo_practice)


def test_a_table_is_handed_in_from_its_own_notebook(demo_practice):
    """A session's notebook: the answers in it are found by nbgrader's marks."""
    with demo_practice.store.read() as tx:
        session = tx.sessions.get("zoe-lefevre-3")
    notebook = table.notebook_path(demo_practice, session)
    outbox = Outbox.of_record(notebook.with_name("record.json"))
    assert outbox.workspace == demo_practice.workspace(ZOE)
    digest = outbox.put(session.exercise, notebook)
    (receipt,) = take_in(demo_practice)
    assert (receipt.sha256, receipt.exercise_id) == (digest, session.exercise)


class Watching:
    """`watch` in this process: its news, and a way to end it when enough has come."""

    def __init__(self, practice, until, *, ready=lambda: None, seconds=120.0):
        self.news: list[News] = []
        deadline = time.monotonic() + seconds

        def goes_on():
            assert time.monotonic() < deadline, self.news
            return not until(self.news)

        watch(practice, self.news.append, ready=ready, goes_on=goes_on)


def test_a_watch_grades_what_waits_and_what_comes_and_a_loop_holds_up_nobody(demo_practice):
    before = hand_in(demo_practice)
    names = {}

    def ready():
        names["loop"] = hand_in(demo_practice, "savings-jar", code="while True: pass", seen="loop")
        names["fine"] = hand_in(demo_practice, "bus-fare", "ben-okafor")

    def until(news):
        done = {n.attempt.exercise_id for n in news if n.attempt and n.attempt.outcome}
        said = answer(demo_practice, names["fine"], "ben-okafor") if names else None
        if {"bus-fare", "bakery-till"} <= done and said and said.page:
            # Somebody ends it, however slow this machine is: the loop would go on for long.
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        Watching(with_timeout(demo_practice, 100), until, ready=ready)
    assert answer(demo_practice, before).points > 0
    assert answer(demo_practice, names["fine"], "ben-okafor").points > 0
    assert attempts(demo_practice)[names["loop"]].outcome is None, "it was still running"
    grade.grade(with_timeout(demo_practice, 2))
    assert attempts(demo_practice)[names["loop"]].outcome is not None
    with demo_practice.store.read() as tx:
        assert not tx.attempts.waiting()


def with_timeout(practice, seconds):
    config = practice.root / "mentoring.toml"
    config.write_text(re.sub(r"timeout_seconds *= *\d+", f"timeout_seconds = {seconds}", config.read_text()))
    return Practice(practice.root)


def test_a_watch_waits_its_turn_and_takes_anothers_result(demo_practice):
    name = hand_in(demo_practice)
    held = threading.Event()
    release = threading.Event()

    def hold():
        with demo_practice.writing("mentor grade"):
            held.set()
            release.wait(60)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    began = []

    def until(news):
        if not began:
            began.append(time.monotonic())
        if not release.is_set() and time.monotonic() - began[0] > 2:
            assert answer(demo_practice, name).state == "received", "nothing is written meanwhile"
            release.set()
        return any(n.attempt for n in news)

    watching = Watching(demo_practice, until)
    other.join()
    assert not [n.problem for n in watching.news if n.problem]
    assert answer(demo_practice, name).state == "graded"


def start(practice):
    return subprocess.Popen(
        [Path(sys.executable).with_name("mentor"), "--practice", practice.root, "--lang", "en", "watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_command_cleanly(demo_practice, number):
    process = start(demo_practice)
    assert "Watching" in process.stdout.readline()
    name = hand_in(demo_practice)
    assert "bakery-till" in process.stdout.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "Graded 1 submission." in out
    assert "Traceback" not in err
    assert answer(demo_practice, name).state == "graded"
    demo_practice.store.back_up_daily()
    with demo_practice.writing("test"):
        pass


def test_two_watchers_and_a_grade_at_once_give_each_submission_one_result(demo_practice):
    watchers = [start(demo_practice), start(demo_practice)]
    try:
        for process in watchers:
            assert "Watching" in process.stdout.readline()
        names = [hand_in(demo_practice, seen=str(number)) for number in range(6)]
        deadline = time.monotonic() + 60
        while any((answer(demo_practice, n) or said_nothing).state != "graded" for n in names):
            try:
                grade.grade(demo_practice)
            except PracticeBusyError:
                time.sleep(0.05)
            assert time.monotonic() < deadline
    finally:
        for process in watchers:
            process.send_signal(signal.SIGINT)
        ended = [process.communicate(timeout=30) for process in watchers]
    assert [process.returncode for process in watchers] == [0, 0], ended
    assert all("rror" not in err for _out, err in ended), ended
    kept = attempts(demo_practice)
    assert all(kept[name].outcome.solved for name in names)
    assert len({kept[name].id for name in names}) == 6


class said_nothing:  # noqa: N801 - stands for an answer
    state = ""


def test_killed_in_the_middle_nothing_is_lost(demo_practice):
    process = start(demo_practice)
    assert "Watching" in process.stdout.readline()
    names = [hand_in(demo_practice, seen=str(number)) for number in range(4)]
    deadline = time.monotonic() + 30
    while answer(demo_practice, names[0]) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    grade.grade(demo_practice)
    kept = attempts(demo_practice)
    assert all(kept[name].outcome.solved for name in names)
    assert all(answer(demo_practice, name).state == "graded" for name in names)
    assert kept[names[0]].received_at <= datetime.now(UTC)


JAR = "savings-jar"


def box(practice, student=ZOE):
    return Outbox(practice.workspace(student))


def ladder(practice, student=ZOE, exercise=JAR):
    """How many hints the store has as given, and those that lie on the table."""
    with practice.store.read() as tx:
        session = tx.sessions.get("zoe-lefevre-3")
        given = tx.attempts.hints_given(student, exercise)
    return given, the_record(practice, session).get(f"exercise:{JAR}").hints


def the_record(practice, session=None):
    if session is None:
        with practice.store.read() as tx:
            session = tx.sessions.get("zoe-lefevre-3")
    return Record(table.notebook_path(practice, session).with_name("record.json"))


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
        Asked(ZOE, JAR, before + 1, total, given=True)
    ]
    given, shown = ladder(demo_practice)
    assert (given, len(shown)) == (before + 1, before + 1)
    assert box(demo_practice).requests() == []
    name = hand_in(demo_practice, JAR)
    take_in(demo_practice)
    assert attempts(demo_practice)[name].hints_used == before + 1


def test_what_nobody_watched_is_given_by_the_next_grade_after_what_was_handed_in(demo_practice):
    before, _shown = ladder(demo_practice)
    box(demo_practice).ask(JAR, before + 1)
    name = hand_in(demo_practice, JAR)
    told = []
    grade.grade(demo_practice, student=ZOE, asked=told.append)
    assert [(one.step, one.given) for one in told] == [(before + 1, True)]
    assert ladder(demo_practice)[0] == before + 1
    assert attempts(demo_practice)[name].hints_used == before, "it was written without that hint"


def test_only_the_next_step_of_an_exercise_of_theirs_is_given(demo_practice):
    before, _shown = ladder(demo_practice)
    outbox = box(demo_practice)
    for step in range(before + 1, before + 40):
        outbox.ask(JAR, step)
    with demo_practice.store.read() as tx:
        theirs = {session.exercise for session in tx.sessions.of(ZOE)}
    other = next(name for name in Course(demo_practice.root).names() if name not in theirs)
    for name in ("no-such-thing-1", f"{other}-1", "x", "-", "..-1", "savings-jar-0", "savings-jar-x"):
        (outbox.folder / f"{name}.hint").touch()
    for number in range(1000):
        (outbox.folder / f"garbage-{number}.hint").write_bytes(b"{")
    (outbox.folder / f"{JAR}-{before + 50}.hint").symlink_to(demo_practice.root / "mentoring.toml")
    (outbox.folder / f"{JAR}-{before + 51}.hint").mkdir()
    told = []
    take_in(demo_practice, [ZOE], asked=told.append)
    assert [(one.exercise_id, one.step) for one in told] == [(JAR, before + 1)]
    assert ladder(demo_practice)[0] == before + 1
    assert outbox.requests() == []
    with demo_practice.store.read() as tx:
        assert tx.attempts.hints_given(ZOE, other) == 0
    assert (demo_practice.root / "mentoring.toml").is_file()
    take_in(demo_practice, [ZOE], asked=told.append)
    assert len(told) == 1


def test_cut_short_between_noting_and_showing_it_is_shown_and_not_given_again(demo_practice):
    before, _shown = ladder(demo_practice)
    with demo_practice.store.begin() as tx:
        tx.attempts.give_hint(ZOE, JAR, before + 1, datetime.now(UTC))
    box(demo_practice).ask(JAR, before + 1)
    assert asked.answer_requests(demo_practice, ZOE) == []
    given, shown = ladder(demo_practice)
    assert (given, len(shown)) == (before + 1, before + 1)
    assert box(demo_practice).requests() == []


def test_a_table_that_is_being_written_holds_up_nobody_and_has_the_hint_later(demo_practice):
    before, _shown = ladder(demo_practice)
    box(demo_practice).ask(JAR, before + 1)
    record = the_record(demo_practice)
    with record._locked():
        began = time.monotonic()
        (one,) = asked.answer_requests(demo_practice, ZOE)
        assert time.monotonic() - began < 4, "whoever holds the folder has five seconds otherwise"
        assert one.given
        assert len(ladder(demo_practice)[1]) == before
        assert len(box(demo_practice).requests()) == 1
    assert asked.answer_requests(demo_practice, ZOE) == []
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
    asked.answer_requests(demo_practice, ZOE)
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
    assert hint(practice, JAR, ZOE).step == before + 1
    assert len(ladder(practice)[1]) == before + 1
    assert box(practice).requests() == []


def test_two_that_give_the_same_step_give_it_once(demo_practice):
    before, _shown = ladder(demo_practice)
    hint(demo_practice, JAR, ZOE, step=before + 1)
    with pytest.raises(StateError, match=f"is hint {before + 2}"):
        hint(demo_practice, JAR, ZOE, step=before + 1)
    assert ladder(demo_practice)[0] == before + 1


def test_the_terminal_says_who_asked_for_what(demo_practice):
    before, _shown = ladder(demo_practice)
    total = len(Course(demo_practice.root).card(JAR).hints)
    process = start(demo_practice)
    assert "Watching" in process.stdout.readline()
    box(demo_practice).ask(JAR, before + 1)
    line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert f"{ZOE}  {JAR}  asked for hint {before + 1} of {total}: given" in line
