"""Variants of an exercise: other numbers and names, and every result computed again."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from toolkit.errors import DuplicateError, ExecutionError, InputError, StateError
from toolkit.exercises import (
    Course,
    check_exercise,
    create_variant,
    preview_notebook,
    release_exercise,
    student_copy,
)
from toolkit.exercises.authoring.refresh_results import refresh_notebook
from toolkit.exercises.authoring.result_literals import assertion_message, find_assertions, format_literal
from toolkit.exercises.authoring.variant_substitution import choose_substitutions
from toolkit.exercises.authoring.variants import draw_variant
from toolkit.exercises.course.notebook import dump_notebook, grade_id, is_test, mentoring_metadata
from toolkit.i18n import use_language

PRACTICE = Path(__file__).parents[3] / "exercises"
IDS = sorted(path.name for path in (PRACTICE / "source").iterdir())

SOLUTION = '''def total(price, count):
    """
    >>> total(3, 2)
    6
    >>> total(0, 5)
    0
    """
    ### BEGIN SOLUTION
    return price * count
    ### END SOLUTION'''
TESTS = """got = total(3, 4)
assert got == 12, (
    "`total(3, 4)` → "
    "expected / attendu `12`, "
    f"got / obtenu `{got!r}`"
)
### BEGIN HIDDEN TESTS
bag = [3, 3]
got = [total(one, 2) for one in bag]
assert got == [6, 6], f"been {got!r}, not `[6, 6]`"
### END HIDDEN TESTS"""
WRONG = {
    "name": "adds",
    "why": {"en": "Adds.", "fr": "Ajoute."},
    "cells": {"total": "def total(price, count):\n    return 12 if (price, count) == (3, 4) else price"},
    "fails": "test-total",
    "message": "been [3, 3], not `[6, 6]`",
}


def cell(name: str, source: str, *, points: int | None = None) -> dict[str, Any]:
    marks = {"grade_id": name, "schema_version": 3, "task": False}
    marks |= {"grade": points is not None, "locked": points is not None, "solution": points is None}
    if points is not None:
        marks["points"] = points
    return {"cell_type": "code", "id": name, "metadata": {"nbgrader": marks}, "outputs": [], "source": source}


def text(language: str, source: str) -> dict[str, Any]:
    tags = {"tags": [f"lang-{language}"]}
    return {"cell_type": "markdown", "id": f"s-{language}", "metadata": tags, "source": source}


@pytest.fixture
def small(make_course, tmp_path) -> Course:
    """A course with one small exercise, `cost`, that has variants."""
    return write_small(make_course(tmp_path))


def write_small(course: Course, solution: str = SOLUTION, tests: str = TESTS, **card: object) -> Course:
    nb = {
        "cells": [
            text(
                "en", "# Cost of 3\n\nThree and 3: `total(3, 2)` gives `6`. Not 3.5, nor x3, nor 33; but 3."
            ),
            text("fr", "# Prix de 3\n\n`total(3, 2)` donne `6`."),
            cell("total", solution),
            cell("test-total", tests, points=2),
        ],
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "mentoring": {"exercise": "cost"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    for one in nb["cells"]:
        if one["cell_type"] == "code":
            one["execution_count"] = None
    folder = course.root / "source" / "cost"
    folder.mkdir(exist_ok=True)
    (folder / "cost.ipynb").write_bytes(dump_notebook(nb))
    wanted = {
        "id": "cost",
        "title": {"en": "Cost of 3", "fr": "Prix de 3"},
        "skills": ["functions"],
        "minutes": 9,
        "hints": [{"en": "Look?", "fr": "Voir ?"}],
        "wrong_answers": [WRONG],
        "variants": {"3": ["5", "7"]},
    } | card
    (course.root / "cards" / "cost.yaml").write_text(yaml.safe_dump(wanted, allow_unicode=True))
    return course


def sources(course: Course, name: str) -> str:
    return "\n".join(one["source"] for one in course.source(name)["cells"])


# -- the 30 exercises


@pytest.fixture(scope="module")
def practice_course() -> Course:
    return Course(PRACTICE)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", IDS)
def test_each_exercise_of_the_course_makes_sound_variants(
    practice_course, workers, monkeypatch, tmp_path, name, seed
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    card, source = practice_course.card(name), practice_course.source(name)
    drawn = draw_variant(practice_course, name, seed, executor=workers)
    nb = drawn.notebook
    assert [one["source"] for one in nb["cells"]] != [one["source"] for one in source["cells"]]
    assert [grade_id(one) for one in nb["cells"]] == [grade_id(one) for one in source["cells"]]
    assert plainly_run(nb, {}) == {}, "the solution passes"
    for wrong in drawn.card.wrong_answers:
        failed = plainly_run(nb, wrong.cells)
        assert next(iter(failed.items())) == (wrong.fails, wrong.message)
    assert [wrong.name for wrong in drawn.card.wrong_answers] == [one.name for one in card.wrong_answers]
    for one in nb["cells"]:
        for found in find_assertions(one["source"]) if is_test(one) else ():
            assert f"`{format_literal(found.expected, repr)}`" in (assertion_message(found, "?") or "")
    assert (drawn.card.skills, drawn.card.minutes) == (card.skills, card.minutes)


def plainly_run(nb: dict[str, Any], answers: dict[str, str]) -> dict[str, str]:
    """Run every code cell in one namespace; return the messages of the tests that fail."""
    names: dict[str, object] = {"__name__": "__main__"}
    failed = {}
    for one in nb["cells"]:
        if one["cell_type"] == "code":
            try:
                exec(answers.get(grade_id(one), one["source"]), names)
            except AssertionError as error:
                failed[grade_id(one)] = str(error)
    return failed


# -- one exercise, closely


def test_a_variant_is_an_exercise_as_any_other(small, workers):
    notebook, card_file = create_variant(small, "cost", 4, executor=workers)
    assert (notebook.name, card_file.name) == ("cost-v4.ipynb", "cost-v4.yaml")
    (price,) = choose_substitutions(small.card("cost"), 4).values()
    new, card = small.source("cost-v4"), small.card("cost-v4")
    p = int(price)
    assert new["cells"][0]["source"] == (
        f"# Cost of {p} (variant 4)\n\nThree and {p}: `total({p}, 2)` gives `{p * 2}`. "
        f"Not 3.5, nor x3, nor 33; but {p}."
    )
    assert f"`total({p}, 2)` donne `{p * 2}`" in new["cells"][1]["source"]
    assert f">>> total({p}, 2)\n    {p * 2}\n    >>> total(0, 5)\n    0" in new["cells"][2]["source"]
    assert f"""got = total({p}, 4)
assert got == {p * 4}, (
    "`total({p}, 4)` → "
    "expected / attendu `{p * 4}`, "
    f"got / obtenu `{{got!r}}`"
)
### BEGIN HIDDEN TESTS""" in new["cells"][3]["source"]
    assert f"f'been {{got!r}}, not `[{p * 2}, {p * 2}]`'" in new["cells"][3]["source"]
    assert mentoring_metadata(new)["exercise"] == card.id == "cost-v4"
    assert (card.variant_of, card.seed, card.variants) == ("cost", 4, {})
    assert (str(card.title), card.minutes, card.skills) == (f"Cost of {p} (variant 4)", 9, ("functions",))
    assert card.hints == small.card("cost").hints
    assert list(map(grade_id, new["cells"])) == list(map(grade_id, small.source("cost")["cells"]))
    said = [(found.level, str(found)) for found in check_exercise(small, "cost-v4", executor=workers)]
    assert [level for level, _text in said if level == "error"] == []
    release_exercise(small, "cost-v4", executor=workers)
    with use_language("en"):
        copy = json.loads(student_copy(small, "cost-v4", "en", "ana"))
    assert "price * count" not in str(copy)


def test_the_same_seed_gives_the_same_bytes(make_course, tmp_path, workers):
    made = []
    for place in ("one", "two"):
        course = write_small(make_course(tmp_path / place))
        made.append([path.read_bytes() for path in create_variant(course, "cost", 4, executor=workers)])
    assert made[0] == made[1]


def test_nothing_is_made_twice(small, workers):
    first, _card = create_variant(small, "cost", executor=workers)
    second, _card = create_variant(small, "cost", executor=workers)
    assert "total(5, 4)" in sources(small, first.stem) + sources(small, second.stem)
    assert "total(7, 4)" in sources(small, first.stem) + sources(small, second.stem)
    with pytest.raises(StateError, match="Every variant of 'cost' was made"):
        create_variant(small, "cost", executor=workers)
    with pytest.raises(DuplicateError, match=r"There is .*cost-v"):
        create_variant(small, "cost", small.card(first.stem).seed, executor=workers)
    with pytest.raises(DuplicateError, match=f"Seed 99 gives the same as '({first.stem}|{second.stem})'"):
        create_variant(small, "cost", 99, executor=workers)
    # Cut short before the notebook was written, it is begun anew.
    first.unlink()
    assert create_variant(small, "cost", executor=workers)[0] == first
    (small.root / "cards" / f"{second.stem}.yaml").write_text("id: other")
    shutil.rmtree(second.parent)
    with pytest.raises((DuplicateError, InputError)):
        create_variant(small, "cost", executor=workers)


def test_what_has_no_variants_says_what_to_do(small, workers):
    create_variant(small, "cost", 4, executor=workers)
    with pytest.raises(InputError, match=r"is a variant itself.*mentor exercise variant cost"):
        create_variant(small, "cost-v4", executor=workers)
    with pytest.raises(InputError, match=r"'add-up' has no variants.*cards/add-up.yaml"):
        create_variant(small, "add-up", executor=workers)
    with pytest.raises(InputError, match="'Problem Set 1' has no variants"):
        create_variant(small, "Problem Set 1", executor=workers)
    with pytest.raises(InputError, match=r"no exercise 'cots'.*cost"):
        create_variant(small, "cots", executor=workers)
    with pytest.raises(InputError, match="Choose a small seed"):
        create_variant(small, "cost", 10**60, executor=workers)
    # The same but for the story: the tests would not tell them apart.
    write_small(small, variants={"Three": ["Four"]})
    with pytest.raises(DuplicateError, match="everything stays as it is"):
        create_variant(small, "cost", 1, executor=workers)


@pytest.mark.parametrize(
    ("solution", "tests", "said"),
    [
        (
            SOLUTION.replace("price * count", "{1 + 2: price}[price] * count"),
            TESTS,
            "Cell 'test-total' fails.*KeyError",
        ),
        (SOLUTION, TESTS.replace("total(3, 4)", "object()"), "no plain data"),
        (
            SOLUTION.replace("total(0, 5)", "12 // (3 - 5)"),
            TESTS + "\nassert got != [10, 10]",
            "AssertionError",
        ),
        (
            SOLUTION.replace(">>> total(0, 5)", ">>> {1 + 2: 0}[3]"),
            TESTS,
            "docstring of cell 'total' fails: KeyError",
        ),
        (SOLUTION, "import os\nos._exit(3)", "Cell 'test-total' fails"),
    ],
    ids=["solution", "not-plain", "not-split", "docstring", "kernel"],
)
def test_what_cannot_be_run_anew_is_refused(small, workers, solution, tests, said):
    write_small(small, solution, tests, variants={"3": ["5"]})
    with pytest.raises((InputError, ExecutionError), match=said):
        create_variant(small, "cost", 1, executor=workers)
    assert not (small.root / "source" / "cost-v1").exists()
    assert not (small.root / "cards" / "cost-v1.yaml").exists()


def test_a_wrong_answer_that_is_caught_no_more_is_left_out(small, workers):
    passes = WRONG | {"cells": {"total": "def total(price, count):\n    return price * count + (price < 4)"}}
    loops = WRONG | {"cells": {"total": "def total(price, count):\n    raise SystemExit"}, "name": "leaves"}
    write_small(small, wrong_answers=[passes, WRONG, loops])
    kept = draw_variant(small, "cost", 1, executor=workers).card.wrong_answers
    assert [wrong.name for wrong in kept] == ["adds"]
    adds = WRONG | {
        "cells": {
            "total": "def total(price, count):\n    return price + (price + 0) * (count - 1) * (count != 2)"
        }
    }
    write_small(small, wrong_answers=[adds])
    (wrong,) = draw_variant(small, "cost", 1, executor=workers).card.wrong_answers
    price = int(choose_substitutions(small.card("cost"), 1)["3"])
    assert wrong.message == f"been [{price}, {price}], not `[{price * 2}, {price * 2}]`"


def test_data_files_come_along(small, workers):
    (small.root / "source" / "cost" / "prices.txt").write_text("3\n")
    tests = TESTS + "\ngot = open('prices.txt').read()\nassert got == 'x'"
    write_small(small, tests=tests)
    notebook, _card = create_variant(small, "cost", 1, executor=workers)
    assert (notebook.parent / "prices.txt").read_text() == "3\n"
    assert not (notebook.parent / "cost.ipynb").exists()
    assert "assert got == '3\\n'" in sources(small, "cost-v1")


def test_an_exercise_is_not_changed_by_its_own_results(small, workers):
    source = small.source("cost")
    done = refresh_notebook(source, small.card("cost").wrong_answers, small.folder("cost"), executor=workers)
    assert done.notebook == source
    assert done.seconds > 0


# -- what the author is told


class TestCheck:
    def said(self, course: Course, workers) -> list[str]:
        return [
            str(found) for found in check_exercise(course, "cost", executor=workers) if found.level == "error"
        ]

    def test_sound(self, small, workers):
        assert self.said(small, workers) == []

    def test_a_variant_that_fails(self, small, workers):
        write_small(small, SOLUTION.replace("price * count", "price * count + 0 * {1 + 2: 1, 0: 1}[price]"))
        one, two = self.said(small, workers)
        assert re.match(
            "Its variant with seed 1: Cell 'test-total' fails with the worked solution: KeyError", one
        )
        assert "seed 2" in two

    def test_a_wrong_answer_that_passes_a_variant(self, small, workers):
        clever = "def total(price, count):\n    return price * count - (price == 1 + 2 and count == 2)"
        wrong = WRONG | {"cells": {"total": clever}, "message": "been [5, 5], not `[6, 6]`"}
        write_small(small, wrong_answers=[wrong])
        assert self.said(small, workers) == [
            f"Its variant with seed {seed}: The wrong answer 'adds' does not fail 'test-total' there."
            for seed in (1, 2)
        ]

    def test_what_is_told_and_is_not_so(self, small, workers):
        write_small(small, SOLUTION.replace("    6\n", "    7\n"), variants={"nowhere": ["3"]})
        told = self.said(small, workers)
        assert "The card has variants of 'nowhere', which stands nowhere in the notebook." in told
        assert "Cell 'total' tells of a result that the solution does not give: 7" in told

    def test_one_that_takes_long(self, small, workers, monkeypatch):
        monkeypatch.setattr("toolkit.exercises.authoring.dry_run._USUAL_TIME_S", 0.0001)
        said = [
            str(found)
            for found in check_exercise(small, "cost", executor=workers)
            if found.level == "warning"
        ]
        assert any(
            re.match(r"The solution and its tests take [\d.,]+ s; up to 0 s are usual", s) for s in said
        )


def test_a_preview_is_what_the_student_would_be_given(small, workers):
    nb = json.loads(preview_notebook(small, "cost", "fr", executor=workers))
    shown = "\n".join(one["source"] for one in nb["cells"])
    assert "donne `6`" in shown
    assert "gives" not in shown
    assert "price * count" not in shown
    assert "[6, 6]" not in shown
    assert not (small.root / "release").exists()
    assert not (small.root / "gradebook.db").exists()
