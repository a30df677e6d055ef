"""Grading by hand in a notebook: grades saved here are in nbgrader's gradebook, and the reverse."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from toolkit import exercises
from toolkit.desk import Review
from toolkit.domain.attempt import Attempt, Verdict
from toolkit.errors import InputError, NotFoundError, PracticeBusyError, StateError
from toolkit.exercises import Course, insert_answers, student_copy
from toolkit.exercises.grading.difference import line_difference
from toolkit.services.grading import feedback_writer, grading_batch, manual_review

BEN = ("ben-okafor", "name-badges")
HOSTILE = (
    "Because **capitals** <script>alert(1)</script><img src=x onerror=alert(1)> <a href='javascript:x'>l</a>"
)


@pytest.fixture(scope="module")
def workers():
    with exercises.WorkerPool(1) as one:
        yield one


@pytest.fixture
def desk(demo_practice, workers):
    made = []

    def sit(**scope):
        made.append(Review(demo_practice, language="en", executor=workers, **scope))
        return made[-1]

    yield sit
    for widget in made:
        widget.close()


def cell(widget, name):
    return next(one for one in widget.sheet["cells"] if one["name"] == name)


def outcome(practice, student=BEN[0], exercise=BEN[1]):
    with practice.store.read() as tx:
        return [a.outcome for a in tx.attempts.for_student(student) if a.exercise_id == exercise][-1]


def in_the_gradebook(practice, cell):
    """Return manual points, whether grading is pending, and the comment, as nbgrader's Gradebook has them."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{practice.root / 'gradebook.db'}") as gradebook:
        notebook = gradebook.find_submission(BEN[1], BEN[0]).notebooks[0]
        grade = next(g for g in notebook.grades if g.name == cell)
        comment = next((c.manual_comment for c in notebook.comments if c.name == cell), None)
        return grade.manual_score, grade.needs_manual_grade, comment


def exported(practice):
    bin_ = Path(sys.executable).parent
    done = subprocess.run(
        [bin_ / "nbgrader", "export", "--to", "grades.csv"],
        cwd=practice.root,
        env={**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with (practice.root / "grades.csv").open() as stream:
        return {(row["student_id"], row["assignment"]): float(row["score"]) for row in csv.DictReader(stream)}


def ask(widget, *, go="", points=None, comments=None, attempt=None):
    """Send a request as the page does."""
    token = widget.touched["token"] + 1
    request = {
        "n": token,
        "attempt": widget.sheet.get("attempt") if attempt is None else attempt,
        "go": go,
        "points": points or {},
        "comments": comments or {},
    }
    widget.set_state({"request": request, "touched": {"token": token, "ids": []}})
    assert widget.answered == token


def in_the_formgrader(practice, cell, score, comment):
    """Save a grade as the formgrader does."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{practice.root / 'gradebook.db'}") as gradebook:
        notebook = gradebook.find_submission(BEN[1], BEN[0]).notebooks[0]
        for one in notebook.grades:
            if one.name == cell:
                one.manual_score = score
                one.needs_manual_grade = score is None and one.auto_score is None
        for one in notebook.comments:
            if one.name == cell:
                one.manual_comment = comment
        gradebook.db.commit()


def hand_in(practice, answers, *, ago=0):
    data = insert_answers(student_copy(Course(practice.root), BEN[1], "en", BEN[0]), answers)
    at = datetime.now(UTC) - timedelta(minutes=ago)
    with practice.store.begin() as tx:
        tx.attempts.add(Attempt(*BEN, practice.keep(data), at, "test"))
    return grading_batch.grade_attempts(practice, student=BEN[0])


def test_what_is_saved_here_nbgrader_and_the_store_have(desk, demo_practice, workers):
    feedback_writer.write_feedback(demo_practice, student=BEN[0], exercise=BEN[1])
    widget = desk()
    assert (widget.sheet["student"], widget.place) == ("Ben Okafor", {"n": 1, "total": 1, "waiting": 1})
    assert (cell(widget, "question")["state"], cell(widget, "question")["points"]) == ("waiting", None)
    before = {c["name"]: c["points"] for c in widget.sheet["cells"] if c["kind"] == "test"}
    ask(widget, points={"question": [None, 1.5]}, comments={"question": ["", "Say it in *two* sentences."]})
    assert (widget.error, bool(widget.saved)) == ("", True)
    assert in_the_gradebook(demo_practice, "question") == (1.5, False, "Say it in *two* sentences.")
    assert outcome(demo_practice).verdict is Verdict.GRADED
    assert exported(demo_practice)[BEN] == outcome(demo_practice).points == sum(before.values()) + 1.5
    with demo_practice.store.read() as tx:
        assert [one.text for one in tx.remarks.on([BEN[1]])] == ["Say it in *two* sentences."]
    assert cell(widget, "question")["given"] == 1.5
    assert widget.place["waiting"] == 0
    # The page that the student has is written anew, once.
    (written,) = feedback_writer.write_feedback(demo_practice, student=BEN[0], exercise=BEN[1])
    assert "Say it in <em>two</em> sentences." in written.page.read_text()
    assert feedback_writer.write_feedback(demo_practice, student=BEN[0], exercise=BEN[1]) == []
    assert manual_review.pending_reviews(demo_practice, executor=workers) == []
    (named,) = manual_review.pending_reviews(demo_practice, *BEN, executor=workers)
    assert not named.waits


def test_formgrader_grades_are_shown_and_not_overwritten_unseen(desk, demo_practice):
    """Grades from the formgrader are shown, and not overwritten before the mentor has seen them."""
    widget = desk()
    in_the_formgrader(demo_practice, "question", 1.0, "From the formgrader")
    ask(widget, points={"question": [None, 2]}, comments={"question": ["", "Mine"]})
    assert "Meanwhile" in widget.error
    assert widget.saved == ""
    assert in_the_gradebook(demo_practice, "question") == (1.0, False, "From the formgrader")
    shown = cell(widget, "question")
    assert (shown["given"], shown["comment"]) == (1.0, "From the formgrader")
    ask(widget, points={"question": [1.0, 2]}, comments={"question": ["From the formgrader", "Mine"]})
    assert in_the_gradebook(demo_practice, "question") == (2.0, False, "Mine")
    ask(widget, points={"question": [2.0, None]}, comments={"question": ["Mine", " "]})
    assert in_the_gradebook(demo_practice, "question") == (None, True, None)
    assert outcome(demo_practice).verdict is Verdict.PARTLY_GRADED
    assert cell(desk(), "question")["state"] == "waiting"


def test_points_that_cannot_be_are_refused(desk, demo_practice):
    widget = desk()
    for wanted in (-0.5, 2.5, float("nan"), float("inf"), "1", True, [1]):
        ask(widget, points={"question": [None, wanted]}, comments={"question": ["", "kept back too"]})
        assert widget.error.startswith("Not saved. "), wanted
    assert in_the_gradebook(demo_practice, "question") == (None, True, None)
    assert outcome(demo_practice).verdict is Verdict.PARTLY_GRADED


def test_requests_of_any_form_are_answered(desk, demo_practice):
    widget = desk()
    shown = widget.sheet
    ask(widget, points={"nothing": [None, 1]})
    assert "no cell 'nothing'" in widget.error
    ask(widget, comments={"question": ["", "half a pair \ud800"]})
    assert "no file can hold" in widget.error
    ask(widget, comments={"question": ["", "x" * 20_001]})
    assert "20000" in widget.error
    ask(widget, points={"question": [None, 1]}, attempt=99)
    assert "Another page" in widget.error
    for request in ({"points": 1}, {"points": {"question": 1}}, {"go": ["next"]}, {}):
        token = widget.touched["token"] + 1
        widget.set_state({"request": request, "touched": {"token": token, "ids": []}})
        assert widget.error == ""
    assert widget.sheet == shown
    with demo_practice.writing("mentor grade"):
        ask(widget, points={"question": [None, 1]})
        assert "mentor grade" in widget.error
        with pytest.raises(PracticeBusyError):
            widget.save({"question": 1})
    widget.save({"question": 1}, {"question": "Good"})
    with pytest.raises(InputError):
        widget.save({"other": 1})
    assert in_the_gradebook(demo_practice, "question") == (1.0, False, "Good")


def test_a_newer_attempt_is_compared_with_the_one_before(desk, demo_practice, workers):
    widget = desk()
    widget.save({"question": 2})
    old = widget.sheet
    hand_in(demo_practice, {"badge": "def badge(full_name):\n    return full_name", "question": HOSTILE})
    ask(widget, points={"question": [2.0, 1]})
    assert "another submission" in widget.error
    widget.refresh()
    assert widget.sheet["attempt"] != old["attempt"]
    assert widget.sheet["earlier"] == old["received"]
    badge, question = cell(widget, "badge"), cell(widget, "question")
    assert ["added", "    return full_name"] in [list(line) for line in badge["difference"]]
    assert "removed" in {what for what, _text in badge["difference"]}
    # nbgrader's rule: what a person gave stays, and is to be looked at again.
    assert (question["given"], question["state"]) == (2.0, "waiting")
    for text in ("<script", "alert", "onerror", "javascript", "src="):
        assert text not in question["html"]
    assert "<strong>capitals</strong>" in question["html"]
    assert "&lt;script" in widget.to_html()
    assert "expected" in cell(widget, "test-initial")["message"]
    widget.save({"question": 2})
    assert in_the_gradebook(demo_practice, "question")[:2] == (2.0, False)
    assert manual_review.pending_reviews(demo_practice, executor=workers) == []


def test_from_one_to_the_next_and_back(desk, demo_practice):
    with closing(sqlite3.connect(demo_practice.root / "gradebook.db")) as db:
        db.execute("UPDATE grade SET needs_manual_grade = 1 WHERE id = (SELECT g.id FROM grade g "
                   "JOIN submitted_notebook n ON n.id = g.notebook_id "
                   "JOIN submitted_assignment s ON s.id = n.assignment_id "
                   "WHERE s.student_id = 'zoe-lefevre' LIMIT 1)")  # fmt: skip
        db.commit()
    widget = desk()
    assert widget.place == {"n": 1, "total": 2, "waiting": 2}
    first = widget.sheet["attempt"]
    given = {c["name"]: [c["given"], c["max_points"]] for c in widget.sheet["cells"] if c["by_hand"]}
    ask(widget, go="next", points=given)
    assert widget.sheet["attempt"] != first
    assert widget.place == {"n": 2, "total": 2, "waiting": 1}
    ask(widget, go="next")
    assert widget.place["n"] == 2
    ask(widget, go="previous", comments={"nothing": ["", "x"]})
    assert widget.place["n"] == 2, "what could not be saved is not left behind"
    ask(widget, go="previous")
    assert widget.sheet["attempt"] == first
    assert desk(student="zoe").place["total"] + desk(student="ben").place["total"] == 1


def test_nothing_waits_and_nobody_is_there(desk, demo_practice):
    widget = desk(student="aicha")
    assert (widget.sheet, widget.error) == ({}, "")
    assert "Nothing waits for you." in widget.to_html()
    ask(widget, go="next")
    with pytest.raises(StateError):
        widget.save()
    assert "'nobody'" in desk(student="nobody").error
    with pytest.raises(NotFoundError):
        manual_review.pending_reviews(demo_practice, exercise="nothing")


def test_the_notebook_lies_on_the_desk_and_stays_as_it_is(demo_practice):
    written = manual_review.write_review_notebook(demo_practice, *BEN)
    assert written.path == demo_practice.root / "desk" / "review.ben-okafor.name-badges.ipynb"
    source = json.loads(written.path.read_text())["cells"][1]["source"]
    assert "Review(student='ben-okafor', exercise='name-badges')" in source
    written.path.write_text("mine")
    assert manual_review.write_review_notebook(demo_practice, *BEN) == replace(written, new=False)
    assert written.path.read_text() == "mine"
    assert manual_review.write_review_notebook(demo_practice).path.name == "review.ipynb"


def test_a_difference_has_every_line():
    assert line_difference("", "") == ()
    assert line_difference("a", "a") == (("same", "a"),)
    assert line_difference("x\n" * 1500, "y\n" * 1500) == ()


def test_without_a_gradebook_nothing_waits(tmp_path):
    assert exercises.pending_manual_grades(Course(tmp_path)) == set()


def test_a_judgement_belongs_to_the_answer_that_it_was_made_on(desk, demo_practice, workers):
    """Points and comment for an old answer neither count for the new one nor appear on the student's page."""
    first = desk()
    ask(first, points={"question": [None, 2]}, comments={"question": ["", "All of it is right."]})
    judged = outcome(demo_practice)
    hand_in(demo_practice, {"question": "Something quite different."})
    now = outcome(demo_practice)
    assert {one.grade_id: one.points for one in now.results}["question"] is None
    assert now.verdict is Verdict.PARTLY_GRADED
    (written,) = feedback_writer.write_feedback(demo_practice, student=BEN[0], exercise=BEN[1])
    page = written.page.read_text()
    assert "All of it is right." not in page
    assert "to be looked at" in page
    shown = cell(desk(), "question")
    assert (shown["given"], shown["points"], shown["state"]) == (2.0, None, "waiting")
    assert "earlier answer" in shown["remark"]
    with demo_practice.store.read() as tx:
        attempts = [one for one in tx.attempts.for_student(BEN[0]) if one.exercise_id == BEN[1]]
    assert judged in [one.outcome for one in attempts], "the old answer keeps what it was given"


def test_what_the_formgrader_gave_stays_with_its_answer(demo_practice):
    in_the_formgrader(demo_practice, "question", 1.5, "Good")
    hand_in(demo_practice, {"question": "Another answer."})
    with demo_practice.store.read() as tx:
        attempts = [one for one in tx.attempts.for_student(BEN[0]) if one.exercise_id == BEN[1]]
    points = [{r.grade_id: r.points for r in one.outcome.results}["question"] for one in attempts[-2:]]
    assert points == [1.5, None]
