"""A changed exercise or grader makes exactly its own grades out of date."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta

import pytest

from toolkit import exercises
from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.exercises import Course, compute_grading_fingerprint
from toolkit.exercises.course.notebook import dump_notebook, load_notebook
from toolkit.services.grading import grading_batch


@pytest.fixture
def two(demo_practice):
    """Two attempts of one exercise and one of another, graded."""
    for student, exercise in [("zoe-lefevre", "bus-timetable"), ("ben-okafor", "bus-timetable")]:
        data = exercises.student_copy(Course(demo_practice.root), exercise, "en", student)
        put(demo_practice, student, exercise, data)
    graded = grading_batch.grade_attempts(demo_practice, exercise="bus-timetable")
    assert {one.outcome.verdict for one in graded} == {Verdict.GRADED}
    return demo_practice


def put(practice, student, exercise, data, *, outcome=None, ago=0):
    at = datetime.now(UTC) - timedelta(minutes=ago)
    with practice.store.begin() as tx:
        kept, _new = tx.attempts.add(
            Attempt(student, exercise, practice.keep(data), at, "test", outcome=outcome)
        )
    return kept


def touch(practice, exercise, text="\nA line that changes no grade."):
    path = practice.root / "source" / exercise / f"{exercise}.ipynb"
    nb = load_notebook(path)
    nb["cells"][0]["source"] += "\nA line that changes no grade."
    path.write_bytes(dump_notebook(nb))


def test_changed_exercise_outdates_only_its_own_grades(two):
    """A changed exercise makes only its own grades out of date."""
    assert grading_batch.outdated_attempts(two) == []
    assert grading_batch.grade_attempts(two, changed=True) == []
    touch(two, "bus-timetable")
    stale = grading_batch.outdated_attempts(two)
    assert len(stale) == 2
    assert grading_batch.outdated_attempts(two, exercise="bus-fare") == []
    assert grading_batch.grade_attempts(two) == [], "said, not done behind the mentor's back"
    (one,) = grading_batch.grade_attempts(two, changed=True, student="zoe-lefevre")
    assert sorted([*grading_batch.outdated_attempts(two), one.attempt.id]) == stale
    assert len(grading_batch.grade_attempts(two, changed=True)) == 1
    assert grading_batch.outdated_attempts(two) == []


def test_another_grader_makes_grades_out_of_date(two, monkeypatch):
    before = compute_grading_fingerprint(Course(two.root), "bus-timetable")
    monkeypatch.setattr(
        importlib.import_module("toolkit.exercises.course.grading_fingerprint"), "GRADER_VERSION", 99
    )
    assert compute_grading_fingerprint(Course(two.root), "bus-timetable") != before
    assert len(grading_batch.outdated_attempts(two, exercise="bus-timetable")) == 2


def test_touching_files_changes_nothing(two):
    before = compute_grading_fingerprint(Course(two.root), "bus-timetable")
    for path in (two.root / "source" / "bus-timetable").iterdir():
        path.touch()
    assert compute_grading_fingerprint(Course(two.root), "bus-timetable") == before


def test_an_exercise_that_is_gone_makes_no_noise(two):
    (two.root / "source" / "bus-timetable").rename(two.root / "away")
    assert grading_batch.outdated_attempts(two) == []


def test_of_a_thousand_unchanged_none_is_graded_again(two):
    results = tuple(TestResult(f"test-{n}", 1.0, 1.0) for n in range(6))
    outcome = Outcome(
        Verdict.GRADED, results, made_with=compute_grading_fingerprint(Course(two.root), "bus-timetable")
    )
    at = datetime.now(UTC) - timedelta(days=1)
    with two.store.begin() as tx:
        for n in range(1000):
            attempt = Attempt("zoe-lefevre", "bus-timetable", f"{n:064x}", at, "test", outcome=outcome)
            tx.attempts.add(attempt)
    assert grading_batch.grade_attempts(two) == []
    assert grading_batch.outdated_attempts(two) == []
    assert grading_batch.grade_attempts(two, changed=True) == []
