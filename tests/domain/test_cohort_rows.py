"""The cohort's rows agree with the snapshots of the students."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.domain.attempt_evidence import AttemptSummary, summarize_attempts
from toolkit.domain.cohort_rows import (
    PastRemark,
    StudentCounts,
    SuccessSpan,
    build_cohort_row,
    shared_failures,
)
from toolkit.domain.learning_path import Card, LearningPath
from toolkit.domain.mastery import MasteryState
from toolkit.domain.people import Student
from toolkit.reports import build_snapshot
from toolkit.store import Observation

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
ANA = Student("ana", "Ana", NOW)


def texts(word):
    return {"en": word, "fr": word}


PATH = LearningPath.model_validate(
    {
        "id": "p",
        "version": 1,
        "title": texts("P"),
        "milestones": [
            {
                "id": "m",
                "title": texts("M"),
                "skills": [{"id": name, "title": texts(name)} for name in ("loops", "lists", "words")],
            }
        ],
    }
)
WRONG = {
    "name": "off-by-one",
    "why": texts("Counts one too many."),
    "cells": {},
    "fails": "test-0",
    "message": "yours gave `3`",
}
CARDS = [
    Card.model_validate(
        {"id": name, "title": texts(name.title()), "skills": skills, "minutes": 10, "wrong_answers": wrong}
    )
    for name, skills, wrong in (
        ("till", ["loops"], [WRONG]),
        ("fare", ["loops", "lists"], []),
        ("draft", ["words"], []),
    )
]
CARDS[2] = CARDS[2].model_copy(update={"draft": True})

attempts = st.lists(
    st.tuples(
        st.sampled_from(["till", "fare", "draft", "gone"]),
        st.integers(0, 90),
        st.integers(0, 2),
        st.booleans(),
        st.sampled_from([None, 0, 1, 1, 1]),
    ).map(
        lambda it: Attempt(
            "ana",
            it[0],
            "",
            NOW - timedelta(days=it[1]),
            "",
            it[2],
            it[3],
            None
            if it[4] is None
            else Outcome(Verdict.GRADED, (TestResult("test-0", float(it[4]), 1.0, "" if it[4] else "no"),)),
        )
    ),
    max_size=14,
).map(
    lambda found: [Attempt(**{**vars(one), "id": n, "sha256": f"{n:064x}"}) for n, one in enumerate(found, 1)]
)
seen = st.lists(
    st.tuples(st.sampled_from(["loops", "words"]), st.integers(0, 90), st.booleans()).map(
        lambda it: Observation("ana", "ana-1", it[0], it[2], NOW - timedelta(days=it[1]))
    ),
    max_size=4,
)


@given(attempts, seen)
def test_a_row_says_what_the_snapshot_says(tried, observed):
    cards = [card for card in CARDS if not card.draft]
    snapshot = build_snapshot(ANA, PATH, cards, tried, [], [], [], NOW, observations=observed)
    by_exercise: dict[str, list[Attempt]] = {}
    for one in tried:
        by_exercise.setdefault(one.exercise_id, []).append(one)
    spans: dict[str, SuccessSpan] = {}
    for one in observed:
        if not one.aided:
            spans[one.skill] = SuccessSpan(one.seen_at, one.seen_at) | spans.get(one.skill)
    row = build_cohort_row(
        ANA,
        PATH,
        cards,
        [summarize_attempts(found, UTC) for found in by_exercise.values()],
        StudentCounts(seen=spans),
        NOW.date(),
        UTC,
    )
    shown = [skill.shown_on for skill in snapshot.skills if skill.shown_on]
    due = [skill for skill in snapshot.skills if skill.state is MasteryState.REFRESH_DUE]
    assert (row.shown, row.skills) == (len(shown), 3)
    assert row.reviews == len(due) == len(snapshot.reviews)
    assert row.due_since == min((skill.review_on for skill in due), default=None)
    assert row.due_skill == (snapshot.reviews[0].title if snapshot.reviews else "")
    assert row.recent == sum((NOW.date() - day).days < 28 for day in shown)
    assert row.before == sum(28 <= (NOW.date() - day).days < 56 for day in shown)
    exercises = {line.id: line for line in snapshot.exercises}
    assert {one.exercise for one in row.stuck} == {
        name for name, line in exercises.items() if line.attempts >= 3 and line.solved_on is None
    }


def failing(student, *failures, exercise="till"):
    return AttemptSummary(student, exercise, 2, 1, NOW, Verdict.GRADED, failing=failures)


def test_what_several_fail_alike():
    first, second, other = "`f(2)`: yours gave `3`", "`f(9)`: yours gave `3`, `4`", "yours raised"
    tried = [
        failing("ana", ("test-0", first)),
        failing("ben", ("test-0", second)),
        failing("cy", ("test-0", other)),
        failing("dan", ("test-9", other), exercise="gone"),
        failing("eve", ("test-9", other), ("test-8", ""), exercise="gone"),
        failing("fay"),
    ]
    said = [
        PastRemark("till", "Count the fences.", NOW.date(), (("test-0", first),)),
        PastRemark("till", "It was something else.", NOW.date(), (("test-0", other),)),
        PastRemark("till", "Count again.", NOW.date() + timedelta(1), (("test-0", second), ("test-1", "x"))),
    ]
    found = shared_failures(tried, CARDS, said)
    assert [(one.title, one.test, one.students) for one in found] == [
        ("Till", "test-0", ("ana", "ben")),
        ("gone", "test-9", ("dan", "eve")),
    ]
    assert found[0].misconception == "Counts one too many."
    assert [one.text for one in found[0].said] == ["Count again.", "Count the fences."]
    assert shared_failures([], CARDS) == shared_failures(tried[:1], CARDS) == []
