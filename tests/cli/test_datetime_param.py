"""Dates and times as users type them."""

from __future__ import annotations

import os
import time
from datetime import datetime

import pytest

from toolkit.cli.datetime_param import parse_datetime


@pytest.fixture(autouse=True)
def paris(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    yield
    monkeypatch.delenv("TZ")
    time.tzset()
    assert "TZ" not in os.environ


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24 18:00", "2026-11-24T18:00:00+01:00"),
        ("2026-11-24T18:00", "2026-11-24T18:00:00+01:00"),
        ("2026-11-24T18:00+00:00", "2026-11-24T19:00:00+01:00"),
        ("tomorrow 9:30", "2026-11-24T09:30:00+01:00"),
        ("demain 18h", "2026-11-24T18:00:00+01:00"),
        ("demain à 18h05", "2026-11-24T18:05:00+01:00"),
        ("today 23:00", "2026-11-23T23:00:00+01:00"),
        ("monday 18:00", "2026-11-30T18:00:00+01:00"),  # the next one, never today
        ("Friday at 18:00", "2026-11-27T18:00:00+01:00"),
        ("vendredi 18:00", "2026-11-27T18:00:00+01:00"),
        ("in 7 days 18:00", "2026-11-30T18:00:00+01:00"),
        ("in 200 days 18:00", "2027-06-11T18:00:00+02:00"),  # summer time is that day's
    ],
)
def test_parse(text, expected):
    now = datetime.fromisoformat("2026-11-23T18:30:00+01:00")
    assert parse_datetime(text, now) == datetime.fromisoformat(expected)
    assert parse_datetime(text, now).isoformat() == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-11-24", "tomorrow", "2026-13-01 10:00", "friday 25:00", "18:00"]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever its text
        parse_datetime(text, datetime.fromisoformat("2026-11-23T18:30:00+01:00"))
