"""In nbgrader's own example course, adopted unchanged, every cell gets the grade that nbgrader gives it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from toolkit.exercises import Course, insert_answers
from toolkit.services.exercises import manage_exercises
from toolkit.services.grading import collect_submissions, grading_batch
from toolkit.services.practice import create_practice, mentorships

BIN = Path(sys.executable).parent
EXERCISE = "ps1"
HALF = {
    # Right but for what is refused, and the sum does not use it.
    "squares": "def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]",
    "sum_of_squares": "def sum_of_squares(n):\n    return n * (n + 1) * (2 * n + 1) // 6",
    "sum_of_squares_equation": "$n^2$",
}
WRONG = {
    "squares": "def squares(n):\n    return n ** 2",
    "sum_of_squares": "def sum_of_squares(n):\n    return squares(n) + m",
    "sum_of_squares_application": "sum_of_squares(",
    "part-a": "It adds numbers.",
    "part-b": "For none.",
}
CELLS = """
    select submitted_assignment.student_id, notebook.name, cell.name,
           grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade
    from grade
    join submitted_notebook on submitted_notebook.id = grade.notebook_id
    join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
    join notebook on notebook.id = submitted_notebook.notebook_id
    join base_cell as cell on cell.id = grade.cell_id
"""


def nbgrader(folder: Path, *args: str) -> None:
    run = subprocess.run(
        [BIN / "nbgrader", *args],
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def grades(root: Path) -> dict[tuple[str, str, str], tuple[float | None, ...]]:
    with closing(sqlite3.connect(root / "gradebook.db")) as connection:
        return {row[:3]: row[3:] for row in connection.execute(CELLS)}


def copies(course: Course) -> dict[str, dict[str, bytes]]:
    """Return the files that each student submits: one for each notebook of the exercise."""
    given = {name: path.read_bytes() for name, path in course.released_notebooks(EXERCISE).items()}
    right: dict[str, str] = {}
    for name in given:
        source = json.loads(course.notebooks(EXERCISE)[name].read_text())
        for cell in source["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution"):
                right[cell["metadata"]["nbgrader"]["grade_id"]] = "".join(cell["source"]).replace("###", "#")
    empty = dict.fromkeys(right, "")
    return {
        who: {name: insert_answers(data, answers) for name, data in given.items()}
        for who, answers in {"right": right, "half": HALF, "wrong": WRONG, "empty": empty}.items()
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> tuple[Path, Path]:
    """The course twice, with the same submissions: graded by nbgrader itself, and by us."""
    folder = tmp_path_factory.mktemp("quickstart")
    nbgrader(folder, "quickstart", "stock")
    shutil.copytree(folder / "stock", folder / "ours")
    practice = create_practice.create_practice(folder / "ours").practice
    manage_exercises.release_exercises(practice, [EXERCISE])
    nbgrader(folder / "stock", "generate_assignment", EXERCISE)
    for who, notebooks in copies(Course(practice.root)).items():
        mentorships.add_student(practice, who)
        for root in ("stock/submitted", "inbox"):
            place = folder / root / who / EXERCISE
            place.mkdir(parents=True)
            for name, data in notebooks.items():
                (place / f"{name}.ipynb").write_bytes(data)
    collect_submissions.collect(practice, [folder / "inbox"])
    grading_batch.grade_attempts(practice)
    nbgrader(folder / "stock", "autograde", EXERCISE)
    return folder / "stock", folder / "ours"


def test_quickstart_cells_have_the_grades_nbgrader_gives(graded):
    """Each cell of nbgrader's own course has the grade that nbgrader gives it."""
    stock, ours = map(grades, graded)
    assert len(stock) == 4 * 9
    assert ours == stock
    assert stock["right", "problem1", "correct_squares"][0] == 1
    assert stock["half", "problem1", "squares_invalid_input"][0] == 0
