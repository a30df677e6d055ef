"""The page that a student gets back: true, readable, and nothing in it can run."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from toolkit.domain.people import Student
from toolkit.errors import StateError
from toolkit.exercises import Course, grade_jobs, record_result, render_feedback

SINCE = datetime(2026, 1, 1, tzinfo=UTC)

ATTACK = """
from IPython.display import HTML, SVG, Javascript, Markdown, display
display(HTML('<b onclick="x()">bold</b><script>x()</script><img src=x onerror=x()><iframe src="http://e.org">'))
display(HTML('<a href="javascript:x()">1</a><a href="data:text/html,x">2</a><a href="https://e.org">3</a>'))
display(HTML('<form action="http://e.org"><input autofocus onfocus=x()></form><base href="http://e.org">'))
display(HTML('<img src="https://e.org/pixel.png"><style>body{display:none}</style>'))
display(SVG(data='<svg xmlns="http://www.w3.org/2000/svg" onload="x()"><script>x()</script></svg>'))
display(Javascript('x()'))
display(Markdown('<details ontoggle=x() open>**md**</details>'))
print('\\x1b[31mred\\x1b[0m <script>x()</script>')
"""


@pytest.fixture(scope="module")
def attacked(recorded, workers, answer, job, tmp_path_factory):
    """A submission full of scripts, and its page."""
    folder = tmp_path_factory.mktemp("attacked") / "course"
    course = Course(Path(shutil.copytree(recorded.course.root, folder)))
    nb = json.loads(
        answer("add-up", {"total": "def total(numbers):\n    print('seen', numbers)\n    return 3"})
    )
    nb["cells"][2:2] = [
        {
            "cell_type": "code",
            "id": "x1",
            "metadata": {},
            "source": ATTACK,
            "outputs": [],
            "execution_count": 1,
        },
        {
            "cell_type": "markdown",
            "id": "x2",
            "metadata": {},
            "source": "# Hello <script>x()</script>\n<svg onload=x()></svg> [4](javascript:x()) **md**",
        },
    ]
    ((done, graded),) = grade_jobs(course, [job("eve", "add-up", json.dumps(nb).encode())], executor=workers)
    record_result(course, done, graded, executor=workers)
    student = Student("eve", "Eve <script>x()</script>", SINCE, language="en")
    return render_feedback(course, student, "add-up", graded.outcome, executor=workers)


def test_nothing_in_it_can_run_or_be_fetched(attacked):
    page = BeautifulSoup(attacked, "html.parser")
    assert (
        page.find_all(["script", "iframe", "form", "input", "base", "link", "object", "embed", "details"])
        == []
    )
    for element in page.find_all(True):
        assert not [name for name in element.attrs if name.startswith("on")], element
        for name in ("href", "src"):
            value = element.attrs.get(name)
            assert value is None or re.match(r"(data:image/|https://e\.org$)", value), element
    assert {a["href"] for a in page.find_all("a", href=True)} == {"https://e.org"}
    assert all(image["src"].startswith("data:image/") for image in page.find_all("img", src=True))
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})
    assert policy["content"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert "display:none" not in str(page.find_all("style"))


def test_what_is_harmless_stays(attacked):
    page = BeautifulSoup(attacked, "html.parser")
    assert "bold" in {b.text for b in page.find_all("b")}
    assert "md" in {strong.text for strong in page.find_all("strong")}
    assert page.find("span", class_="ansi-red-fg").text == "red"
    assert [image for image in page.find_all("img") if image.get("src", "").startswith("data:image/svg+xml")]


def test_hidden_tests_stay_hidden_and_their_words_are_told(attacked):
    page = BeautifulSoup(attacked, "html.parser").get_text()
    assert "total([10, -4, 7]) should give 13, yours gave 3" in page
    assert "got = total([1, 2])" in page, "the visible test is shown"
    assert "got = total([10" not in page
    assert "assert got == 13" not in page
    assert "assert got == 0" not in page
    assert "seen [10" not in page, "nor what a hidden test made the answer print"
    assert "BEGIN HIDDEN" not in page
    assert "This test is not shown." in page


def test_points_names_and_words(attacked, recorded, batch, workers):
    page = BeautifulSoup(attacked, "html.parser")
    assert page.h1.text == "Adding up"
    assert "Eve <script>x()</script>" in page.find(class_="who").text, "as text"
    assert page.find(class_="points").get_text(" ", strip=True) == "0 of 3 points · graded"
    states = [mark.svg.title.text for mark in page.find(class_="lines").find_all(class_="mark")]
    assert states == ["not yet", "not yet"]

    def text(who: str) -> str:
        student = Student(who, who.title(), SINCE, language="en")
        html = render_feedback(recorded.course, student, "add-up", batch[who][1].outcome, executor=workers)
        return BeautifulSoup(html, "html.parser").get_text(" ", strip=True)

    assert "3 of 3 points" in text("right")
    assert "Every test passes." in text("right")
    assert "stopped test-sum" in text("loop")
    prose = Student("prose", "Prose", SINCE, language="fr")
    html = render_feedback(recorded.course, prose, "say-why", batch["prose"][1].outcome, executor=workers)
    assert "It counts letters." in html
    assert '<html lang="fr">' in html
    assert "2 cells did not come to an end" in text("loop")
    assert (recorded.course.root / "feedback" / "loop" / "add-up" / "add-up.html").exists()
    torn = text("torn")
    assert "could not be graded" in torn
    assert "not JSON" in torn


def test_the_mentor_says_nothing_that_nobody_wrote(recorded, batch, workers):
    student = Student("untouched", "Untouched", SINCE, language="en")
    html = render_feedback(
        recorded.course, student, "add-up", batch["untouched"][1].outcome, executor=workers
    )
    assert "Not written yet." in html
    assert "No response" not in html


def test_nothing_graded_yet(course, workers):
    nobody = Student("nobody", "Nobody", SINCE)
    with pytest.raises(StateError, match="nothing graded"):
        render_feedback(course, nobody, "add-up", executor=workers)
