"""Regrading one question changes its points and no others."""

from __future__ import annotations

import pytest

from tests.services.grading.test_grading_batch import give, in_the_gradebook, points, stored
from toolkit.domain.attempt import Outcome, TestResult, Verdict
from toolkit.errors import InputError, NotFoundError, StateError
from toolkit.services.grading import feedback_writer, grading_batch
from toolkit.services.grading.regrade_question import attempts_with_question, merge_question_result

BEN = ("ben-okafor", "name-badges")


def test_only_that_question_changes_and_what_a_person_gave_stays(demo_practice):
    give(demo_practice, *BEN, "question", manual_score=1.5)
    give(demo_practice, *BEN, "test-spaces", manual_score=0.5)
    feedback_writer.write_feedback(demo_practice, student=BEN[0], exercise=BEN[1])
    before = points(demo_practice, *BEN)
    assert before["test-initial"] == 2
    # The author hardens two tests; one of them is graded anew.
    path = demo_practice.root / "source" / "name-badges" / "name-badges.ipynb"
    text = path.read_text()
    for name in ("Ada Lovelace", "Alan Turing"):
        marked = f'"got = badge(\\"{name}\\")\\n",\n'
        assert marked in text
        text = text.replace(marked, marked + '    "assert False, \\"harder now\\"\\n",\n')
    path.write_text(text)
    graded = grading_batch.grade_attempts(
        demo_practice, exercise=BEN[1], student=BEN[0], again=True, question="test-initial"
    )
    assert [(one.attempt.student_id, one.problem) for one in graded] == [("ben-okafor", None)]
    after = points(demo_practice, *BEN)
    assert after == {**before, "test-initial": 0}
    assert stored(demo_practice, *BEN).outcome.verdict is Verdict.GRADED
    assert sum(after.values()) == in_the_gradebook(demo_practice, *BEN)
    (written,) = feedback_writer.write_feedback(demo_practice, student=BEN[0], exercise=BEN[1])
    assert written.page.read_text().count("harder now") >= 1
    # The person's own word on the question that is graded anew stands, too.
    (one,) = grading_batch.grade_attempts(
        demo_practice, exercise=BEN[1], student=BEN[0], again=True, question="test-spaces"
    )
    assert one.problem is None
    assert points(demo_practice, *BEN) == after

    # Other points for a question: that is more than a regrade of it.
    path.write_text(text.replace('"points": 2', '"points": 3'))
    (one,) = grading_batch.grade_attempts(
        demo_practice, exercise=BEN[1], student=BEN[0], again=True, question="test-initial"
    )
    assert isinstance(one.problem, StateError)
    assert points(demo_practice, *BEN) == after

    with pytest.raises(NotFoundError, match="test-initial"):
        grading_batch.grade_attempts(demo_practice, again=True, question="test-inital")


def outcome(verdict=Verdict.GRADED, **scores):
    return Outcome(verdict, tuple(TestResult(name, got, 1) for name, got in scores.items()), "why")


def test_the_verdict_that_follows():
    before = outcome(Verdict.TIMED_OUT, a=0, b=1)
    assert merge_question_result(before, outcome(a=1, b=0), "a").verdict is Verdict.GRADED
    assert merge_question_result(before, outcome(a=0, b=0), "b").verdict is Verdict.TIMED_OUT
    assert merge_question_result(outcome(a=1), outcome(Verdict.OUT_OF_MEMORY, a=0), "a").reason == "why"
    assert merge_question_result(outcome(a=1, b=None), outcome(a=0), "a").verdict is Verdict.PARTLY_GRADED
    for now in (outcome(Verdict.TAMPERED), outcome(b=1)):
        with pytest.raises(StateError):
            merge_question_result(before, now, "a")


def test_a_name_that_several_exercises_have_is_asked_about(demo_practice):
    from dataclasses import replace

    one = stored(demo_practice, *BEN)
    with pytest.raises(InputError, match="--exercise"):
        attempts_with_question([one, replace(one, exercise_id="another")], "question")
