from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import nbformat
import pytest

from toolkit.domain.agenda import usual_agenda
from toolkit.domain.people import Student
from toolkit.domain.record_entries import RECORD_NAME
from toolkit.errors import InputError, NotFoundError, StorageError
from toolkit.i18n import use_language
from toolkit.reports import to_html
from toolkit.reports.run import session_notebook
from toolkit.widgets import Record

NAME = "<b>Zoé</b> [x](javascript:alert(1))"
CELLS = [
    {
        "cell_type": "markdown",
        "id": "median-statement",
        "metadata": {},
        "source": "# The median\n\nGive the middle.\n\n```python\n# not a heading\n```\n",
    },
    {
        "cell_type": "code",
        "id": "median-solution",
        "metadata": {"nbgrader": {"grade_id": "median", "solution": True, "grade": False}},
        "source": "def median(values):\n    raise NotImplementedError\n\nmedian([1])",
        "outputs": [],
        "execution_count": None,
    },
]


@pytest.fixture
def entries(story):
    with use_language("fr"):
        agenda = {
            f"agenda:a{n}": {"id": f"a{n}", "text": text, "minutes": minutes, "order": n}
            for n, (text, minutes) in enumerate(usual_agenda(30))
        }
    return {
        "session": {
            "id": "ana-3",
            "student": NAME,
            "language": "fr",
            "starts_at": (story.now + timedelta(7)).isoformat(),
            "minutes": 30,
        },
        "timer": {"minutes": 30},
        **agenda,
        "action:a1": {"id": "a1", "text": "Solve <i>the median</i>", "carried_from": "a0"},
        "check:loops": {"id": "loops", "title": "Boucles", "milestone": "Premiers pas"},
        "exercise:median": {"id": "median", "title": "La médiane", "hint_count": 3},
    }


@pytest.fixture
def student(story):
    return Student("ana", NAME, story.now, language="fr")


def test_one_session(entries, student, tmp_path):
    folder = tmp_path / "students" / "ana" / "sessions" / "ana-3"
    folder.mkdir(parents=True)
    record = Record.create(folder / RECORD_NAME, entries)
    before = record.path.read_bytes()
    # What lies in a student's folder is not imported by the mentor's kernel.
    (folder / "toolkit.py").write_text("raise SystemExit('student code ran')")
    path = session_notebook.write_session_notebook(
        folder,
        entries,
        CELLS,
        student=student,
        mentor="Ada <i>Byron</i>",
        video="https://meet.example.org/a_b?x=1&y=2",
        warm_up=["Boucles *?*", "Listes"],
        within=tmp_path / "students" / "ana",
    )

    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    assert nb.metadata["mentoring"] == {
        "kind": "session",
        "session": "ana-3",
        "student": "ana",
        "exercise": "median",
        "language": "fr",
    }
    assert record.path.read_bytes() == before
    assert sorted(item.name for item in folder.iterdir()) == [RECORD_NAME, "session.ipynb", "toolkit.py"]

    markdown = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    assert "Bonjour &lt;b&gt;Zoé&lt;/b&gt;" in markdown.replace("\u2068", "").replace("\u2069", "")
    assert "1. Boucles \\*?\\*\n2. Listes" in markdown
    assert "### The median" in markdown
    assert "\n# not a heading" in markdown
    assert "Hello" not in markdown
    assert "– Ada &lt;i&gt;Byron&lt;/i&gt;" in markdown
    assert "ouvre <https://meet.example.org/a_b?x=1&y=2>" in markdown
    assert "tu peux y écrire" in markdown
    assert "vous" not in markdown
    assert "{{" not in markdown

    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    assert (
        nb.cells[0].source
        == "from toolkit import ActionItems, Agenda, Checklist, ExerciseCard, PrepCard, Record, Timer"
    )
    (parameters,) = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert parameters.metadata["jupyter"] == {"source_hidden": True}
    seen = [cell for cell in code if cell is not parameters and "nbgrader" not in cell.metadata]
    assert seen[1].source == "record = Record.here()"
    assert max(len(cell.source.splitlines()) for cell in seen) == 2
    # The widgets show their static form at once; the solution has not been run.
    drawn = [cell for cell in code if cell.outputs]
    assert [cell.source.split()[0] for cell in drawn] == [
        *("timer", "prep", "agenda", "promised", "exercise_card", "actions", "checklist"),
    ]
    for cell in drawn:
        (output,) = cell.outputs
        assert set(output.data) >= {"text/html", "text/plain"}
        assert "application/vnd.jupyter.widget-view+json" not in output.data
    solution = next(cell for cell in code if cell.id == "median-solution")
    assert "raises-exception" in solution.metadata["tags"]
    assert solution.metadata["nbgrader"]["grade_id"] == "median"
    assert "widgets" not in nb.metadata

    page = to_html(path)
    assert "Solve &lt;i&gt;the median&lt;/i&gt;" in page
    assert "Agenda(record)" not in page
    assert 'href="javascript' not in page
    assert 'href="https://meet.example.org/a_b?x=1&amp;y=2"' in page

    # A second time nothing is touched.
    path.write_text("what people wrote")
    assert session_notebook.write_session_notebook(folder, entries, CELLS, student=student) == path
    assert path.read_text() == "what people wrote"


def test_a_first_session_has_no_exercise_and_nothing_carried(entries, student, tmp_path):
    first = {key: value for key, value in entries.items() if key[:7] not in {"action:", "exercis"}}
    first["session"]["language"] = "en"
    Record.create(tmp_path / RECORD_NAME, first)
    nb = nbformat.read(
        session_notebook.write_session_notebook(tmp_path, first, student=student), as_version=4
    )
    text = json.dumps(nb)
    for absent in ("Exercise of the day", "ExerciseCard(record)", "from memory", "What was agreed"):
        assert absent not in text, absent
    assert "exercise" not in nb.metadata["mentoring"]
    assert "## Agenda" in text


def test_french_says_vous_where_the_student_is_spoken_to_so(entries, student, tmp_path):
    Record.create(tmp_path / RECORD_NAME, entries)
    student = replace(student, address="vous")
    nb = nbformat.read(
        session_notebook.write_session_notebook(tmp_path, entries, student=student), as_version=4
    )
    markdown = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    assert "vous pouvez y écrire" in markdown
    assert "tu peux" not in markdown
    # Neither was told.
    assert "– " not in markdown
    assert "appel" not in markdown


def test_a_link_that_is_none_is_named(entries, student, tmp_path):
    Record.create(tmp_path / RECORD_NAME, entries)
    with pytest.raises(InputError, match=r"javascript:alert\(1\)"):
        session_notebook.write_session_notebook(
            tmp_path, entries, student=student, video="javascript:alert(1)"
        )
    assert not (tmp_path / "session.ipynb").exists()


def test_a_link_on_the_table_is_not_followed(entries, student, tmp_path):
    workspace, outside = tmp_path / "workspace", tmp_path / "outside"
    workspace.mkdir()
    outside.mkdir()
    (workspace / "sessions").symlink_to(outside)
    folder = workspace / "sessions"
    Record.create(folder / RECORD_NAME, entries)
    with pytest.raises(StorageError, match="sessions is a link"):
        session_notebook.write_session_notebook(folder, entries, student=student, within=workspace)
    assert [path.name for path in outside.iterdir()] == [RECORD_NAME]


def test_a_folder_without_a_record(entries, student, tmp_path):
    with pytest.raises(NotFoundError, match=r"There is no record\.json"):
        session_notebook.write_session_notebook(tmp_path, entries, student=student)
    assert not (tmp_path / "session.ipynb").exists()
