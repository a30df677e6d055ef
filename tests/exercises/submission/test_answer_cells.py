"""If an answer has several copies, the edited one counts; an answer in another cell is not lost."""

from __future__ import annotations

import copy

import pytest

from toolkit.exercises.course.notebook import grade_id, is_solution, without_other_languages
from toolkit.exercises.submission.answer_cells import find_unclear_answers
from toolkit.exercises.submission.normalize import normalize_submission, submission_from_session


@pytest.fixture
def released(course):
    return course.released("say-why")


@pytest.fixture
def given(released):
    """The student's copy, and its cells by name."""
    nb = without_other_languages(released, "en")
    return nb, {grade_id(cell): cell for cell in nb["cells"]}


def answered(nb, released):
    """Return the source of each answer cell, and the ambiguous ones by name."""
    before = copy.deepcopy(nb)
    settled, _notes = normalize_submission(nb, released)
    assert nb == before
    sources = {grade_id(cell): cell["source"] for cell in settled["cells"] if is_solution(cell)}
    return sources, {one.grade_id: one for one in find_unclear_answers(settled, nb, released)}, settled


def text(source, kind="markdown"):
    return {"cell_type": kind, "id": "own", "metadata": {}, "source": source}


@pytest.mark.parametrize("written_first", [True, False])
@pytest.mark.parametrize("empty", ["as given", "", "YOUR ANSWER HERE"])
def test_the_written_copy_counts_wherever_it_stands(given, released, written_first, empty):
    nb, cells = given
    at = nb["cells"].index(cells["why"])
    written = {**copy.deepcopy(cells["why"]), "source": "Because it counts letters."}
    untouched = {**copy.deepcopy(cells["why"]), "id": "why-copy"}
    written["id"] = "why-written"
    if empty != "as given":
        untouched["source"] = empty
    nb["cells"][at : at + 1] = [written, untouched] if written_first else [untouched, written]
    sources, unclear, settled = answered(nb, released)
    assert sources["why"] == "Because it counts letters."
    assert "why" not in unclear
    assert "why-copy" not in [cell["id"] for cell in settled["cells"]], "the empty copy is left out"


def test_an_empty_copy_of_code_does_not_undo_the_answer(given, released):
    nb, cells = given
    stub = copy.deepcopy(cells["words"])
    cells["words"]["source"] = "def words():\n    return 3"
    nb["cells"].insert(nb["cells"].index(cells["words"]) + 1, stub)
    sources, _unclear, settled = answered(nb, released)
    assert sources["words"] == "def words():\n    return 3"
    assert sum(cell["source"] == stub["source"] for cell in settled["cells"]) == 0


def test_two_answers_are_both_in_sight_and_wait(given, released):
    nb, cells = given
    first = {**copy.deepcopy(cells["why"]), "source": "The first."}
    cells["why"]["source"] = "The second."
    nb["cells"].insert(0, first)
    sources, unclear, settled = answered(nb, released)
    assert sources["why"] == "The second."
    assert "The first." in [cell["source"] for cell in settled["cells"]]
    assert unclear["why"].by_hand


@pytest.mark.parametrize("where", ["above", "below", "cell deleted", "in code", "in the statement"])
def test_an_answer_beside_its_place_is_pointed_out(given, released, where):
    nb, cells = given
    at = nb["cells"].index(cells["why"])
    own = text("Letters are counted, since the loop goes through the string.")
    if where == "above":
        nb["cells"].insert(at, own)
    elif where == "below":
        nb["cells"].insert(at + 1, own)
    elif where == "cell deleted":
        nb["cells"][at] = own
    elif where == "in code":
        nb["cells"].insert(at + 1, {**own, "cell_type": "code", "outputs": [], "execution_count": None})
    else:
        statement = next(cell for cell in reversed(nb["cells"][:at]) if cell["cell_type"] == "markdown")
        statement["source"] += "\n\n" + own["source"]
    _sources, unclear, _settled = answered(nb, released)
    assert unclear["why"].by_hand
    assert "beside" in unclear["why"].message


def test_where_nothing_was_written_nothing_is_pointed_out(given, released):
    nb, cells = given
    assert answered(nb, released)[1] == {}
    # A scratch cell elsewhere, and a statement with a slip that was corrected since.
    nb["cells"].insert(0, text("1 + 1", "code") | {"outputs": [], "execution_count": None})
    statement = next(cell for cell in nb["cells"] if cell["cell_type"] == "markdown")
    statement["source"] = statement["source"].replace("e", "é", 1)
    assert "why" not in answered(nb, released)[1]
    cells["why"]["source"] = "Written where it belongs."
    nb["cells"].append(text("And a note."))
    assert "why" not in answered(nb, released)[1]


def test_a_session_keeps_what_stands_beside_an_empty_answer(given, released):
    nb, cells = given
    nb["cells"].insert(nb["cells"].index(cells["why"]) + 1, text("My answer, below."))
    made = submission_from_session(nb, released, "say-why")
    assert "My answer, below." in [cell["source"] for cell in made["cells"]]
    assert "why" in answered(made, released)[1]
    written = {**copy.deepcopy(cells["why"]), "source": "My answer, above."}
    nb["cells"].insert(0, written)
    made = submission_from_session(nb, released, "say-why")
    assert answered(made, released)[0]["why"] == "My answer, above."
