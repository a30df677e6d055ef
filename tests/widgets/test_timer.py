"""The session timer: it stores its start, and two people can change it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from toolkit.errors import InputError
from toolkit.widgets import Agenda, Record, Timer


def test_a_timer_without_a_record():
    timer = Timer(minutes=20)
    assert timer.elapsed == timedelta(0)
    assert timer.remaining == timedelta(minutes=20)
    timer.start()
    began = timer.started_at
    timer.start()  # one that runs goes on
    assert timer.started_at == began
    assert timedelta(0) <= timer.elapsed < timedelta(seconds=5)
    timer.reset()
    assert timer.started_at == ""
    assert repr(timer) == "<Timer: 20 min, not started>"


def test_the_session_says_how_long(record):
    timer = Timer(record)
    assert timer.minutes == 45
    timer.start()
    assert record.get("timer").minutes == 45
    assert Timer(record).started_at == timer.started_at


def test_clock_and_running_item_do_not_overwrite_each_other(record):
    """Changes of the timer and of the running item do not overwrite each other."""
    timer, agenda = Timer(Record(record.path)), Agenda(Record(record.path))  # as in two kernels
    agenda.start("a1")
    timer.start()
    agenda.start("a2")
    entry = record.get("timer")
    assert (entry.item, entry.started_at is not None) == ("a2", True)


def test_minutes_are_checked(record):
    timer = Timer(record)
    with pytest.raises(InputError, match="below 1"):
        timer.minutes = 0
    assert timer.minutes == 45
    timer.minutes = 60
    assert record.get("timer").minutes == 60
    timer.set_state({"minutes": 500, "touched": {"token": 1, "ids": []}})
    assert (timer.minutes, "above 240" in timer.error) == (60, True)
    timer.set_state({"minutes": "soon", "started_at": 5, "touched": {"token": 2, "ids": []}})
    assert (timer.minutes, timer.started_at) == (60, "")
    timer.set_state({"started_at": "yesterday", "touched": {"token": 3, "ids": []}})
    assert (timer.started_at, "not taken over" in timer.error) == ("", True)


def test_a_page_starts_and_resets_it(record):
    timer = Timer(record)
    timer.set_state({"started_at": "2026-11-24T18:02:11.123Z", "touched": {"token": 1, "ids": []}})
    assert record.get("timer").started_at == datetime(2026, 11, 24, 18, 2, 11, 123000, UTC)
    timer.set_state({"started_at": "", "touched": {"token": 2, "ids": []}})
    assert record.get("timer").started_at is None


def test_over_time_and_a_clock_set_back(record):
    now = datetime.now(UTC)
    record.put({"timer": {"started_at": now - timedelta(minutes=48), "minutes": 45}})
    assert timedelta(minutes=-4) < Timer(record).remaining < timedelta(minutes=-2)
    record.put({"timer": {"started_at": now + timedelta(hours=1), "minutes": 45}})
    assert Timer(record).elapsed == timedelta(0)
    record.put({"timer": {"started_at": "2026-11-24T18:00:00", "minutes": 45}})
    assert isinstance(Timer(record).elapsed, timedelta)
