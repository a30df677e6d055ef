"""The latest opinion of each person about a skill counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.domain.skill_opinions import MAX_OPINION_CHARS, Opinion, Stance, latest_opinions, validate_words
from toolkit.errors import InputError

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
STANCES = {
    "mentor": [Stance.CONFIRMED, Stance.CONTESTED, Stance.WITHDRAWN],
    "student": [Stance.NOT_YET, Stance.WITH_HELP, Stance.ALONE, Stance.CONTESTED, Stance.WITHDRAWN],
}
opinions = st.lists(
    st.sampled_from(["mentor", "student"]).flatmap(
        lambda by: st.builds(
            Opinion,
            student_id=st.just("ana"),
            skill=st.sampled_from(["loops", "lists"]),
            by=st.just(by),
            stance=st.sampled_from(STANCES[by]),
            said_at=st.integers(0, 50).map(lambda n: NOW + timedelta(n)),
        )
    ),
    max_size=12,
)


@given(opinions)
def test_the_last_word_of_each_stands(said):
    said.sort(key=lambda one: one.said_at)
    found = latest_opinions(said)
    for key in {(one.skill, one.by) for one in said}:
        last = [one for one in said if (one.skill, one.by) == key][-1]
        assert found.get(key) == (None if last.stance is Stance.WITHDRAWN else last)
    assert latest_opinions([]) == {}


@pytest.mark.parametrize(("by", "stance"), [("student", Stance.CONFIRMED), ("mentor", Stance.ALONE)])
def test_nobody_says_what_is_the_other_s_to_say(by, stance):
    with pytest.raises(ValueError, match="does not say"):
        Opinion("ana", "loops", by, stance, NOW)


def test_words_are_one_line_and_not_a_book():
    assert validate_words("  seen\n twice ") == "seen twice"
    assert len(validate_words("x" * MAX_OPINION_CHARS)) == MAX_OPINION_CHARS
    with pytest.raises(InputError, match="501 characters"):
        validate_words("x" * 501)
