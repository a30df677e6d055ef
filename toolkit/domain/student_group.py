"""A group: two to six students who meet at once, each with a part of the one board.

See docs/decisions/0009-groups.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from toolkit.domain.people import Student
from toolkit.domain.record_entries import ActionEntry, CheckEntry, ConsentEntry, Entry, WishEntry
from toolkit.domain.session_close import Standing
from toolkit.errors import InputError
from toolkit.i18n import _

__all__ = ["LARGEST", "SMALLEST", "check_id", "check_size", "group_name", "line_of", "names_of", "part_of"]

SMALLEST = 2
LARGEST = 6

_ONE = "student:"


def check_size(students: Collection[str]) -> None:
    """Refuse with `InputError` what is no group: too few students, too many, or one of them twice."""
    if not SMALLEST <= len(students) <= LARGEST or len(set(students)) != len(students):
        raise InputError(
            _("A group has {least} to {most} students, each once.").format(least=SMALLEST, most=LARGEST),
            _("Name each of them once: mentor live STUDENT STUDENT"),
        )


def group_name(day: date, students: Sequence[Student], taken: Collection[str] = ()) -> str:
    """Return a free id for a group that meets on ``day``: "2026-11-25-ana-ben"."""
    first = "-".join(student.id.partition("-")[0][:10] for student in students)
    name = wanted = f"{day.isoformat()}-{first}"
    number = 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def names_of(students: Sequence[Student], mentor: str) -> list[str]:
    """Return the names that the others read; of two that are alike, or like the mentor's, the ids tell."""
    names = [mentor, *(student.name for student in students)]
    return [
        f"{student.name} ({student.id})" if names.count(student.name) > 1 else student.name
        for student in students
    ]


def check_id(number: int, skill: str) -> str:
    """Return the id on the board of the line where student ``number`` (from 1) ticks ``skill``."""
    return f"{number}-{skill}"


def line_of(entry_id: str) -> tuple[int, str]:
    """Return whose line of the checklist it is (from 1), for which skill; (0, "") where it is nobody's."""
    number, dash, skill = entry_id.partition("-")
    if dash and len(number) == 1 and number in "123456":
        return int(number), skill
    return 0, ""


def part_of(
    board: Mapping[str, Entry], number: int, students: Sequence[str], standing: Standing
) -> dict[str, Entry]:
    """Return what of the group's board is one student's, as the record of a session of their own.

    The agenda is everybody's. An action is its owner's, or everybody's where it is nobody's own. What stood
    before is not on the board, so that no student reads it of another: a mark that is not given there is not
    taken back.

    Parameters
    ----------
    number : int
        Which of ``students``, from 1.
    students : sequence of str
        The ids of the group's, in its order.
    standing : Standing
        What the store has of this one.
    """
    mine = students[number - 1]
    part: dict[str, Entry] = {}
    for key, entry in board.items():
        if isinstance(entry, CheckEntry):
            whose, skill = line_of(entry.id)
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
            owner = entry.owner.removeprefix(_ONE)
            if entry.owner == "mentor" or owner == mine or owner not in students:
                kept = "mentor" if entry.owner == "mentor" else "student"
                part[key] = entry.model_copy(update={"owner": kept})
        elif not isinstance(entry, (ConsentEntry, WishEntry)):
            # A wish and a consent are one student's: what a board says of them counts for nobody.
            part[key] = entry
    return part
