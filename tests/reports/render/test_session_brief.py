"""The session brief: short enough to read in two minutes, with one suggestion to begin."""

from __future__ import annotations

from datetime import timedelta

from tests.reports.conftest import NOW
from toolkit.domain.session import Session, SessionState
from toolkit.i18n import use_language
from toolkit.reports.render.session_brief import (
    attempt_line,
    build_brief,
    opening_sentence,
    promise_line,
    review_line,
)


def test_the_brief_of_a_story(story):
    with use_language("en"):
        brief = build_brief(story.told())
        assert [one.exercise for one in brief.attempts] == ["median", "initials"], "since the last session"
        assert brief.news.startswith("Since the session of")
        assert [promise_line(one) for one in brief.promises] == [
            "Send two examples · mentor · overdue since 20 November 2026",
            "Solve the median · student · by 26 November 2026",
            "Read the chapter · student",
        ]
        assert attempt_line(brief.attempts[0]).startswith("The median · not yet · ")
        assert (
            review_line(brief.reviews[0]) == f"{brief.reviews[0].title} · {brief.reviews[0].exercise_title}"
        )


def test_one_way_to_begin_at_a_time(blank, story, make_attempt):
    with use_language("en"):
        story.attempts.append(make_attempt("counting", 1))
        assert opening_sentence(story.told()) == "Begin with what went well: “Counting”. How was it done?"
        story.attempts.pop()
        assert opening_sentence(story.told()) == "Ask how it went: “Solve the median”."
        story.actions = []
        assert opening_sentence(story.told()) == "Ask to be shown how far “Initials” has come."
        story.attempts = [one for one in story.attempts if one.received_at < NOW - timedelta(20)]
        assert opening_sentence(story.told()).startswith("Warm up without help: “")
        story.attempts = []
        assert opening_sentence(story.told()) == "Ask what has been on their mind since the last session."
        assert opening_sentence(blank.told()).startswith("Ask what the first thing is")
        blank.sessions = [Session("ana-1", "ana", NOW, state=SessionState.LIVE)]
        assert opening_sentence(blank.told()).startswith("Ask what the first thing is"), (
            "the one to come is not held"
        )
