"""Answers to an exercise, put into a copy of it: the worked solution, a wrong answer, a demonstration."""

from __future__ import annotations

import json
from collections.abc import Mapping

from toolkit.exercises.course.course import Course
from toolkit.exercises.course.leaks import SOLUTION
from toolkit.exercises.course.notebook import dump, grade_id, is_solution, tidy

__all__ = ["answered", "worked_solution"]


def worked_solution(course: Course, name: str) -> dict[str, str]:
    """Return the worked solution: the source of each answer's cell by its ``grade_id``. For the mentor alone.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    """
    return {
        grade_id(cell): _without_delimiters(cell["source"])
        for cell in course.source(name)["cells"]
        if is_solution(cell)
    }


def answered(copy: bytes, answers: Mapping[str, str]) -> bytes:
    """Return a student's copy with answers in it; cells that are not named stay as they are."""
    nb = tidy(json.loads(copy))
    for cell in nb["cells"]:
        if is_solution(cell):
            cell["source"] = answers.get(grade_id(cell), cell["source"])
    return dump(nb)


def _without_delimiters(source: str) -> str:
    return "\n".join(line for line in source.split("\n") if not any(mark in line for mark in SOLUTION))
