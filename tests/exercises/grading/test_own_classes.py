"""Exercises about classes, graded in a real kernel: only the class's own methods can compare its values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import nbformat
import pytest

from toolkit.domain.attempt import Verdict
from toolkit.exercises import Course, GradingJob, WorkerPool, grade_jobs, init_course
from toolkit.exercises.course.notebook import dump_notebook

SOLUTION = """class Money:
    ### BEGIN SOLUTION
    def __init__(self, amount):
        self.amount = amount
    def __eq__(self, other):
        return self.amount == getattr(other, "amount", other)
    def __lt__(self, other):
        return self.amount < getattr(other, "amount", other)
    def __add__(self, other):
        return Money(self.amount + other.amount)
    ### END SOLUTION"""
TESTS = """assert Money(2) + Money(3) == 5, "2 and 3 are 5"
assert Money(2) < 3
### BEGIN HIDDEN TESTS
assert [Money(7), Money(8)] == [7, 8]
assert Money(40) + Money(2) == 42
### END HIDDEN TESTS"""
PLAIN = "assert twice(4) == 8\n### BEGIN HIDDEN TESTS\nassert twice(21) == 42\n### END HIDDEN TESTS"
TWICE = "def twice(number):\n    ### BEGIN SOLUTION\n    return 2 * number\n    ### END SOLUTION"

RIGHT = SOLUTION.replace("Money:", "Money:\n    # In another way.")
INT = """class Money(int):
    def __add__(self, other):
        return Money(int(self) + int(other))"""
ANYTHING = """class Money:
    def __init__(self, amount): pass
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    def __add__(self, other): return self"""
SPY = """import builtins
class Spy:
    def __eq__(self, other):
        print("seen", other)
        return True
def twice(number):
    return Spy()"""


def cell(source: str, name: str, points: float = 0) -> nbformat.NotebookNode:
    """Return an answer cell, or a test cell with so many points."""
    nbgrader = {"schema_version": 3, "grade_id": name, "solution": not points, "grade": points > 0}
    nbgrader |= {"locked": points > 0, "task": False} | ({"points": points} if points else {})
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": nbgrader})


def notebook(money: str, twice: str) -> nbformat.NotebookNode:
    cells = [
        cell(money, "money"),
        cell(TESTS, "test-money", 4),
        cell(twice, "twice"),
        cell(PLAIN, "test-twice", 2),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture(scope="module")
def grade(tmp_path_factory: pytest.TempPathFactory, workers: WorkerPool) -> Callable[[str, str], tuple]:
    """Return a function that grades two answers: points of both, messages, the graded file."""
    course = Course(tmp_path_factory.mktemp("classes"))
    init_course(course.root)
    source = course.root / "source/money/money.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(notebook(SOLUTION, TWICE), source)

    def grade(money: str = SOLUTION, twice: str = TWICE) -> tuple[list[float | None], str, str]:
        job = GradingJob("1", "zoe", "money", dump_notebook(notebook(money, twice)), datetime.now(UTC))
        ((_job, result),) = grade_jobs(course, [job], executor=workers)
        assert result.outcome.verdict is Verdict.GRADED
        said = " ".join(one.message for one in result.outcome.results)
        return [one.points for one in result.outcome.results], said, result.notebooks[0].autograded.decode()

    return grade


def test_a_right_class_has_all_points(grade):
    assert grade(RIGHT)[0] == [4, 2]
    assert grade(INT)[0] == [4, 2]


def test_a_class_that_equals_anything_has_none(grade):
    points, said, _printed = grade(ANYTHING)
    assert points == [0, 2]
    assert "2 and 3 are 5" in said or "compares as right" in said


def test_a_wrong_class_has_the_message_of_the_test(grade):
    points, said, _printed = grade(RIGHT.replace("+ other.amount", "- other.amount"))
    assert points == [0, 2]
    assert "2 and 3 are 5" in said


def test_where_plain_data_is_expected_an_object_is_not_asked(grade):
    """The object's methods would see the numbers of the hidden tests."""
    points, _said, autograded = grade(twice=SPY)
    assert points == [4, 0]
    assert "seen" not in autograded.replace('print(\\"seen\\"', "")
