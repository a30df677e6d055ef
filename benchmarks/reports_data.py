"""Data of the benchmark of the reports: a template with pandas and charts, and practices of any size."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sqlalchemy import insert

from toolkit.domain.people import Student
from toolkit.practice import Practice
from toolkit.services.practice import create_practice
from toolkit.store.attempts import AttemptRow

__all__ = ["WHEN", "as_said", "name_of", "parameters", "practice_of", "write_template"]

WHEN = datetime(2026, 3, 2, 9, tzinfo=UTC)

_CELLS = (
    """import matplotlib.pyplot as plt
import pandas as pd

table = pd.DataFrame(attempts)
table["received"] = pd.to_datetime(table["received"])
table["share"] = table["points"] / table["of"]
print(f"{name}: {len(table)} attempts at {table['exercise'].nunique()} exercises")""",
    """best = table.groupby("exercise").agg(
    attempts=("points", "size"), best=("share", "max"), hints=("hints", "max")
)
best.sort_values("best").round(2)""",
    """figure, axes = plt.subplots(figsize=(6, 2.6))
axes.plot(table["received"], table["share"].rolling(5, min_periods=1).mean())
axes.set(ylabel="share of the points", ylim=(0, 1.05))
figure.autofmt_xdate()
plt.show()""",
    """figure, axes = plt.subplots(figsize=(6, 2.6))
best["best"].plot.barh(ax=axes)
axes.set(xlabel="best share of the points", ylabel="")
plt.show()""",
    """weeks = table.set_index("received").resample("W")["points"].agg(["count", "sum"])
weeks.tail(8)""",
)


def write_template(path: Path) -> Path:
    """Write the template, and return its path."""
    parameters = new_code_cell('name = ""\nattempts = []', metadata={"tags": ["parameters"]})
    cells = [parameters, new_markdown_cell("## Attempts"), *map(new_code_cell, _CELLS)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def parameters(number: int) -> dict[str, Any]:
    """Return the template's parameters for one student."""
    chance = random.Random(number)  # noqa: S311 - the same data each time
    attempts = [
        {
            "exercise": f"exercise {chance.randrange(12)}",
            "received": (WHEN + timedelta(hours=7 * index)).isoformat(),
            "points": chance.randrange(6),
            "of": 5,
            "hints": chance.randrange(3),
        }
        for index in range(60)
    ]
    return {"name": name_of(number), "attempts": attempts}


def name_of(number: int) -> str:
    """Return the id of a student."""
    return f"student-{number:05}"


def practice_of(root: Path, students: int, attempts: int) -> Practice:
    """Return a new practice with a number of students, and a number of graded attempts of each."""
    practice = create_practice.create_practice(root).practice
    exercises = sorted(path.stem for path in (root / "cards").glob("*.yaml"))
    with practice.store.begin() as tx:
        for number in range(students):
            tx.students.add(Student(name_of(number), f"Student {number}", WHEN))
        for start in range(0, students, 100):
            rows = [
                row
                for number in range(start, min(start + 100, students))
                for row in _attempts(number, attempts, exercises)
            ]
            tx.session.execute(insert(AttemptRow), rows)
    return practice


def _attempts(number: int, count: int, exercises: list[str]) -> Iterator[dict[str, Any]]:
    chance = random.Random(number)  # noqa: S311 - the same data each time
    for index in range(count):
        solved = chance.random() < 0.6
        yield {
            "student_id": name_of(number),
            "exercise_id": exercises[index * len(exercises) // count],
            "sha256": f"{number * 1_000_000 + index:064x}",
            "received_at": WHEN + timedelta(hours=20 * index),
            "source": "bench",
            "hints_used": 0,
            "aided": False,
            "verdict": "graded",
            "results": _results(solved=solved),
            "reason": "",
            "environment": "Python 3.11, sandboxed",
            "made_with": "",
        }


def _results(*, solved: bool) -> list[dict[str, Any]]:
    message = "`total([1, 2])` should give `3`, yours gave `2`"
    made = [
        {"grade_id": f"test-{test}", "points": float(solved or test < 2), "max_points": 1.0, "message": ""}
        for test in range(4)
    ]
    return [{**one, "message": "" if one["points"] else message} for one in made]


def as_said(path: Path) -> str:
    """Return the content of a notebook: sources and outputs, without run counters."""
    nb = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in nb["cells"] if "parameters" not in str(cell["metadata"].get("tags"))]
    for cell in cells:
        for output in cell.get("outputs", ()):
            output.pop("execution_count", None)
    return json.dumps([[cell["source"], cell.get("outputs")] for cell in cells], sort_keys=True)
