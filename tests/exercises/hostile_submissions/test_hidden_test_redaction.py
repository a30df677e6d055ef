"""Feedback hides the hidden tests, even from code that saw them, and for student names of any form."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.exercises.hostile_submissions.secret_revealing_code import AFTERWARDS, TELLS
from toolkit.domain.people import Student
from toolkit.exercises import Course, GradingResult, record_result, render_feedback
from toolkit.exercises.grading.hidden_test_redaction import build_redactor

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SECRETS = ("got=total([10,-4,7])", "asserttotal", "assertgot==13", "assertgot==0")
NAME = "e\u0301 \u202egpj.ana\u202c 王小明 ليلى 🎓 <b>x</b>\n&amp; {{ 7 * 7 }} {% raw %}"


@pytest.fixture(scope="module")
def pages(bad_course, results, workers, tmp_path_factory):
    """The page of every case that prints hidden tests, and its record."""
    course = Course(Path(shutil.copytree(bad_course.root, tmp_path_factory.mktemp("told") / "course")))
    found = {}
    for name, result in results.items():
        if name.startswith("tells/"):
            record_result(course, result.job, result.graded, executor=workers)
            student = Student(result.job.student_id, NAME, SINCE, language="en")
            found[name] = render_feedback(course, student, "add-up", result.outcome, executor=workers)
    return found


@pytest.mark.parametrize("name", [*AFTERWARDS, *TELLS])
def test_hidden_tests_stay_hidden(pages, results, name):
    result = results[f"tells/{name}"]
    assert isinstance(result.graded, GradingResult)
    text = BeautifulSoup(pages[f"tells/{name}"], "html.parser").get_text()
    plain = re.sub(r"[\s\\]+", "", text).replace('"', "'")
    for secret in SECRETS:
        assert secret not in plain
    # What the author says of the values is meant to be read; nothing else may have them.
    theirs = "`total([10, -4, 7])` should give `13`"
    assert "10,-4,7" not in plain.replace("total([10,-4,7])shouldgive13", "")
    for each in result.outcome.results:
        assert "[10, -4, 7]" not in each.message.replace(theirs, "")
        assert not any(secret in re.sub(r"\s+", "", each.message) for secret in SECRETS)
        assert each.message


def test_what_was_put_out_before_the_tests_is_shown(pages):
    page = pages["tells/a line before"]
    assert "[1, 2, 3] before the tests" in page
    assert "there is a hidden test in it" not in page


def test_any_name_is_text(pages):
    page = BeautifulSoup(pages["tells/In"], "html.parser")
    who = page.find(class_="who")
    assert who.find("b") is None
    assert "王小明 ليلى 🎓 <b>x</b>" in who.text
    assert "{{ 7 * 7 }}" in who.text


def test_values_of_hidden_tests():
    def cell(source: str, **marks: object) -> dict:
        marks = {"grade": True, "solution": False, "grade_id": "t", **marks}
        return {"cell_type": "code", "source": source, "metadata": {"nbgrader": marks}}

    source = (
        "assert f([1, 2]) == 3\n### BEGIN HIDDEN TESTS\n"
        "assert f([3, 4, 5]) == 'banana', 'Try three numbers.'\n"
        "assert f({'a': 1}, x=-12.75) == 3\n    ### END HIDDEN TESTS\nassert f('open') == 7"
    )
    found = build_redactor([cell(source)])
    assert found.values == {"[3,4,5]", "'banana'", "{'a':1}", "-12.75"}
    assert found.shows_hidden_values("KeyError: [3,  4,\n 5]")
    assert found.shows_hidden_values('got "banana"')
    assert not found.shows_hidden_values("Try three numbers. f([1, 2]) 'open'")
    assert found.quotes_hidden_lines(
        "In[3] = \"assert f([3, 4, 5]) == \\'banana\\', \\'Try three numbers.\\'\""
    )
    assert not found.quotes_hidden_lines("[3, 4, 5]")
    assert build_redactor([cell(source, solution=True)]) == build_redactor([])
    assert (
        build_redactor([cell("### BEGIN HIDDEN TESTS\nthis is (no python\n### END HIDDEN TESTS")]).values
        == set()
    )
