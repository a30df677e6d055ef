from __future__ import annotations

from xml.etree import ElementTree

import pytest

from toolkit.domain.attempt import Verdict
from toolkit.domain.people import Student
from toolkit.i18n import use_language
from toolkit.reports.render.charts import attempts_over_time

SVG = "{http://www.w3.org/2000/svg}"


def drawn(story):
    svg = attempts_over_time(story.told())
    return svg, ElementTree.fromstring(svg)


def test_every_exercise_has_its_name_and_every_session_its_line(story):
    svg, tree = drawn(story)
    assert {"Temperatures", "Counting", "The median", "Initials"} <= {t.text for t in tree.iter(f"{SVG}text")}
    assert "http" not in svg.replace("http://www.w3.org/", "")
    assert "<script" not in svg


def test_the_ink_is_the_readers(story):
    svg, _tree = drawn(story)
    assert "#010203" not in svg
    assert "currentColor" in svg
    assert "prefers-color-scheme:dark" in svg


def test_the_same_twice(story):
    assert drawn(story)[0] == drawn(story)[0]


@pytest.mark.parametrize("days", [0, 0.001, 6, 40, 400, 4000])
def test_any_span_of_time(blank, make_attempt, days):
    blank.attempts = [make_attempt("temperature", days), make_attempt("counting", days / 2)]
    _svg, tree = drawn(blank)
    labels = [text.text for text in tree.iter(f"{SVG}text")]
    assert 3 <= len(labels) <= 10


def test_a_clock_that_runs_ahead(blank, make_attempt):
    blank.attempts = [make_attempt("temperature", -3)]
    drawn(blank)


@pytest.mark.parametrize("title", ["$x^2$ & <b>", "\u202eאבג 漢字 🙂", "W" * 300, "x_1 \\frac"])
def test_any_title(blank, make_attempt, title):
    name = blank.cards[1].title.model_copy(update={"en": title})
    blank.cards = (blank.cards[1].model_copy(update={"title": name}),)
    blank.attempts = [make_attempt("temperature", 2, verdict=Verdict.TIMED_OUT)]
    _svg, tree = drawn(blank)
    shown = next(text.text for text in tree.iter(f"{SVG}text"))
    assert all(len(text.text) <= 48 for text in tree.iter(f"{SVG}text"))
    assert any(text.text[:40] == title[:40] for text in tree.iter(f"{SVG}text")), shown


def test_dates_in_french(blank, make_attempt):
    blank.student = Student("ana", "Ana", blank.now, language="fr")
    blank.attempts = [make_attempt("temperature", 20)]
    with use_language("fr"):
        _svg, tree = drawn(blank)
    assert any("nov." in text.text for text in tree.iter(f"{SVG}text"))


def test_matplotlib_is_left_as_it_was(story):
    import matplotlib

    before = dict(matplotlib.rcParams)
    drawn(story)
    assert dict(matplotlib.rcParams) == before
