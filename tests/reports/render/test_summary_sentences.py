from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from toolkit.i18n import use_language
from toolkit.reports.render import summary_sentences
from toolkit.reports.render.report_sections import news_section


@pytest.fixture(autouse=True)
def english():
    with use_language("en"):
        yield


def sentences(snapshot):
    return [
        summary_sentences.progress_sentence(snapshot),
        summary_sentences.news_sentence(snapshot),
        summary_sentences.outlook_sentence(snapshot),
    ]


def test_before_anything_has_happened(blank):
    assert sentences(blank.told()) == [
        "The path has 4 skills, and its first exercise is still to come.",
        "No attempt has come in yet.",
        "Next comes “Temperatures”.",
    ]


def test_some_weeks_on(story):
    assert sentences(story.told()) == [
        "Of the 4 skills on the path, 1 is shown without help, and 2 are being learned.",
        (
            "Since the session of 10 November 2026, 2 attempts have come in; the latest, at “Initials”: "
            "waits for its result."
        ),
        "Next comes “The median”, with 3 open actions and 1 skill to be refreshed.",
    ]


def test_nothing_is_shown_yet(blank, make_attempt):
    blank.attempts = [make_attempt("temperature", 1, 1)]
    assert sentences(blank.told())[:2] == [
        "Of the 4 skills on the path, none is shown without help yet, and 1 is being learned.",
        "1 attempt has come in; the latest, at “Temperatures”: not yet.",
    ]


def test_a_session_without_an_attempt_since(story):
    story.attempts = story.attempts[:3]
    assert (
        summary_sentences.news_sentence(story.told())
        == "No attempt has come in since the session of 10 November 2026."
    )


def test_a_report_at_the_close_says_what_the_session_brought(story):
    last = story.sessions[0]
    story.attempts = story.attempts[:3]
    story.now = last.starts_at + timedelta(minutes=last.minutes)
    told = story.told()
    assert summary_sentences.news_sentence(told) == (
        "The session of 10 November 2026 brought: 1 point discussed, 2 actions agreed."
    )
    news = BeautifulSoup(str(news_section(told)), "html.parser").get_text()
    assert "Nothing new" not in news


def test_waiting_and_done(blank, make_attempt):
    blank.attempts = [make_attempt("temperature", 1, verdict=None)]
    assert (
        summary_sentences.outlook_sentence(blank.told()) == "Nothing new can be begun before a result is in."
    )
    names = ("temperature", "counting", "median", "initials")
    blank.attempts = [make_attempt(name, 3 - number / 10) for number, name in enumerate(names)]
    assert summary_sentences.outlook_sentence(blank.told()) == "Every skill on the path is shown."
    blank.attempts = [make_attempt(name, 30 - number / 10) for number, name in enumerate(names)]
    assert (
        summary_sentences.outlook_sentence(blank.told())
        == "Next comes a look back, with 4 skills to be refreshed."
    )
