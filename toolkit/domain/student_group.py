"""A group: two to six students who meet in one session and share one record.

See docs/decisions/0009-groups.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from toolkit.domain.people import Student
from toolkit.domain.record_entries import ActionEntry, CheckEntry, ConsentEntry, Entry, WishEntry
from toolkit.domain.session_close import StudentBaseline
from toolkit.errors import InputError
from toolkit.i18n import _

__all__ = [
    "MAX_STUDENTS",
    "MIN_STUDENTS",
    "board_check_id",
    "check_size",
    "display_names",
    "group_name",
    "parse_board_check_id",
    "student_part",
]

MIN_STUDENTS = 2
MAX_STUDENTS = 6

_STUDENT_PREFIX = "student:"


def check_size(students: Collection[str]) -> None:
    """Raise `InputError` if these are not 2 to 6 different students."""
    if not MIN_STUDENTS <= len(students) <= MAX_STUDENTS or len(set(students)) != len(students):
        raise InputError(
            _("A group has {least} to {most} students, each once.").format(
                least=MIN_STUDENTS, most=MAX_STUDENTS
            ),
            _("Name each of them once: mentor live STUDENT STUDENT"),
        )


def group_name(day: date, students: Sequence[Student], taken: Collection[str] = ()) -> str:
    """Return an unused id for a group that meets on ``day``: "2026-11-25-ana-ben".

    Parameters
    ----------
    day : date
        The day of the meeting.
    students : sequence of Student
        The students of the group; the id contains the first part of each student's id.
    taken : collection of str
        Ids that are in use; a number is appended to avoid them.
    """
    first = "-".join(student.id.partition("-")[0][:10] for student in students)
    name = wanted = f"{day.isoformat()}-{first}"
    number = 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def display_names(students: Sequence[Student], mentor: str) -> list[str]:
    """Return the students' display names; equal names, or one equal to the mentor's, get the id appended.

    Parameters
    ----------
    students : sequence of Student
        The students of the group.
    mentor : str
        The mentor's name.
    """
    names = [mentor, *(student.name for student in students)]
    return [
        f"{student.name} ({student.id})" if names.count(student.name) > 1 else student.name
        for student in students
    ]


def board_check_id(number: int, skill: str) -> str:
    """Return the id of the group's checklist entry of one student for one skill: "2-loops".

    Parameters
    ----------
    number : int
        Position of the student in the group, from 1.
    skill : str
        Id of the skill.
    """
    return f"{number}-{skill}"


def parse_board_check_id(entry_id: str) -> tuple[int, str]:
    """Split the id of a checklist entry into the student's position (from 1) and the skill.

    An id of any other form gives (0, "").
    """
    number, dash, skill = entry_id.partition("-")
    if dash and len(number) == 1 and number in "123456":
        return int(number), skill
    return 0, ""


def student_part(
    board: Mapping[str, Entry], number: int, students: Sequence[str], standing: StudentBaseline
) -> dict[str, Entry]:
    """Return one student's part of the group's record, in the form of an individual session's record.

    The agenda belongs to everybody. An action belongs to its owner, or to everybody if it has no single one.
    Earlier marks are not in the group's record, so that no student reads another's: a mark that is missing
    there is therefore not undone.

    Parameters
    ----------
    board : mapping of str to Entry
        The entries of the group's record by key.
    number : int
        Position of the student in ``students``, from 1.
    students : sequence of str
        The ids of the group's students, in its order.
    standing : StudentBaseline
        The stored state of this student.
    """
    mine = students[number - 1]
    part: dict[str, Entry] = {}
    for key, entry in board.items():
        if isinstance(entry, CheckEntry):
            whose, skill = parse_board_check_id(entry.id)
            if whose == number:
                before = standing.says.get(skill, ("", ""))
                says, words = (entry.says, entry.words) if entry.says else before
                part[f"check:{skill}"] = entry.model_copy(
                    update={
                        "id": skill,
                        "says": says,
                        "words": words,
                        "ticked": entry.ticked or (skill, "student") in standing.marks,
                        "confirmed": entry.confirmed or (skill, "mentor") in standing.marks,
                    }
                )
        elif isinstance(entry, ActionEntry):
            owner = entry.owner.removeprefix(_STUDENT_PREFIX)
            if entry.owner == "mentor" or owner == mine or owner not in students:
                kept = "mentor" if entry.owner == "mentor" else "student"
                part[key] = entry.model_copy(update={"owner": kept})
        elif not isinstance(entry, (ConsentEntry, WishEntry)):
            # A wish and a consent belong to one student: those of a shared record have no known author.
            part[key] = entry
    return part
