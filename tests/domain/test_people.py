from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.domain.agenda import usual_agenda
from toolkit.domain.people import student_slug
from toolkit.errors import InputError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Zoé Lefèvre", "zoe-lefevre"),
        ("  Ana  ", "ana"),
        ("O'Brien, Seán", "o-brien-sean"),
        ("../../etc/passwd", "etc-passwd"),
        ("李小龍", "s-674e-5c0f-9f8d"),
    ],
)
def test_slug(name, expected):
    assert student_slug(name) == expected


@pytest.mark.parametrize("name", ["", " \t ", "x" * 301, "A\nB", "A\x00B", "Zo\udce9", "A\u2028B"])
def test_what_cannot_be_a_name(name):
    with pytest.raises(InputError, match="cannot be a student's name"):
        student_slug(name)


@given(st.text(max_size=320))
def test_slug_is_always_a_safe_folder_name(name):
    try:
        result = student_slug(name)
    except InputError as error:
        assert error.hint
    else:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", result)
        assert student_slug(result) == result


@given(st.integers(10, 240))
def test_the_usual_agenda_fills_the_session(minutes):
    assert sum(part for _, part in usual_agenda(minutes)) == minutes
    assert all(part >= 1 for _, part in usual_agenda(minutes))


def test_the_usual_agenda_of_30_and_45_minutes():
    assert [part for _, part in usual_agenda(30)] == [2, 3, 3, 12, 4, 4, 2]
    assert [part for _, part in usual_agenda(45)] == [3, 5, 4, 20, 6, 5, 2]
