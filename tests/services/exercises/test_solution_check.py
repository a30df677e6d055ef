"""If a course's own solution fails its tests, the mentor is told before anything is graded by them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.services.watch_runner import Watching
from toolkit.cli.main import main
from toolkit.practice import Practice
from toolkit.services.exercises.solution_check import check_solutions
from toolkit.services.practice import create_practice

SAMPLE = Path(__file__).parents[2] / "exercises" / "sample_course" / "source" / "add-up"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """An nbgrader course whose solution fails a test of its own."""
    folder = tmp_path / "course"
    shutil.copytree(SAMPLE, folder / "source" / "add-up")
    path = folder / "source" / "add-up" / "add-up.ipynb"
    nb = json.loads(path.read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "test-sum":
            cell["source"] = "assert total([1]) == 2, 'one and one'"
    path.write_text(json.dumps(nb), encoding="utf-8")
    return folder


def mentor(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0


def test_an_adopted_course_is_told_what_its_solution_fails(course, monkeypatch, capsys):
    monkeypatch.setenv("MENTORING_LANG", "en")
    mentor(["init", str(course)])
    assert "add-up: The solution fails test 'test-sum': one and one" in capsys.readouterr().err
    # It was said, and is not said again until something changes.
    practice = Practice(course)
    assert check_solutions(practice) == []
    path = course / "source" / "add-up" / "add-up.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("one and one", "still"), encoding="utf-8")
    assert [one.exercise for one in check_solutions(practice, ["add-up"])] == ["add-up"]
    assert practice.config.grading.stderr_fails


def test_an_imported_course_is_told_of_too(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MENTORING_LANG", "en")
    practice = create_practice.create_practice(tmp_path / "practice", course=False).practice
    assert not practice.config.grading.stderr_fails
    mentor(["--practice", str(practice.root), "import", str(course)])
    assert "The solution fails test 'test-sum': one and one" in capsys.readouterr().err
    mentor(["--practice", str(practice.root), "exercise", "release", "add-up"])
    assert "fails test" not in capsys.readouterr().err
    # Who changes it then and watches is told before the first submission.
    path = practice.root / "source" / "add-up" / "add-up.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("one and one", "still"), encoding="utf-8")
    news = Watching(practice, lambda _news: True).news
    assert ["still" in str(one.solution) for one in news] == [True]
    assert Watching(practice, lambda _news: True).news == []
