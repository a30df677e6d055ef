from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.domain.agenda import ActionItem, ActionState
from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.domain.learning_path import WrongAnswer
from toolkit.domain.mastery import MasteryState, derive_mastery
from toolkit.domain.people import Student
from toolkit.domain.session import Session, SessionState
from toolkit.domain.skill_opinions import Opinion, Stance
from toolkit.reports import StudentSnapshot, build_snapshot
from toolkit.reports.snapshot.evidence import evidence_from_attempts

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


def test_the_story(story):
    snapshot = story.told()
    states = {skill.id: skill.state for skill in snapshot.skills}
    assert states == {
        "values": MasteryState.REFRESH_DUE,
        "loops": MasteryState.LEARNING,  # solved, but with two hints
        "lists": MasteryState.LEARNING,
        "words": MasteryState.NOT_STARTED,  # what waits for its result shows nothing yet
    }
    values = snapshot.skills[0]
    assert (values.shown_on, values.retained_on) == (date(2026, 10, 16), date(2026, 10, 25))
    assert [(item.attempt, item.success) for item in values.evidence] == [
        (str(one.id), one.outcome.solved) for one in story.attempts[:3]
    ]
    assert [attempt.word for attempt in snapshot.attempts] == [
        "not yet",
        "solved",
        "solved",
        "timed out",
        "solved with help",
        "not yet",
        "waits for its result",
    ]
    assert [action.id for action in snapshot.actions] == ["a2", "a1", "a4"]
    assert [action.late for action in snapshot.actions] == [True, False, False]
    assert snapshot.next_session.id == "ana-3"
    assert [session.id for session in snapshot.sessions] == ["ana-2", "ana-1"]
    assert snapshot.sessions[1].discussed == ("Loops that never end",)
    assert [(one.text, one.word) for one in snapshot.sessions[1].agreed] == [
        ("Solve the median", "open"),
        ("Install Python", "done"),
    ]
    exercises = {line.id: line for line in snapshot.exercises}
    assert list(exercises) == ["temperature", "counting", "median", "initials"]
    assert exercises["temperature"].messages == ()
    assert exercises["median"].messages == ("`median([3, 1, 2])` should give `2`, yours gave `3`",)
    assert (exercises["median"].points, exercises["median"].max_points) == (2.0, 3.0)


def test_marks_stand_beside_the_evidence_and_change_nothing(story):
    with_marks = story.told()
    story.marks, story.opinions = [], []
    without = story.told()
    assert [skill.state for skill in with_marks.skills] == [skill.state for skill in without.skills]
    assert with_marks.skills[0].ticked_on == date(2026, 11, 10)
    assert with_marks.skills[0].confirmed_on is None
    assert with_marks.skills[2].confirmed_on == date(2026, 11, 10)
    assert with_marks.skills[2].state is MasteryState.LEARNING


def test_it_is_plain_json_and_back(story):
    snapshot = story.told()
    assert StudentSnapshot.model_validate(snapshot.model_dump(mode="json")) == snapshot


def test_the_student_may_see_all_of_it(story):
    # Where the mentor had the file from is the mentor's own affair.
    assert "secret.zip" not in story.told().model_dump_json()


def test_others_are_left_out(story, make_attempt):
    before = story.told()
    story.attempts.append(make_attempt("initials", 2, student_id="bo"))
    story.sessions.append(Session("bo-1", "bo", NOW + timedelta(1)))
    assert story.told() == before


def test_texts_are_in_the_students_language(story):
    story.student = Student("ana", "Ana", NOW, language="fr")
    snapshot = story.told()
    assert snapshot.path_title == "Les bases de Python"
    assert snapshot.skills[0].title == "Valeurs"
    assert snapshot.skills[0].word == "à revoir"


def test_an_exercise_without_a_card_is_still_listed(blank, make_attempt):
    blank.attempts = [make_attempt("gone", 2)]
    snapshot = blank.told()
    assert snapshot.attempts[0].title == "gone"
    assert snapshot.exercises[0].solved_on == date(2026, 11, 22)
    assert {skill.state for skill in snapshot.skills} == {MasteryState.NOT_STARTED}


def test_days_are_those_of_the_readers_zone(blank, make_attempt):
    blank.attempts = [make_attempt("temperature", 0, received_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC))]
    assert blank.told().skills[0].shown_on == date(2026, 11, 23)
    blank.now = NOW.astimezone(ZoneInfo("Europe/Paris"))
    assert blank.told().skills[0].shown_on == date(2026, 11, 24)


def test_a_session_under_way_is_the_next_one(blank):
    blank.sessions = [Session("ana-1", "ana", NOW - timedelta(minutes=10), state=SessionState.LIVE)]
    assert blank.told().next_session.id == "ana-1"
    blank.sessions = [Session("ana-1", "ana", NOW - timedelta(hours=2), state=SessionState.PLANNED)]
    assert blank.told().next_session is None


def test_a_moment_without_a_zone_is_a_mistake(blank):
    blank.now = datetime(2026, 11, 24)  # noqa: DTZ001 - that is the mistake
    with pytest.raises(ValueError, match="aware"):
        blank.told()


EXERCISES = ("temperature", "counting", "median", "initials", "gone")

attempts = st.lists(
    st.builds(
        lambda exercise, hours, points, verdict, hints, aided: Attempt(
            "ana",
            exercise,
            f"{hours:064x}",
            NOW - timedelta(hours=hours),
            "",
            hints,
            aided,
            verdict
            and Outcome(
                verdict,
                tuple(TestResult(f"t{n}", float(n < points), 1.0) for n in range(2))
                if verdict is Verdict.GRADED
                else (),
            ),
        ),
        st.sampled_from(EXERCISES),
        st.integers(0, 24 * 90),
        st.integers(0, 2),
        st.sampled_from([*Verdict, Verdict.GRADED, Verdict.GRADED, None]),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=25,
    unique_by=lambda attempt: attempt.received_at,
)
actions = st.lists(
    st.builds(
        ActionItem,
        st.integers(0, 999).map(str),
        st.text(min_size=1, max_size=20),
        st.sampled_from(["mentor", "student"]),
        st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
        state=st.sampled_from(ActionState),
    ),
    max_size=12,
    unique_by=lambda action: action.id,
)


@settings(max_examples=150)
@given(attempts=attempts, actions=actions)
def test_whatever_happened(course, attempts, actions):
    path, shelf = course
    snapshot = build_snapshot(Student("ana", "Ana", NOW), path, shelf, attempts, [], actions, [], NOW)
    tried = list(evidence_from_attempts(attempts, UTC))
    solved = {one.attempt.exercise_id for one in tried if one.solved}
    cards = {card.id: card for card in shelf}

    # Every state is what the domain derives from the attempts at the exercises that bear the skill.
    for skill in snapshot.skills:
        evidence = [
            one.evidence
            for one in tried
            if one.evidence and skill.id in getattr(cards.get(one.attempt.exercise_id), "skills", ())
        ]
        mastery = derive_mastery(evidence, NOW.date())
        assert (skill.state, skill.shown_on, skill.review_on) == (
            mastery.state,
            mastery.shown_on,
            mastery.review_on,
        )
        assert len(skill.evidence) == len(evidence)
        # Nothing is shown without an unaided success.
        shown = {MasteryState.SHOWN, MasteryState.RETAINED, MasteryState.REFRESH_DUE}
        assert (skill.state in shown) == any(item.success and not item.aided for item in skill.evidence)

    # Nothing that happened is lost, nothing is there twice.
    assert len(snapshot.attempts) == len(attempts)
    assert {action.id for action in snapshot.actions} == {
        action.id for action in actions if action.state is ActionState.OPEN
    }
    assert sum(line.attempts for line in snapshot.exercises) == len(attempts)
    assert all(a.due <= b.due for a, b in pairwise(snapshot.actions) if a.due and b.due)

    # What comes next can be done, is not done yet (or was, with help), and says why.
    for line in snapshot.next_exercises:
        assert set(cards[line.exercise].prerequisites) <= solved
        assert (line.exercise in solved) == (line.kind == "again")
        assert line.reason.endswith(".")
    names = [line.exercise for line in snapshot.next_exercises]
    assert len(names) == len(set(names))
    due = {skill.id for skill in snapshot.skills if skill.state is MasteryState.REFRESH_DUE}
    assert {review.skill for review in snapshot.reviews} == due

    assert StudentSnapshot.model_validate_json(snapshot.model_dump_json()) == snapshot


def test_what_is_said_stands_beside_the_evidence(story):
    silent = story.told()
    week = timedelta(7)
    story.opinions += [
        Opinion("ana", "values", "student", Stance.ALONE, NOW - week, "I explained it <b>twice</b>."),
        Opinion("ana", "lists", "mentor", Stance.CONTESTED, NOW - week, "It was copied."),
        Opinion("ana", "loops", "student", Stance.NOT_YET, NOW - week),
        Opinion("ana", "loops", "student", Stance.WITHDRAWN, NOW - timedelta(1)),
        Opinion("ben", "values", "mentor", Stance.CONTESTED, NOW),
    ]
    told = story.told()
    values, loops, lists, _words = told.skills
    assert [skill.state for skill in told.skills] == [skill.state for skill in silent.skills]
    assert [skill.evidence for skill in told.skills] == [skill.evidence for skill in silent.skills]
    assert (values.student_says.stance, values.student_says.words) == (
        Stance.ALONE,
        "I explained it <b>twice</b>.",
    )
    assert values.mentor_says is None
    assert loops.student_says is None
    assert (lists.mentor_says.stance, lists.mentor_says.word) == (Stance.CONTESTED, "contested")
    assert lists.confirmed_on is None, "the confirmation of before does not stand any more"


def test_each_attempt_leads_to_its_feedback(story):
    story.pages = {story.attempts[1].id: "feedback/temperature-39.html"}
    told = story.told()
    assert [line.page for line in told.attempts[:3]] == ["", "feedback/temperature-39.html", ""]
    assert [line.page for line in told.skills[0].evidence] == ["", "feedback/temperature-39.html", ""]


def test_what_is_new_since_the_last_session(story, make_attempt):
    told = story.told()
    assert told.since == date(2026, 11, 10)
    assert [(change.kind, change.subject) for change in told.changes] == [
        ("tried", "median"),
        ("tried", "initials"),
        ("said", "lists"),
    ]
    assert told.changes[0].sentence == "“The median” was tried 1 time and is still open."
    story.attempts += [make_attempt("median", 2), make_attempt("temperature", 1)]
    told = story.told()
    assert [(change.kind, change.subject) for change in told.changes][:2] == [
        ("solved", "median"),
        ("shown", "lists"),
    ]
    assert "due" not in {change.kind for change in told.changes}, "it was due before, and is done"


def test_everything_is_new_to_whom_no_session_was_held(blank, make_attempt):
    assert (blank.told().since, blank.told().changes) == (None, ())
    blank.attempts = [make_attempt("temperature", 20)]
    assert [change.kind for change in blank.told().changes] == ["solved", "shown", "due"]


def test_the_tests_that_fail_and_what_they_point_at(story, make_attempt):
    said = "`median([3, 1, 2])` should give `2`, yours gave `3`"
    wrong = {
        "name": "unsorted",
        "why": {"en": "Takes the middle without sorting first.", "fr": "Prend le milieu sans trier."},
        "cells": {},
        "fails": "test-2",
        "message": "yours gave `3`",
    }
    story.cards = tuple(
        card.model_copy(update={"wrong_answers": (WrongAnswer.model_validate(wrong),)})
        if card.id == "median"
        else card
        for card in story.cards
    )
    story.attempts.append(make_attempt("median", 2, 2, messages=[said]))
    story.attempts.append(make_attempt("temperature", 45, 2, messages=["got `1`"]))
    first, second = story.told().failing
    assert (first.exercise, first.name, first.times, first.still) == ("median", "2", 2, True)
    assert (first.message, first.misconception) == (said, "Takes the middle without sorting first.")
    assert (second.exercise, second.still, second.misconception) == ("temperature", False, "")


def test_promises_that_were_kept_stay_to_be_seen(story):
    assert [(one.text, one.agreed_on) for one in story.told().kept] == [
        ("Install Python", date(2026, 11, 10))
    ]
    story.actions += [
        ActionItem("b1", "Read on", state=ActionState.CARRIED),
        ActionItem("b2", "Read on", state=ActionState.DONE, carried_from="b1"),
    ]
    story.agreed["b1"] = "ana-1"
    assert {one.agreed_on for one in story.told().kept} == {date(2026, 11, 10)}


def test_the_looks_back_and_the_warm_up(story):
    told = story.told()
    values = told.skills[0]
    assert [(one.days, one.done_on) for one in values.reviews] == [
        (7, date(2026, 10, 25)),
        (21, None),
        (60, None),
    ]
    assert [(one.skill, one.days) for one in told.reviews] == [("values", 21)]
    assert [(line.skill, line.due) for line in told.warm_up] == [("values", True)]
    assert told.warm_up[0].reason == told.reviews[0].reason
