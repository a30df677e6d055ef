"""Mastery follows from evidence alone."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from toolkit.domain.mastery import REVIEW_DAYS, Evidence, MasteryState, derive

DAY = date(2026, 1, 1)
evidence = st.lists(
    st.builds(
        Evidence,
        on=st.integers(0, 120).map(lambda n: DAY + timedelta(n)),
        success=st.booleans(),
        aided=st.booleans(),
    ),
    max_size=12,
)


def at(*days, aided=False):
    return [Evidence(DAY + timedelta(n), success=True, aided=aided) for n in days]


def test_the_course_of_one_skill():
    assert derive([], DAY).state is MasteryState.NOT_STARTED
    assert derive(at(0, aided=True), DAY).state is MasteryState.LEARNING
    assert derive([Evidence(DAY, success=False)], DAY).state is MasteryState.LEARNING
    assert derive(at(0), DAY).state is MasteryState.SHOWN
    assert derive(at(0), DAY + timedelta(6)).state is MasteryState.SHOWN
    assert derive(at(0), DAY + timedelta(7)).state is MasteryState.REFRESH_DUE
    assert derive(at(0, 7), DAY + timedelta(7)).state is MasteryState.RETAINED
    assert derive(at(0, 7), DAY + timedelta(21)).state is MasteryState.REFRESH_DUE
    assert derive(at(0, 7, 22, 61), DAY + timedelta(400)).state is MasteryState.RETAINED


@given(evidence, st.integers(0, 400))
def test_properties(seen, days):
    today = DAY + timedelta(days)
    result = derive(seen, today)
    past = [item for item in seen if item.on <= today]
    successes = [item.on for item in past if item.success and not item.aided]
    assert derive(list(reversed(seen)), today) == result, "the order of the evidence does not matter"
    assert (result.state is MasteryState.NOT_STARTED) == (not past)
    assert (result.state in {MasteryState.NOT_STARTED, MasteryState.LEARNING}) == (not successes)
    if successes:
        assert result.shown_on == min(successes)
        assert (result.retained_on is None) == (max(successes) - min(successes) < timedelta(REVIEW_DAYS[0]))
        due = result.review_on is not None and result.review_on <= today
        assert (result.state is MasteryState.REFRESH_DUE) == due


@given(evidence, st.integers(0, 400))
def test_an_unaided_success_today_leaves_nothing_due(seen, days):
    today = DAY + timedelta(days)
    assert derive([*seen, Evidence(today, success=True)], today).state in {
        MasteryState.SHOWN,
        MasteryState.RETAINED,
    }
