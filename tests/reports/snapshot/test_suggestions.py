from __future__ import annotations

from datetime import timedelta

from toolkit.domain.attempt import Verdict
from toolkit.reports import warm_up_questions


def lines(snapshot):
    return [(line.exercise, line.kind, line.reason) for line in snapshot.next_exercises]


def test_the_first_step(blank):
    assert lines(blank.told()) == [("temperature", "new", "The first step on the path, in “First steps”.")]


def test_what_builds_on_what_was_reached(blank, make_attempt):
    blank.attempts = [make_attempt("temperature", 3)]
    assert lines(blank.told()) == [("counting", "new", "Builds on “Values”.")]
    blank.attempts.append(make_attempt("counting", 2))
    assert lines(blank.told()) == [
        ("median", "new", "Builds on “Loops”."),
        ("initials", "new", "Builds on “Loops”."),
    ]


def test_begun_comes_first_and_says_how_far(blank, make_attempt):
    blank.attempts = [
        make_attempt("temperature", 9),
        make_attempt("counting", 8),
        make_attempt("initials", 3, 2),
    ]
    first, second = lines(blank.told())
    assert first == ("initials", "begun", "Begun: 2 of 3 points on 21 November 2026.")
    assert second[:2] == ("median", "new")


def test_what_waits_for_its_result_is_nobodys_turn(blank, make_attempt):
    blank.attempts = [make_attempt("temperature", 3, verdict=None)]
    assert lines(blank.told()) == []


def test_what_could_not_be_graded_is_handed_in_again(blank, make_attempt):
    for verdict in (Verdict.UNREADABLE, Verdict.TAMPERED):
        blank.attempts = [make_attempt("temperature", 3, verdict=verdict)]
        ((_exercise, kind, reason),) = lines(blank.told())
        assert (kind, "handed in once more" in reason) == ("begun", True)
    blank.attempts = [make_attempt("temperature", 3, verdict=Verdict.OUT_OF_MEMORY)]
    assert "memory" in lines(blank.told())[0][2]


def test_solved_with_help_comes_back_from_the_next_day_on(blank, make_attempt):
    blank.attempts = [make_attempt("temperature", 0, hints_used=1)]
    assert [line[0] for line in lines(blank.told())] == ["counting"]
    blank.now += timedelta(1)
    assert lines(blank.told())[-1] == (
        "temperature",
        "again",
        "Solved with help on 24 November 2026; once more without shows “Values”.",
    )
    blank.attempts.append(make_attempt("temperature", -1, hints_used=1))
    assert [line[0] for line in lines(blank.told())] == ["counting"]
    assert blank.told().skills[0].word == "shown"


def test_reviews_longest_due_first_with_something_to_do(blank, make_attempt):
    blank.attempts = [
        make_attempt("temperature", 30),
        make_attempt("counting", 20),
        make_attempt("median", 1),
    ]
    reviews = blank.told().reviews
    assert [(review.skill, review.exercise) for review in reviews] == [
        ("values", "temperature"),
        ("loops", "counting"),
    ]
    assert reviews[0].reason == "Shown on 25 October 2026; to be looked at again since 1 November 2026."


def test_the_warm_up_asks_for_two(story):
    questions = warm_up_questions(story.told())
    # One skill is due for a refresh, and no other was shown.
    assert questions == ("Values: in one sentence, then the smallest example that shows it.",)


def test_the_warm_up_takes_what_was_shown_longest_ago(blank, make_attempt):
    assert warm_up_questions(blank.told()) == ()
    blank.attempts = [make_attempt("temperature", 3), make_attempt("counting", 2), make_attempt("median", 1)]
    assert [question.split(":")[0] for question in warm_up_questions(blank.told())] == ["Values", "Loops"]
