"""A stub is no leak; the solution that the stub replaced is one."""

from __future__ import annotations

import json
import shutil

import pytest

from toolkit.exercises import release_exercise, student_copy
from toolkit.exercises.course.answer_stubs import CONVENTIONAL_STUBS, Conventions, is_stub, read_conventions
from toolkit.exercises.course.leaks import find_leaks
from toolkit.exercises.course.notebook import load_notebook

CONFIG = """
c = get_config()
c.ClearSolutions.begin_solution_delimeter = "VVVV"
c.ClearSolutions.end_solution_delimeter = "AAAA"
c.ClearSolutions.code_stub = {"python": "# Here you write\\nraise SystemError('nothing yet')"}
c.ClearSolutions.text_stub = "Please write here, two sentences will do."
c.ClearHiddenTests.begin_test_delimeter = "SECRET FROM HERE"
c.ClearHiddenTests.end_test_delimeter = "SECRET TO HERE"
"""


def cell(source, *, kind="markdown", solution=True):
    marks = {"grade_id": "a", "solution": solution, "grade": True, "points": 1, "locked": not solution}
    return {
        "cell_type": kind,
        "id": "a",
        "source": source,
        "metadata": {"nbgrader": {**marks, "schema_version": 3, "task": False}},
        **({"outputs": [], "execution_count": None} if kind == "code" else {}),
    }


def nb(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.mark.parametrize("stub", CONVENTIONAL_STUBS)
@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_a_stub_that_the_source_has_too_is_no_leak(stub, kind):
    assert find_leaks(nb(cell(stub, kind=kind)), nb(cell(stub, kind=kind))) == ()


def test_a_line_of_a_stub_in_a_solution_is_no_leak():
    solution = "class Shape:\n    def area(self):\n        raise NotImplementedError()"
    source = nb(cell(f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION", kind="code"))
    stub = "# YOUR CODE HERE\nraise NotImplementedError()"
    assert find_leaks(source, nb(cell(stub, kind="code"))) == ()
    (found,) = find_leaks(source, nb(cell(f"{stub}\nclass Shape:\n    pass", kind="code")))
    assert "class Shape" in found


def test_an_answer_that_is_no_stub_is_a_leak():
    answer = "Because it counts letters."
    assert find_leaks(nb(cell(answer)), nb(cell(answer)))
    assert not is_stub(answer)
    assert find_leaks(nb(cell(answer)), nb(cell(answer)), Conventions(stubs=(answer,))) == ()


def test_a_course_with_delimiters_and_stubs_of_its_own(make_course, tmp_path, workers):
    course = make_course(tmp_path / "course")
    (course.root / "nbgrader_config.py").write_text(CONFIG)
    shutil.rmtree(course.root / "source")
    place = course.root / "source" / "own"
    place.mkdir(parents=True)
    solution = "### VVVV\ndef double(number):\n    return 2 * number\n### AAAA"
    test = "assert double(1) == 2\n### SECRET FROM HERE\nassert double(-17) == -34\n### SECRET TO HERE"
    question = cell("Please write here, two sentences will do.")
    question["metadata"]["nbgrader"]["grade_id"] = question["id"] = "why"
    code = cell(solution, kind="code")
    code["metadata"]["nbgrader"] |= {"grade": False, "grade_id": "double"}
    del code["metadata"]["nbgrader"]["points"]
    code["id"] = "double"
    tested = cell(test, kind="code", solution=False)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    source = {**nb(code, tested, question), "metadata": {"kernelspec": kernel}}
    (place / "own.ipynb").write_text(json.dumps(source))
    release_exercise(course, "own", executor=workers)
    given = json.loads(student_copy(course, "own", "en", "ana"))
    text = json.dumps(given)
    assert "-34" not in text
    assert "2 * number" not in text
    assert "nothing yet" in text
    conventions = read_conventions(course.root)
    assert conventions.solution == ("VVVV", "AAAA")
    # Without the course's delimiters the hidden test would not be known as one.
    leaking = load_notebook(place / "own.ipynb")
    assert find_leaks(leaking, leaking, conventions)
