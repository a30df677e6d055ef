from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import nbformat
import pytest
from bs4 import BeautifulSoup

from toolkit.domain.people import Student
from toolkit.errors import ExecutionError
from toolkit.reports.export import progress_report

NASTY = '<script>alert("x")</script><img src=http://evil.example/x onerror=alert(1)> $x$ אבג 🙂 ' + "A" * 220


def check_page(page):
    """Check that a page loads nothing from elsewhere and runs no scripts."""
    for element in BeautifulSoup(page, "html.parser").find_all():
        assert element.name not in {"script", "iframe", "object", "embed", "link", "form", "svg", "base"}
        for name, value in element.attrs.items():
            assert not name.startswith("on")
            assert name not in {"src", "href"} or value.startswith("data:image/svg+xml;base64,")
    assert not re.search(r"url\(|@import", page)


def test_somebody_with_a_hostile_name(story, tmp_path):
    story.student = Student("ana", NASTY, story.now)
    story.attempts[5] = story.attempts[5].__class__(
        **{**vars(story.attempts[5]), "exercise_id": "median", "hints_used": 1}
    )
    notebook, page = progress_report.write_progress_report(story.told(), tmp_path / "students" / "ana")
    assert (notebook.name, page.name) == ("progress.ipynb", "progress.html")
    nb = nbformat.read(notebook, as_version=4)
    nbformat.validate(nb)
    about = dict(nb.metadata["mentoring"])
    assert about.pop("made_from") == progress_report.ProgressReportWriter().made_from(story.told())
    assert about == {"kind": "progress", "student": "ana", "language": "en"}
    # Readable without running: every cell but the parameters has said something, and none complained.
    for cell in nb.cells:
        if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
            assert [output.output_type for output in cell.outputs] == ["execute_result"], cell.source
            assert cell.metadata["jupyter"]["source_hidden"]
    text = page.read_text(encoding="utf-8")
    check_page(text)
    assert '<html lang="en">' in text
    assert "<title>Progress of &lt;script&gt;" in text
    assert "The median" in text
    assert "page.letter" not in text
    assert "secret.zip" not in notebook.read_text(encoding="utf-8")


def test_nothing_has_happened_yet_in_french(blank, tmp_path):
    blank.student = Student("leo", "Léo", blank.now, language="fr")
    notebook, page = progress_report.write_progress_report(blank.told(), tmp_path)
    text = page.read_text(encoding="utf-8")
    check_page(text)
    assert '<html lang="fr">' in text
    assert "Le parcours" in text
    assert ">The path<" not in text
    assert "Températures" in text
    assert 'lang="fr"' in notebook.read_text(encoding="utf-8").replace('\\"', '"')


def test_raising_mentor_template_keeps_the_last_good_reports(blank, tmp_path):
    """If the mentor's template raises, the last good reports stay."""
    own = tmp_path / "templates" / "reports" / "progress.ipynb"
    own.parent.mkdir(parents=True)
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("snapshot['no such thing']")])
    own.write_text(nbformat.writes(nb))
    folder = tmp_path / "ana"
    folder.mkdir()
    for name in ("progress.ipynb", "progress.html"):
        (folder / name).write_text("good")
    with pytest.raises(ExecutionError, match="KeyError: 'no such thing'"):
        progress_report.write_progress_report(blank.told(), folder, tmp_path / "templates")
    assert {path.read_text() for path in folder.iterdir()} == {"good"}


def test_what_a_report_is_made_from(story, tmp_path):
    maker = progress_report.ProgressReportWriter()
    first = maker.made_from(story.told())
    story.now += timedelta(minutes=5)
    assert maker.made_from(story.told()) == first, "the time of day is no news"
    story.now += timedelta(days=3)
    assert maker.made_from(story.told()) != first, "an action is late by now"
    style = tmp_path / "nbconvert" / "mentoring" / "static" / "report.css"
    style.parent.mkdir(parents=True)
    style.write_text("p { color: teal }")
    assert progress_report.ProgressReportWriter(tmp_path).digest != maker.digest


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("while True: pass", "took longer than 1 s"),
        ("import os\nos._exit(3)", r"the kernel died\. .*3"),
        ("print('x' * 100_000_000)", "shows more than 19 MB"),
        ("snapshto['student']", "Did you mean snapshot"),
        ("snapshot['atempts']", "Did you mean attempts"),
        ("snapshot['colour']", "A template gets: actions, attempts, changes"),
    ],
    ids=["loops", "dies", "floods", "name", "key", "unknown"],
)
def test_a_template_that_does_not_work_says_why(blank, tmp_path, cell, said):
    own = tmp_path / "templates" / "reports" / "progress.ipynb"
    own.parent.mkdir(parents=True)
    parameters = nbformat.v4.new_code_cell("snapshot = {}", metadata={"tags": ["parameters"]})
    own.write_text(
        nbformat.writes(nbformat.v4.new_notebook(cells=[parameters, nbformat.v4.new_code_cell(cell)]))
    )
    with pytest.raises(ExecutionError, match=said):
        progress_report.ProgressReportWriter(
            tmp_path / "templates", timeout=1 if "while" in cell else 60
        ).write(blank.told(), tmp_path / "ana")
    assert not (tmp_path / "ana").exists()


def test_many_at_a_time_do_not_mix(story, blank, tmp_path):
    blank.student = Student("leo", "Léo", blank.now, language="fr")
    maker = progress_report.ProgressReportWriter()
    told = {"ana": story.told(), "leo": blank.told()}
    with ThreadPoolExecutor(2) as pool:
        names = ["ana", "leo"] * 3
        made = list(
            pool.map(lambda pair: maker.write(told[pair[1]], tmp_path / str(pair[0])), enumerate(names))
        )
    pages = [page.read_text(encoding="utf-8") for _notebook, page in made]
    assert len(set(pages)) == 2
    assert ['lang="fr"' in page for page in pages] == [name == "leo" for name in names]
