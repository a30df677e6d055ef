"""`mentor student`: which names are allowed, and the date in the mentor's time zone."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from toolkit.services.practice import create_practice, mentorships


@pytest.fixture
def practice(tmp_path):
    return create_practice.create_practice(tmp_path / "practice").practice


@pytest.mark.parametrize("name", ["", "  ", "A\nB", "Zo\udce9"])
def test_a_name_is_checked_even_where_the_id_is_chosen(mentor, practice, name):
    code, _out, err = mentor("--practice", practice.root, "student", "add", name, "--id", "x")
    assert code == 2, err
    assert "cannot be a student's name" in err
    assert mentor("--practice", practice.root, "student", "add", "Ana", "--id", "x")[0] == 0


def test_what_no_file_can_hold_is_no_fault_of_the_toolkit(mentor, practice):
    for args in (("show", "Zo\udce9"), ("add", "Zoé", "--email", "zo\udce9@example.org")):
        code, _out, err = mentor("--practice", practice.root, "student", *args)
        assert code == 2, err
        assert "no file can hold" in err


def test_the_day_is_that_of_the_mentor_s_clock(mentor, practice, monkeypatch):
    mentorships.add_student(practice, "Ana", since=datetime(2026, 11, 23, 22, 30, tzinfo=UTC))
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    try:
        code, out, _err = mentor("--practice", practice.root, "student", "list")
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert code == 0
    assert "23 November 2026" in out  # 23:30 in Paris
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert "24 November 2026" in mentor("--practice", practice.root, "student", "list")[1]
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
