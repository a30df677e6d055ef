"""The feedback page for a student is correct and readable, and nothing on it can run."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup

from toolkit.domain.people import Student
from toolkit.errors import StateError
from toolkit.exercises import (
    Course,
    ManualGrade,
    grade_jobs,
    pending_manual_grades,
    read_review_sheet,
    record_result,
    render_feedback,
    write_manual_grade,
)

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
def attack(recorded, workers, answer, job, tmp_path_factory):
    """A submission full of scripts: its feedback page, and nbgrader's own."""
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
    page = render_feedback(course, student, "add-up", graded.outcome, executor=workers)
    own = course.root / "feedback" / "eve" / "add-up" / "add-up.html"
    return SimpleNamespace(page=page, nbgraders=own.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def attacked(attack):
    return attack.page


def test_nbgraders_own_page_runs_and_fetches_nothing_either(attack):
    page = BeautifulSoup(attack.nbgraders, "html.parser")
    active = ["script", "iframe", "form", "input", "base", "link", "object", "embed", "svg", "details"]
    assert page.find_all(active) == []
    assert [meta.get("http-equiv") for meta in page.find_all("meta") if meta.get("http-equiv")] == [
        "Content-Security-Policy"
    ]
    for element in page.find_all(True):
        assert not [name for name in element.attrs if name.startswith("on")], element
        assert str(element.get("src", "data:image/")).startswith("data:image/"), element
        assert re.match(r"#|https://e\.org$", element.get("href", "#")), element
    for style in page.find_all("style"):
        assert "@import" not in style.text
        assert not re.search(r"url\((?!\s*[\"']?data:)", style.text)
    assert "mathjax" not in attack.nbgraders.lower()
    assert page.head.find("meta", {"http-equiv": "Content-Security-Policy"})["content"] == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    )
    # It is the mentor's page: scores and hidden tests are there as ever.
    assert "add-up (Score: 0.0 / 3.0)" in page.text
    assert "BEGIN HIDDEN TESTS" in page.text
    assert "seen" in page.text


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


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
WHY = """It counts __words__, costs $5 and $10, and takes *args: $a_1 + b$

![plot.png](attachment:plot.png) ![gone.png](attachment:gone.png)
"""
SHOWN = r"""
import sys
from IPython.display import HTML, Math, display
for done in range(0, 101, 10):
    print(f"\r{done:3}%", end="", file=sys.stderr, flush=True)
print("\ud800 half a character")
display(Math(r"\frac{1}{2}"))
display({"application/vnd.plotly.v1+json": {}, "text/html": "<div></div><script>x</script>"}, raw=True)
display({"image/png": {"no": "text"}}, raw=True)
display({"application/json": float("nan")}, raw=True)
"""


@pytest.fixture(scope="module")
def pictured(recorded, workers, answer, job, tmp_path_factory):
    """An answer with a pasted picture, one whose picture is missing, and a cell with every kind of output."""
    course = Course(
        Path(shutil.copytree(recorded.course.root, tmp_path_factory.mktemp("pictured") / "course"))
    )
    solved = {"words": "def words():\n    return len(TEXT.read_text().split())", "why": WHY}
    nb = json.loads(answer("say-why", solved))
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "why":
            cell["attachments"] = {"plot.png": {"image/png": PIXEL}, "odd": 5}
    extra = {"cell_type": "code", "id": "x1", "metadata": {}, "outputs": [], "execution_count": None}
    nb["cells"].insert(2, {**extra, "source": SHOWN})
    one = job("pia", "say-why", json.dumps(nb).encode())
    ((done, graded),) = grade_jobs(course, [one], executor=workers)
    record_result(course, done, graded, executor=workers)
    page = render_feedback(course, Student("pia", "Pia", SINCE), "say-why", graded.outcome, executor=workers)
    sheet = read_review_sheet(course, "pia", "say-why", one.received_at, executor=workers)
    return SimpleNamespace(course=course, outcome=graded.outcome, page=page, sheet=sheet)


def test_a_pasted_picture_is_kept_through_grading_feedback_and_review(pictured):
    folder = pictured.course.root
    nb = nbformat.read(folder / "autograded" / "pia" / "say-why" / "say-why.ipynb", as_version=4)
    nbformat.validate(nb)
    (cell,) = [cell for cell in nb.cells if "attachments" in cell]
    assert cell.attachments == {"plot.png": {"image/png": PIXEL}}
    own = (folder / "feedback" / "pia" / "say-why" / "say-why.html").read_text(encoding="utf-8")
    (answered,) = [cell.html for cell in pictured.sheet.cells if cell.name == "why"]
    for html in (pictured.page, own, answered):
        page = BeautifulSoup(html, "html.parser")
        assert [image["src"] for image in page.find_all("img", alt="plot.png")] == [
            f"data:image/png;base64,{PIXEL}"
        ]
        assert "(The picture gone.png is missing: it was not handed in.)" in page.text
        said = " ".join(page.text.split())
        assert "It counts __words__, costs $5 and $10, and takes *args: $a_1 + b$" in said


def test_outputs_are_shown_as_they_were_seen(pictured):
    own = pictured.course.root / "feedback" / "pia" / "say-why" / "say-why.html"
    shown = "".join(cell.outputs for cell in pictured.sheet.cells)
    for html in (pictured.page, own.read_text(encoding="utf-8"), shown):
        page = BeautifulSoup(html, "html.parser").text
        assert "100%" in page
        assert " 90%" not in page
        assert "\N{REPLACEMENT CHARACTER} half a character" in page
        assert r"$\displaystyle \frac{1}{2}$" in page
        assert "(Formulas are shown as they were typed, in LaTeX.)" in page
        assert "(Not shown here: a Plotly figure. Open the notebook to see it.)" in page
        assert "(A picture that cannot be shown: image/png)" in page
    # None of it stopped the tests after it.
    assert [(test.grade_id, test.points) for test in pictured.outcome.results] == [
        ("test-words", 1.0),
        ("why", None),
    ]


def test_a_comment_stays_as_typed(pictured, workers):
    comment = "Use __init__ and *args: it costs $5 and $10, **not** `__x__`."
    waits = next(one for one in pending_manual_grades(pictured.course, executor=workers) if one[0] == "pia")
    given = ManualGrade(comments={"why": ("", comment)})
    write_manual_grade(pictured.course, "pia", "say-why", waits[2], given, executor=workers)
    page = render_feedback(
        pictured.course, Student("pia", "Pia", SINCE), "say-why", pictured.outcome, executor=workers
    )
    own = pictured.course.root / "feedback" / "pia" / "say-why" / "say-why.html"
    for html in (page, own.read_text(encoding="utf-8")):
        found = BeautifulSoup(html, "html.parser")
        assert "Use __init__ and *args: it costs $5 and $10, not __x__." in found.text
        assert "not" in [strong.text for strong in found.find_all("strong")]
