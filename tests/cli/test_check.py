"""`mentor check`: the visible tests from the command line."""

from __future__ import annotations

import json

import pytest

from toolkit import exercises
from toolkit.exercises import Course, insert_answers, worked_solution


@pytest.fixture
def notebook(demo_practice, tmp_path):
    """Return a copy of bakery-till in a file, solved or not."""

    def write(*, solved):
        course = Course(demo_practice.root)
        data = exercises.student_copy(course, "bakery-till", "fr", "zoe-lefevre")
        path = tmp_path / "bakery-till.ipynb"
        path.write_bytes(insert_answers(data, worked_solution(course, "bakery-till")) if solved else data)
        return path

    return write


def test_the_solution_passes(on_demo, notebook):
    code, out, _err = on_demo("check", notebook(solved=True))
    assert code == 0
    assert "not yet" not in out
    assert "Passed: " in out


def test_what_does_not_pass_says_why(on_demo, notebook):
    code, out, _err = on_demo("check", notebook(solved=False), "--json")
    assert code == 1
    lines = json.loads(out)
    assert {line["exercise"] for line in lines} == {"bakery-till"}
    assert not any(line["passed"] for line in lines)
    assert all(line["message"] for line in lines)


def test_nothing_of_a_check_is_kept_and_no_test_can_be_removed(on_demo, demo_practice, notebook):
    path = notebook(solved=False)
    nb = json.loads(path.read_text())
    nb["cells"] = [c for c in nb["cells"] if not c["metadata"].get("nbgrader", {}).get("grade")]
    nb["cells"].append(
        {
            "cell_type": "code",
            "id": "x",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": "open('/workspace/left', 'w')",
        }
    )
    path.write_text(json.dumps(nb))
    with demo_practice.store.read() as tx:
        before = len(tx.attempts.all())
    code, out, _err = on_demo("check", path)
    assert code == 1
    assert "not yet" in out
    with demo_practice.store.read() as tx:
        assert len(tx.attempts.all()) == before
    assert not list(demo_practice.root.rglob("left"))


def test_an_exercise_means_the_copies_in_the_workspaces(on_demo, demo_practice):
    assert on_demo("exercise", "release", "bakery-till", "--student", "zoe-lefevre")[0] == 0
    code, out, _err = on_demo("check", "bakery-till", "--student", "zoe-lefevre")
    assert code == 1
    assert "zoe-lefevre" in out


@pytest.mark.parametrize(
    ("what", "said"),
    [("nothing.ipynb", "There is no file"), ("bakery-til", "Did you mean bakery-till"), (".", "bakery-till")],
)
def test_what_is_not_there(on_demo, what, said):
    code, _out, err = on_demo("check", what)
    assert code == 2
    assert said in err or what == "."


def test_a_file_that_is_no_notebook(on_demo, tmp_path):
    path = tmp_path / "notes.ipynb"
    path.write_text("hello")
    code, _out, err = on_demo("check", path)
    assert code == 2
    assert "not a notebook" in err
