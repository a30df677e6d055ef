"""Groups of students: ids, display names, and the owner of each entry on a group's board."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from toolkit.domain.people import Student
from toolkit.domain.record_entries import ActionEntry, AgendaEntry, CheckEntry, ConsentEntry, WishEntry
from toolkit.domain.session_close import StudentBaseline, stated_opinions
from toolkit.domain.student_group import (
    board_check_id,
    check_size,
    display_names,
    group_name,
    parse_board_check_id,
    student_part,
)
from toolkit.errors import InputError


def student(name: str, student_id: str) -> Student:
    return Student(id=student_id, name=name, since=datetime.now(UTC), path="python-foundations")


def test_a_group_is_named_by_its_day_and_its_people():
    people = [student("Ana Roy", "ana-roy"), student("Maximiliana Y", "maximiliana-y")]
    day = date(2026, 11, 25)
    assert group_name(day, people) == "2026-11-25-ana-maximilian"
    assert group_name(day, people, {"2026-11-25-ana-maximilian"}) == "2026-11-25-ana-maximilian-2"


def test_two_of_the_same_name_are_told_apart():
    people = [student("Ana", "ana"), student("Ana", "ana-2"), student("Ada", "ada"), student("Bo", "bo")]
    assert display_names(people, "Ada") == ["Ana (ana)", "Ana (ana-2)", "Ada (ada)", "Bo"]


def test_only_a_line_of_ours_has_a_number():
    assert parse_board_check_id(board_check_id(2, "for-loops")) == (2, "for-loops")
    assert (
        parse_board_check_id("loops")
        == parse_board_check_id("7-loops")
        == parse_board_check_id("12-loops")
        == (0, "")
    )


@pytest.mark.parametrize("count", [1, 7])
def test_a_group_is_neither_one_nor_a_class(count):
    with pytest.raises(InputError):
        check_size([str(n) for n in range(count)])


def test_a_part_is_the_agenda_and_what_is_ones_own():
    board = {
        "agenda:a": AgendaEntry(id="a", text="Check-in"),
        "check:1-loops": CheckEntry(id="1-loops", title="Loops", milestone="Ana", ticked=True),
        "check:2-loops": CheckEntry(id="2-loops", title="Loops", milestone="Ben"),
        "action:x": ActionEntry(id="x", text="Read", owner="student:ana"),
        "action:y": ActionEntry(id="y", text="Write", owner="student:ben"),
        "action:z": ActionEntry(id="z", text="Send", owner="mentor"),
        # Nobody agrees or wishes for another one.
        "consent": ConsentEntry(replay=True),
        "wish": WishEntry(goal="Plots"),
    }
    standing = StudentBaseline(
        marks={("loops", "student")}, says={"loops": ("contested", "Too soon.")}, skills={"loops"}
    )
    part = student_part(board, 2, ["ana", "ben"], standing)
    assert set(part) == {"agenda:a", "check:loops", "action:y", "action:z"}
    loops, write = part["check:loops"], part["action:y"]
    assert isinstance(loops, CheckEntry)
    assert isinstance(write, ActionEntry)
    # What stood before the session is not taken back by a board that does not show it.
    assert loops.ticked
    assert list(stated_opinions(part, standing)) == []
    assert write.owner == "student"
