"""`mentor watch` grades and answers submissions, however the watch ends."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from datetime import UTC, datetime

import pytest

from tests.patience import PATIENCE_S
from tests.services.outbox_submissions import answer, attempts, hand_in
from tests.services.watch_runner import Watching, start
from toolkit.errors import PracticeBusyError
from toolkit.practice import Practice
from toolkit.services.grading import grading_batch


def test_watch_grades_all_and_an_endless_loop_blocks_nobody(demo_practice):
    """A watch grades pending and new submissions, and an endless loop blocks nobody."""
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
    grading_batch.grade_attempts(with_timeout(demo_practice, 2))
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
    held.wait(PATIENCE_S)
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_command_cleanly(demo_practice, number):
    process = start(demo_practice)
    assert "Watching" in process.stdout.readline()
    name = hand_in(demo_practice)
    assert "bakery-till" in process.stdout.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert "Graded 1 submission." in out
    assert "Traceback" not in err
    assert answer(demo_practice, name).state == "graded"
    demo_practice.store.back_up_daily()
    with demo_practice.writing("test"):
        pass


def test_concurrent_watchers_give_each_submission_one_result(demo_practice):
    """Two watchers and a grade at the same time give each submission one result."""
    watchers = [start(demo_practice), start(demo_practice)]
    try:
        for process in watchers:
            assert "Watching" in process.stdout.readline()
        names = [hand_in(demo_practice, seen=str(number)) for number in range(6)]
        deadline = time.monotonic() + PATIENCE_S
        while not all((said := answer(demo_practice, n)) and said.state == "graded" for n in names):
            try:
                grading_batch.grade_attempts(demo_practice)
            except PracticeBusyError:
                time.sleep(0.05)
            assert time.monotonic() < deadline
    finally:
        for process in watchers:
            process.send_signal(signal.SIGINT)
        ended = [process.communicate(timeout=PATIENCE_S) for process in watchers]
    assert [process.returncode for process in watchers] == [0, 0], ended
    assert all("rror" not in err for _out, err in ended), ended
    kept = attempts(demo_practice)
    assert all(kept[name].outcome.solved for name in names)
    assert len({kept[name].id for name in names}) == 6


def test_killed_in_the_middle_nothing_is_lost(demo_practice):
    process = start(demo_practice)
    assert "Watching" in process.stdout.readline()
    names = [hand_in(demo_practice, seen=str(number)) for number in range(4)]
    deadline = time.monotonic() + PATIENCE_S
    while answer(demo_practice, names[0]) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    grading_batch.grade_attempts(demo_practice)
    kept = attempts(demo_practice)
    assert all(kept[name].outcome.solved for name in names)
    assert all(answer(demo_practice, name).state == "graded" for name in names)
    assert kept[names[0]].received_at <= datetime.now(UTC)
