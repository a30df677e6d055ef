"""Mastery and its review schedule are derived from evidence alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from toolkit.domain.mastery import (
    REVIEW_DAYS,
    Evidence,
    MasteryState,
    derive_mastery,
    next_review_date,
    schedule_reviews,
)

DAY = date(2026, 1, 1)
days = st.integers(0, 120).map(lambda n: DAY + timedelta(n))
evidence = st.lists(st.builds(Evidence, on=days, success=st.booleans(), aided=st.booleans()), max_size=12)
today = st.integers(0, 400).map(lambda n: DAY + timedelta(n))

SHOWN = {MasteryState.SHOWN, MasteryState.RETAINED, MasteryState.REFRESH_DUE}
ORDER = [MasteryState.NOT_STARTED, MasteryState.LEARNING]


def at(*days, aided=False):
    return [Evidence(DAY + timedelta(n), success=True, aided=aided) for n in days]


def shows(seen, on):
    return sorted(item.on for item in seen if item.success and not item.aided and item.on <= on)


def test_the_course_of_one_skill():
    assert derive_mastery([], DAY).state is MasteryState.NOT_STARTED
    assert derive_mastery(at(0, aided=True), DAY).state is MasteryState.LEARNING
    assert derive_mastery([Evidence(DAY, success=False)], DAY).state is MasteryState.LEARNING
    assert derive_mastery(at(0), DAY).state is MasteryState.SHOWN
    assert derive_mastery(at(0), DAY + timedelta(6)).state is MasteryState.SHOWN
    assert derive_mastery(at(0), DAY + timedelta(7)).state is MasteryState.REFRESH_DUE
    assert derive_mastery(at(0, 7), DAY + timedelta(7)).state is MasteryState.RETAINED
    assert derive_mastery(at(0, 7), DAY + timedelta(21)).state is MasteryState.REFRESH_DUE
    assert derive_mastery(at(0, 7, 22, 61), DAY + timedelta(400)).state is MasteryState.RETAINED


def test_one_success_after_a_long_pause_does_all_that_was_due():
    result = derive_mastery(at(0, 30), DAY + timedelta(30))
    assert [review.done_on for review in result.reviews] == [DAY + timedelta(30)] * 2 + [None]
    assert result.review_on == DAY + timedelta(60)


@given(st.permutations(range(8)), st.data(), today)
def test_the_order_does_not_matter(order, data, on):
    seen = data.draw(
        st.lists(
            st.builds(Evidence, on=days, success=st.booleans(), aided=st.booleans()), min_size=8, max_size=8
        )
    )
    assert derive_mastery([seen[n] for n in order], on) == derive_mastery(seen, on)


@given(evidence, today)
def test_what_is_still_to_come_does_not_count(seen, on):
    assert derive_mastery(seen, on) == derive_mastery([item for item in seen if item.on <= on], on)


@given(evidence, today)
def test_only_what_was_done_without_help_shows(seen, on):
    helped = [replace(item, aided=True) for item in seen]
    result = derive_mastery(helped, on)
    assert result.state not in SHOWN
    assert (result.shown_on, result.retained_on, result.review_on, result.reviews) == (None, None, None, ())
    assert (result.state is MasteryState.NOT_STARTED) == (not result.evidence)


@given(evidence, today)
def test_the_dates_are_those_of_unaided_successes(seen, on):
    result = derive_mastery(seen, on)
    successes = shows(seen, on)
    assert (result.state in SHOWN) == bool(successes)
    if successes:
        assert result.shown_on == successes[0]
        later = [day for day in successes if (day - successes[0]).days >= REVIEW_DAYS[0]]
        assert result.retained_on == (later[0] if later else None)


@given(evidence, today)
def test_refresh_is_due_after_an_interval_without_success(seen, on):
    """A refresh is due exactly when an interval has passed without an unaided success since."""
    result = derive_mastery(seen, on)
    successes = shows(seen, on)
    passed = [
        successes[0] + timedelta(interval)
        for interval in REVIEW_DAYS
        if successes and successes[0] + timedelta(interval) <= on
    ]
    unanswered = [day for day in passed if successes[-1] < day]
    assert (result.state is MasteryState.REFRESH_DUE) == bool(unanswered)
    if unanswered:
        assert result.review_on == unanswered[0], "the longest due is named"


@given(evidence, days, st.booleans(), today)
def test_more_evidence_takes_nothing_back(seen, day, success, on):
    """A failure or an aided success changes no date; an unaided success never makes one later."""
    assume(day <= on)
    before = derive_mastery(seen, on)
    more = derive_mastery([*seen, Evidence(day, success, aided=success)], on)
    assert (more.shown_on, more.retained_on, more.review_on) == (
        before.shown_on,
        before.retained_on,
        before.review_on,
    )
    if before.state in SHOWN:
        assert more.state is before.state
    else:
        assert ORDER.index(more.state) >= ORDER.index(before.state)
    shown = derive_mastery([*seen, Evidence(day, success=True)], on)
    assert shown.state in SHOWN
    assert shown.shown_on <= min(filter(None, [before.shown_on, day]))


@given(evidence, today)
def test_an_unaided_success_today_leaves_nothing_due(seen, on):
    state = derive_mastery([*seen, Evidence(on, success=True)], on).state
    assert state in {MasteryState.SHOWN, MasteryState.RETAINED}


@given(evidence, today, st.integers(0, 200))
def test_with_time_alone_nothing_is_lost_but_reviews_come_due(seen, on, later):
    """Later days without new evidence can make a refresh due, but never undo a shown skill."""
    known = [item for item in seen if item.on <= on]
    before, after = derive_mastery(known, on), derive_mastery(known, on + timedelta(later))
    assert (after.shown_on, after.retained_on, after.review_on) == (
        before.shown_on,
        before.retained_on,
        before.review_on,
    )
    assert after.state in {before.state, MasteryState.REFRESH_DUE}
    if before.state is MasteryState.REFRESH_DUE:
        assert after.state is MasteryState.REFRESH_DUE


successes = st.lists(days, min_size=1, max_size=10).map(sorted)


@given(successes)
def test_the_schedule_counts_from_the_first_success(days_shown):
    reviews = schedule_reviews(days_shown)
    assert tuple(review.days for review in reviews) == REVIEW_DAYS
    assert [(review.on - days_shown[0]).days for review in reviews] == list(REVIEW_DAYS)
    for review in reviews:
        after = [day for day in days_shown if day >= review.on]
        assert review.done_on == (after[0] if after else None)
    open_yet = [review.done_on is None for review in reviews]
    assert open_yet == sorted(open_yet), "a later look back is never done before an earlier one"


@given(successes)
def test_next_review_needs_only_the_first_and_last_success(days_shown):
    """The next review depends only on the first and the last success."""
    waiting = [review.on for review in schedule_reviews(days_shown) if review.done_on is None]
    assert next_review_date(days_shown[0], days_shown[-1]) == (waiting[0] if waiting else None)


@given(successes, days)
def test_one_more_success_undoes_no_look_back(days_shown, extra):
    assume(extra >= days_shown[0])
    before, after = schedule_reviews(days_shown), schedule_reviews(sorted([*days_shown, extra]))
    for old, new in zip(before, after, strict=True):
        assert old.on == new.on
        assert old.done_on is None or (new.done_on is not None and new.done_on <= old.done_on)
