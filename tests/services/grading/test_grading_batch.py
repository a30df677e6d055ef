"""Grading, feedback and reports of many: one failure stops no other, and manual grades are kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from toolkit import exercises
from toolkit.domain.attempt import Attempt, Outcome, Verdict
from toolkit.errors import NotFoundError, StorageError
from toolkit.exercises import Course
from toolkit.services.grading import feedback_writer, grading_batch
from toolkit.services.grading.manual_scores import latest_readable_attempts
from toolkit.services.reports import progress_notebooks


def add(practice, student, exercise, data, *, verdict=None, ago=0):
    """Put a submission into the store, with a verdict or waiting for one."""
    at = datetime.now(UTC) - timedelta(minutes=ago)
    attempt = Attempt(student, exercise, practice.keep(data), at, "test")
    with practice.store.begin() as tx:
        kept, _new = tx.attempts.add(attempt)
        if verdict:
            tx.attempts.set_outcome(kept.id, Outcome(verdict))
    return kept


def give(practice, student, exercise, cell, **values):
    """Save a manual grade as the formgrader does."""
    values = {"manual_score": None, "extra_credit": None, **values}
    query = """
        UPDATE grade SET manual_score = ?, extra_credit = ?,
            needs_manual_grade = (? IS NULL AND auto_score IS NULL)
        WHERE id = (
            SELECT g.id FROM grade g JOIN base_cell c ON c.id = g.cell_id
            JOIN submitted_notebook n ON n.id = g.notebook_id
            JOIN submitted_assignment s ON s.id = n.assignment_id JOIN assignment a ON a.id = s.assignment_id
            WHERE s.student_id = ? AND a.name = ? AND c.name = ?)
    """
    score, extra = values["manual_score"], values["extra_credit"]
    with closing(sqlite3.connect(practice.root / "gradebook.db")) as db:
        done = db.execute(query, (score, extra, score, student, exercise, cell))
        assert done.rowcount == 1
        db.commit()


def stored(practice, student, exercise):
    with practice.store.read() as tx:
        found = latest_readable_attempts(
            [a for a in tx.attempts.for_student(student) if a.exercise_id == exercise]
        )
    return found[0]


def points(practice, student, exercise):
    return {r.grade_id: r.points for r in stored(practice, student, exercise).outcome.results}


def in_the_gradebook(practice, student, exercise):
    """Return nbgrader's own score of the submission that it has."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{practice.root / 'gradebook.db'}") as gradebook:
        return gradebook.find_submission(exercise, student).score


def test_unreadable_newer_attempt_keeps_the_earlier_grade(demo_practice):
    """Both attempts are pending; the later one turns out to be unreadable only during grading."""
    data = exercises.student_copy(Course(demo_practice.root), "bus-timetable", "fr", "zoe-lefevre")
    good = add(demo_practice, "zoe-lefevre", "bus-timetable", data, ago=5)
    add(demo_practice, "zoe-lefevre", "bus-timetable", b"torn")
    graded = grading_batch.grade_attempts(demo_practice, student="zoe-lefevre")
    assert sorted(str(one.outcome.verdict) for one in graded) == ["graded", "unreadable"]
    assert stored(demo_practice, "zoe-lefevre", "bus-timetable").id == good.id
    score = in_the_gradebook(demo_practice, "zoe-lefevre", "bus-timetable")
    assert score == sum(points(demo_practice, "zoe-lefevre", "bus-timetable").values())


def test_what_a_person_gives_adds_and_takes_back_is_in_the_store(demo_practice):
    # One that was stopped, one with extra credit on a test, one that waits behind an unreadable one.
    add(demo_practice, "ben-okafor", "name-badges", b"torn", verdict=Verdict.UNREADABLE)
    before = {
        key: points(demo_practice, *key)
        for key in [
            ("zoe-lefevre", "savings-jar"),
            ("zoe-lefevre", "bus-fare"),
            ("ben-okafor", "name-badges"),
        ]
    }
    assert stored(demo_practice, "zoe-lefevre", "savings-jar").outcome.verdict is Verdict.TIMED_OUT
    jar, fare = (next(iter(before["zoe-lefevre", name])) for name in ("savings-jar", "bus-fare"))
    give(demo_practice, "zoe-lefevre", "savings-jar", jar, manual_score=0.5)
    give(demo_practice, "zoe-lefevre", "bus-fare", fare, extra_credit=0.25)
    give(demo_practice, "ben-okafor", "name-badges", "question", manual_score=1.5)
    assert before["ben-okafor", "name-badges"]["question"] is None

    written = feedback_writer.write_feedback(demo_practice)
    assert {(one.student_id, one.exercise_id) for one in written} >= before.keys()
    assert not [one for one in written if one.problem]
    for key in before:
        assert stored(demo_practice, *key).outcome.points == in_the_gradebook(demo_practice, *key), key
    assert points(demo_practice, "zoe-lefevre", "savings-jar")[jar] == 0.5
    was = before["zoe-lefevre", "bus-fare"][fare]
    assert points(demo_practice, "zoe-lefevre", "bus-fare")[fare] == was + 0.25
    assert stored(demo_practice, "ben-okafor", "name-badges").outcome.verdict is Verdict.GRADED

    give(demo_practice, "zoe-lefevre", "savings-jar", jar)
    give(demo_practice, "zoe-lefevre", "bus-fare", fare)
    give(demo_practice, "ben-okafor", "name-badges", "question")
    feedback_writer.write_feedback(demo_practice)
    assert {key: points(demo_practice, *key) for key in before} == before
    assert stored(demo_practice, "ben-okafor", "name-badges").outcome.verdict is Verdict.PARTLY_GRADED


def test_unwritable_page_stops_no_other_and_is_written_next_time(demo_practice):
    """A page that cannot be written stops no other, and is written by the next run."""
    first, second = ("zoe-lefevre", "bus-fare"), ("zoe-lefevre", "savings-jar")
    cells = {key: next(iter(points(demo_practice, *key))) for key in (first, second)}
    for key, cell in cells.items():
        give(demo_practice, *key, cell, manual_score=0.5)
    attempt = stored(demo_practice, *first)
    page = demo_practice.workspace("zoe-lefevre") / "feedback" / f"bus-fare-{attempt.id}.html"
    page.unlink()
    page.mkdir()
    written = {
        one.exercise_id: one for one in feedback_writer.write_feedback(demo_practice, student="zoe-lefevre")
    }
    assert isinstance(written["bus-fare"].problem, StorageError)
    assert written["savings-jar"].problem is None
    assert stored(demo_practice, *first) == attempt, "not before the page is there"
    page.rmdir()
    (again,) = feedback_writer.write_feedback(demo_practice, student="zoe-lefevre")
    assert again == replace(written["bus-fare"], problem=None)
    assert points(demo_practice, *first)[cells[first]] == 0.5


def test_no_worker_where_there_is_nothing_to_do(demo_practice, monkeypatch):
    monkeypatch.setattr(exercises, "WorkerPool", None)
    assert (
        feedback_writer.write_feedback(demo_practice, student="ben-okafor", exercise="recipe-cupboard") == []
    )


def test_one_student_without_a_path_stops_nobody_s_report(demo_practice):
    with demo_practice.store.begin() as tx:
        tx.students.save(replace(tx.students.get("ben-okafor"), path="gone"))
    written = {
        one.student_id: one.problem for one in progress_notebooks.write_progress_notebooks(demo_practice)
    }
    assert isinstance(written.pop("ben-okafor"), NotFoundError)
    assert written == {"aicha-benali": None, "zoe-lefevre": None}
