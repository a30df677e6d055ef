"""However a student changes the cells of a notebook, the graded notebook has the exercise's structure."""

from __future__ import annotations

import copy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.exercises.course.notebook import grade_id, is_locked, is_solution
from toolkit.exercises.submission.normalize import normalize_submission, submission_from_session

NAMES = ("given", "words", "why", "test-words", "stranger", "")

marks = st.dictionaries(
    st.sampled_from(["grade", "solution", "locked", "task", "points", "schema_version", "checksum", "x"]),
    st.sampled_from([True, False, 0, 100, -1, "x", None, []]),
)
cell = st.builds(
    lambda name, marks, kind, source, tags: {
        "cell_type": kind,
        "id": "same",
        "source": source,
        "metadata": {"nbgrader": {**marks, "grade_id": name}, "tags": tags} if name else {"tags": tags},
    },
    st.sampled_from(NAMES),
    marks,
    st.sampled_from(["code", "markdown", "raw"]),
    st.sampled_from(["", "words = 1", "raise SystemExit"]),
    st.sampled_from([[], ["skip-execution"], ["lang-fr"]]),
)


@given(cells=st.lists(cell, max_size=12))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_no_arrangement_changes_what_the_exercise_fixes(course, cells):
    released = course.released("say-why")
    submitted = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    untouched = copy.deepcopy((submitted, released))
    settled, notes = normalize_submission(submitted, released)
    assert (submitted, released) == untouched
    own = [cell for cell in released["cells"] if grade_id(cell)]
    found = [cell for cell in settled["cells"] if grade_id(cell)]
    assert [grade_id(cell) for cell in found] == [grade_id(cell) for cell in own]
    for cell, original in zip(found, own, strict=True):
        assert cell["metadata"] == original["metadata"]
        assert cell["cell_type"] == original["cell_type"]
        if is_locked(original):
            assert cell["source"] == original["source"]
        else:
            answers = [c["source"] for c in cells if grade_id(c) == grade_id(cell)]
            written = [source for source in answers if source]
            assert cell["source"] == [original["source"], *answers[-1:], *written[-1:]][-1]
    assert len({cell["id"] for cell in settled["cells"]}) == len(settled["cells"])
    assert not any("skip-execution" in cell["metadata"].get("tags", []) for cell in settled["cells"])
    assert normalize_submission(settled, released) == (settled, ()), "there is nothing left to mend"
    assert notes or [grade_id(c) for c in cells if grade_id(c)] == [grade_id(c) for c in own]


@given(cells=st.lists(cell, max_size=12))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_a_session_gives_its_answers_and_nothing_of_its_own(course, cells):
    released = course.released("say-why")
    made = submission_from_session({"cells": cells, "metadata": {}}, released, "say-why")
    kept = [cell for cell in made["cells"] if grade_id(cell)]
    assert [grade_id(cell) for cell in kept] == [grade_id(c) for c in released["cells"] if grade_id(c)]
    for cell in made["cells"]:
        if cell not in released["cells"] and not is_solution(cell):
            assert cell["metadata"] == {}
            assert cell["cell_type"] == "code" or any(grade_id(one) in {"words", "why"} for one in cells), (
                "beside its place"
            )


def test_an_answers_pictures_are_kept_and_those_of_code_and_of_locked_cells_are_not(course):
    released = copy.deepcopy(course.released("say-why"))
    picture = {"image/png": "iVBORw0KGgo="}
    for cell in released["cells"]:
        if grade_id(cell) == "why":
            cell["attachments"] = {"question.png": picture, "plan.png": picture}
    submitted = copy.deepcopy(released)
    for cell in submitted["cells"]:
        cell["attachments"] = {"plan.png": {"image/gif": "R0lGODlh"}, "mine.png": picture}
    session = {"cells": copy.deepcopy(submitted["cells"]), "metadata": {}}
    settled, _notes = normalize_submission(submitted, released)
    for nb in (settled, submission_from_session(session, released, "say-why")):
        found = {grade_id(cell): cell.get("attachments") for cell in nb["cells"] if grade_id(cell)}
        assert found == {
            "given": None,
            "words": None,
            "test-words": None,
            "why": {"question.png": picture, "plan.png": {"image/gif": "R0lGODlh"}, "mine.png": picture},
        }
