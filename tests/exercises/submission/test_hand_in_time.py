"""The time of a submission is parsed in every notation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from toolkit.exercises.submission.hand_in_time import parse_timestamp, time_in_names

NOON = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-01 10:00:00.000000 UTC",
        "2026-07-01 10:00:00 UTC\n",
        "\ufeff2026-07-01 10:00:00 UTC\r\n",
        "2026-07-01 10:00:00",
        "2026-07-01 10:00",
        "2026-07-01T10:00:00",
        "2026-07-01T10:00:00Z",
        "2026-07-01T10:00:00.000Z",
        "20260701T100000Z",
        "2026-07-01 12:00:00.000000 CEST",
        "2026-07-01 12:00:00 cest",
        "2026-07-01 11:00:00.000000 CET",
        "2026-07-01 06:00:00 EDT",
        "2026-07-01 05:00:00 EST",
        "2026-07-01 03:00:00 PDT",
        "2026-07-01 15:30:00 IST",
        "2026-07-01 11:00:00 BST",
        "2026-07-01 12:00:00.000000 +0200",
        "2026-07-01 12:00:00 +02:00",
        "2026-07-01 12:00:00 +02",
        "2026-07-01T12:00:00+02:00",
        "2026-07-01T12:00:00.123456+0200",
        "2026-07-01 12:00:00 UTC+2",
        "2026-07-01 12:00:00 UTC+02:00",
        "2026-07-01 12:00:00 GMT+0200",
        "2026-07-01 06:00:00-04:00",
        "2026-07-01 12:00:00 Europe/Paris",
        "2026-07-01 06:00:00.000000 America/New_York",
        "Wed Jul  1 10:00:00 2026",
        "Wed, 01 Jul 2026 12:00:00 +0200",
        "July 1, 2026 6:00 AM EDT",
        "1 July 2026 12:00 CEST",
        "2026/07/01 10:00:00 UTC",
    ],
)
def test_it_is_read(text):
    assert parse_timestamp(text).replace(microsecond=0) == NOON


def test_fractions_are_kept():
    assert parse_timestamp("2015-02-02 15:58:23.948203 UTC").microsecond == 948203


@pytest.mark.parametrize(
    "text",
    ["", " \n", "handed in late", "2026-13-01 10:00:00 UTC", "2026-07-01 10:00:00 Nowhere/There", "x" * 9999],
)
def test_what_says_no_time_is_none(text):
    assert parse_timestamp(text) is None


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Chicago"])
def test_an_abbreviation_with_two_meanings_has_the_local_one(monkeypatch, zone):
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        hour = {"Asia/Shanghai": 4, "America/Chicago": 18}[zone]
        assert parse_timestamp("2026-01-15 12:00:00 CST") == datetime(2026, 1, 15, hour, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_all_that_nbgrader_writes_it_reads_too():
    from nbgrader.utils import parse_utc

    for text in (
        "2015-02-02 15:58:23.948203 UTC",
        "2015-02-02 15:58:23.948203 America/New_York",
        "2015-02-02 15:58:23",
    ):
        assert parse_timestamp(text) == parse_utc(text).replace(tzinfo=UTC)


def test_times_in_names():
    exchange = "hacker+ps1+2015-02-02 15:58:23.948203 UTC+x1"
    assert time_in_names([exchange, "p1.ipynb"]) == datetime(2015, 2, 2, 15, 58, 23, tzinfo=UTC)
    local = datetime(2016, 1, 30, 15, 30, 10).astimezone(UTC)
    assert time_in_names(["ps1_bitdiddle_attempt_2016-01-30-15-30-10_p1.ipynb"]) == local
    assert time_in_names(["(ps1)_(hacker)_attempt_(2016-01-30-15-30-10)_problem1.ipynb"]) == local
    assert time_in_names(["bakery-till.ipynb"]) is None
