"""Faults in an exercise's structure are reported in plain words, before nbgrader reads the exercise."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from toolkit.domain.learning_path import Card, LearningPath
from toolkit.exercises import Course
from toolkit.exercises.authoring.quality_check import unknown_references
from toolkit.exercises.authoring.structure_check import notebook_problems

GOOD = Path(__file__).parents[1] / "sample_course"
TWO = {"en": "Two", "fr": "Deux"}


@pytest.fixture
def source() -> dict:
    nb = json.loads((GOOD / "source" / "add-up" / "add-up.ipynb").read_text())
    for cell in nb["cells"]:
        cell["source"] = "".join(cell["source"])
    return nb


def cell(nb: dict, name: str) -> dict:
    return next(c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


def said(nb: dict) -> str:
    return "\n".join(text for level, text in notebook_problems(nb, "add-up", own=True) if level == "error")


def test_a_sound_exercise_is_not_spoken_of(source):
    assert said(source) == ""
    cell(source, "total")["source"] = "%time 1\ntotal = sum"
    assert said(source) == "", "IPython's own"


@pytest.mark.parametrize("points", ["two", -2, None])
def test_points_that_are_none(source, points):
    cell(source, "test-sum")["metadata"]["nbgrader"]["points"] = points
    assert f"Cell 'test-sum' is worth {points!r} points" in said(source)


def test_a_region_without_an_end(source):
    test = cell(source, "test-sum")
    test["source"] += "\n### BEGIN HIDDEN TESTS\nassert total([1]) == 1"
    assert "In 'test-sum' each 'BEGIN HIDDEN TESTS' should have its 'END HIDDEN TESTS'." in said(source)


def test_an_answer_that_is_no_python(source):
    cell(source, "total")["source"] = "def total(numbers:\n    pass"
    assert "Cell 'total' is no Python, line 1: " in said(source)
    source["metadata"]["kernelspec"] = {"name": "ir", "language": "R"}
    assert said(source) == ""


def test_skills_and_exercises_that_nobody_knows(tmp_path):
    course = Course(Path(shutil.copytree(GOOD, tmp_path / "course")))
    card = Card(id="add-up", title=TWO, skills=["sums"], minutes=5, prerequisites=["say-why", "nope"])
    (nope,) = unknown_references(course, card)
    assert "'nope'" in nope
    skill = {"id": "loops", "title": TWO}
    path = LearningPath(
        id="mine", version=1, title=TWO, milestones=[{"id": "one", "title": TWO, "skills": [skill]}]
    )
    (course.root / "paths").mkdir()
    (course.root / "paths" / "mine.yaml").write_text(path.model_dump_json())
    assert any("Skill 'sums' is on no path" in text for text in unknown_references(course, card))
    (course.root / "paths" / "mine.yaml").write_text("id: [")
    assert list(unknown_references(course, card)) == [nope], "a path that cannot be read is no reason"
