"""Reads the worked solution of an exercise, and inserts answers into a student's copy."""

from __future__ import annotations

import json
from collections.abc import Mapping

from toolkit.exercises.course.course import Course
from toolkit.exercises.course.leaks import SOLUTION_DELIMITERS
from toolkit.exercises.course.notebook import dump_notebook, grade_id, is_solution, upgrade_notebook

__all__ = ["insert_answers", "worked_solution"]


def worked_solution(course: Course, name: str) -> dict[str, str]:
    """Return the worked solution: the source of each answer cell by its ``grade_id``. Not for students.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the exercise.

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


def insert_answers(copy: bytes, answers: Mapping[str, str]) -> bytes:
    """Return a student's copy with answers inserted; other cells stay unchanged.

    Parameters
    ----------
    copy : bytes
        Notebook file of the student's copy.
    answers : mapping of str to str
        Source of the answer by ``grade_id``; others are ignored.
    """
    nb = upgrade_notebook(json.loads(copy))
    for cell in nb["cells"]:
        if is_solution(cell):
            cell["source"] = answers.get(grade_id(cell), cell["source"])
    return dump_notebook(nb)


def _without_delimiters(source: str) -> str:
    return "\n".join(
        line for line in source.split("\n") if not any(mark in line for mark in SOLUTION_DELIMITERS)
    )
