"""An exercise is recognised without complete nbgrader metadata, and its cells are found again."""

from __future__ import annotations

import json

import pytest

from toolkit.domain.attempt import Verdict
from toolkit.exercises import GradingResult, grade_jobs, identify_submission, parse_submission
from toolkit.exercises.course.notebook import grade_id
from toolkit.exercises.grading.visible_tests import try_visible_tests
from toolkit.exercises.submission.restore_metadata import restore_metadata

RIGHT = {"words": "def words():\n    return len(TEXT.read_text().split())", "why": "It counts letters."}


@pytest.fixture
def stripped(answer):
    """Return an answered notebook without nbgrader's metadata and with only some other marks left."""

    def _stripped(*left: str) -> bytes:
        nb = json.loads(answer("say-why", RIGHT))
        nb["metadata"] = {}
        for index, cell in enumerate(nb["cells"]):
            cell["metadata"] = {}
            if "ids" not in left:
                cell["id"] = f"cell-{index}"
        if "texts" not in left:
            nb["cells"] = [c for c in nb["cells"] if "".join(c["source"]) in {RIGHT["words"], RIGHT["why"]}]
        return json.dumps(nb).encode()

    return _stripped


@pytest.mark.parametrize("left", [("ids", "texts"), ("ids",), ("texts",), ()])
def test_the_exercise_is_recognised(course, stripped, left):
    submission = parse_submission(stripped(*left), require_marks=False)
    assert submission.grade_ids == frozenset()
    assert identify_submission(course, submission, "homework.ipynb").exercise == "say-why"


@pytest.mark.parametrize("left", [("ids", "texts"), ("ids",), ("texts",), ()])
def test_the_answers_are_found_again(course, stripped, left):
    nb = parse_submission(stripped(*left), require_marks=False).notebook
    restored = restore_metadata(nb, course.released("say-why"))
    found = {grade_id(cell): cell["source"] for cell in restored["cells"] if grade_id(cell) in RIGHT}
    assert found == RIGHT
    assert not any(map(grade_id, nb["cells"])), "the notebook itself is not changed"


def test_marks_of_another_course_are_no_hindrance(course, answer):
    nb = json.loads(answer("say-why", RIGHT))
    nb["metadata"] = {}
    for index, cell in enumerate(nb["cells"]):
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] = f"cell-{index:016x}"
    submission = parse_submission(json.dumps(nb).encode())
    assert identify_submission(course, submission, "homework.ipynb").exercise == "say-why"
    restored = restore_metadata(submission.notebook, course.released("say-why"))
    found = {grade_id(cell): cell["source"] for cell in restored["cells"] if grade_id(cell) in RIGHT}
    assert found == RIGHT


def test_another_notebook_is_not_taken_for_the_exercise(course):
    cells = [
        {
            "cell_type": "markdown",
            "id": "a",
            "metadata": {},
            "source": "# Shopping list\n\nFlour, eggs, milk",
        },
        {"cell_type": "code", "id": "b", "metadata": {}, "source": "x = 1"},
    ]
    released = course.released("say-why")
    assert restore_metadata({"cells": cells, "metadata": {}}, released) is None


def test_such_a_notebook_is_graded_and_checked(course, workers, stripped, job):
    jobs = [job(f"bare-{len(left)}", "say-why", stripped(*left)) for left in (("texts",), ("ids", "texts"))]
    for done, result in grade_jobs(course, jobs, executor=workers):
        assert isinstance(result, GradingResult)
        assert result.outcome.verdict is Verdict.PARTLY_GRADED, done
        assert {one.grade_id: one.points for one in result.outcome.results} == {"test-words": 1, "why": None}
    submission = parse_submission(stripped("texts"), require_marks=False)
    assert all(one.passed for one in try_visible_tests(course, "say-why", submission))
