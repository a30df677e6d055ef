from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from toolkit.domain.agenda import AgendaItem, AgendaState
from toolkit.domain.attempt import TestResult, Verdict
from toolkit.domain.mastery import MasteryState
from toolkit.domain.people import Student
from toolkit.reports import Page
from toolkit.reports.render.icons import ATTEMPT_ICONS, SKILL_ICONS, icon, share_bar

PARTS = ("letter", "path", "key", "attempts", "points", "sessions", "actions", "next_steps", "reviews")
HOSTILE = (
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    "]]></svg><style>*{display:none}</style>",
    "$x^2$ `code` **bold** {{snapshot}} %s {0}",
    "\u202etxt.exe אבג 🙂",
    "A" * 300,
)


class Elements(HTMLParser):
    """Every element and attribute of a text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in {"img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


OURS = {
    *(
        "div",
        "h1",
        "h3",
        "p",
        "small",
        "br",
        "bdi",
        "span",
        "ul",
        "li",
        "code",
        "img",
        "figure",
        "figcaption",
    ),
    *("strong", "em", "h4", "ol", "blockquote", "a", "pre", "hr"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


def check(html: str) -> Elements:
    found = Elements(html)
    assert found.names <= OURS
    assert not found.open
    assert {name for _tag, name, _value in found.attributes} <= {
        *("class", "lang", "style", "scope", "src", "alt", "width", "height", "href"),
    }
    for _tag, name, value in found.attributes:
        if name == "src":
            ElementTree.fromstring(b64decode(value.removeprefix("data:image/svg+xml;base64,")))
    return found


def html(page: Page, part: str) -> str:
    return getattr(page, part)()._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_the_story(story, part):
    check(html(Page(story.told()), part))


@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_nothing(blank, part):
    check(html(Page(blank.told()), part))


@pytest.mark.parametrize("nasty", HOSTILE, ids=range(len(HOSTILE)))
def test_what_people_write_stays_text(story, make_attempt, nasty):
    story.student = Student("ana", nasty, story.now)
    texts = {"en": nasty, "fr": nasty}
    story.cards = tuple(
        card.model_copy(update={"title": card.title.model_copy(update=texts)}) for card in story.cards
    )
    story.actions = [
        type(action)(action.id, nasty, plan=nasty, due=action.due, state=action.state)
        for action in story.actions
    ]
    agenda = (AgendaItem("1", nasty, 5, 1.0, state=AgendaState.DISCUSSED),)
    held = replace(story.sessions[0], agenda=agenda, recap=f"{nasty}\n\n{nasty}")
    story.sessions = [held]
    story.attempts.append(make_attempt("median", 0.5, 1, messages=[nasty, nasty]))
    page = Page(story.told())
    for part in PARTS:
        check(html(page, part))
    assert nasty.replace("`", "") in str(page.actions()).replace("`", "")


def test_it_reads_without_html(story):
    page = Page(story.told())
    assert str(page.letter()).splitlines()[0] == "Ana Sílva"
    assert "Values" in str(page.path())
    assert "refresh due" in str(page.path())
    assert str(page.attempts() + page.points()).count("The median") == 1
    assert repr(page) == "Page('ana', 2026-11-24)"


def test_state_is_shape_and_word(story):
    content = html(Page(story.told()), "path")
    for state in (MasteryState.LEARNING, MasteryState.REFRESH_DUE, MasteryState.NOT_STARTED):
        assert f"{icon(SKILL_ICONS[state])} {state}<" in content
    assert len({re.sub("#[0-9a-f]+", "", drawing) for drawing in SKILL_ICONS.values()}) == len(SKILL_ICONS)
    assert len({re.sub("#[0-9a-f]+", "", drawing) for drawing in ATTEMPT_ICONS.values()}) == len(
        ATTEMPT_ICONS
    )


def test_a_bar_stays_in_its_track():
    for share in (-1, 0, 0.5, 1, 7):
        check(share_bar(share))


def test_it_speaks_the_students_language_wherever_it_runs(story):
    story.student = Student("ana", "Ana", story.now, language="fr")
    block = Page(story.told().model_dump(mode="json")).path()
    assert block.language == "fr"
    assert "Compétence" in block.html


def test_two_marks_side_by_side(story):
    content = html(Page(story.told()), "path")
    assert content.count("Student") == content.count("Mentor") == 1
    story.marks, story.opinions = [], []
    assert "Marks" not in html(Page(story.told()), "path")


def test_many_exercises_find_room(blank, make_attempt):
    blank.attempts = [make_attempt(f"exercise-{n}", n + 1) for n in range(30)]
    assert "The last 10 exercises are shown." in str(Page(blank.told()).attempts())


def test_a_recap_is_markdown_and_stays_harmless(story):
    recap = (
        "**Agreed**\n\n- one\n- two\n\n# Big\n<img src=x onerror=alert(1)>\n\n![y](https://evil.example/z)"
    )
    story.sessions[0] = replace(story.sessions[0], recap=recap)
    content = html(Page(story.told()), "sessions")
    check(content)
    assert "<strong>Agreed</strong>" in content
    assert "<li>one</li>" in content
    assert "<h4>Big</h4>" in content
    assert '<img alt="y">' in content
    assert (
        "What was agreed, today: <bdi>Solve the median (open)</bdi> · <bdi>Install Python (done)" in content
    )
    assert "Discussed" not in content
    story.sessions[0] = replace(story.sessions[0], recap="  ")
    assert "Discussed: <bdi>Loops that never end</bdi>" in html(Page(story.told()), "sessions")


def test_points_that_the_mentor_has_yet_to_give(blank, make_attempt):
    one = make_attempt("temperature", 2)
    manual = TestResult("essay", None, 2.0)
    outcome = replace(one.outcome, results=(*one.outcome.results, manual), verdict=Verdict.PARTLY_GRADED)
    blank.attempts = [replace(one, outcome=outcome)]
    snapshot = blank.told()
    assert (snapshot.exercises[0].pending, snapshot.attempts[0].solved) == (2.0, True)
    assert "3 of 5" in str(Page(snapshot).points())
    assert "2 wait for the mentor" in str(Page(snapshot).points())
