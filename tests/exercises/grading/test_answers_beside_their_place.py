"""A manually graded task never gets 0 points if the student's answer is in another cell of the notebook."""

from __future__ import annotations

import copy
import json

import pytest

from toolkit.domain.attempt import Verdict
from toolkit.exercises import grade_jobs
from toolkit.exercises.course.notebook import grade_id


def _dup_above(cells, nb):
    nb["cells"].insert(0, {**copy.deepcopy(cells["why"]), "id": "copy", "source": "MY REAL ANSWER"})


def _beside(cells, nb):
    own = {"cell_type": "markdown", "id": "own", "metadata": {}, "source": "MY REAL ANSWER"}
    nb["cells"].insert(nb["cells"].index(cells["why"]) + 1, own)


def _two(cells, nb):
    _dup_above(cells, nb)
    cells["why"]["source"] = "MY SECOND ANSWER"


def _nothing(_cells, _nb):
    pass


@pytest.fixture(scope="module")
def graded(course, workers, answer, job):
    jobs = []
    for change in (_dup_above, _beside, _two, _nothing):
        nb = json.loads(answer("say-why", {}))
        change({grade_id(cell): cell for cell in nb["cells"]}, nb)
        jobs.append(job(change.__name__, "say-why", json.dumps(nb).encode()))
    return {done.student_id: result for done, result in grade_jobs(course, jobs, executor=workers)}


def points(result):
    return {one.grade_id: one.points for one in result.outcome.results}["why"]


@pytest.mark.parametrize("who", ["_dup_above", "_beside", "_two"])
def test_the_answer_waits_for_the_mentor_in_sight(graded, who):
    result = graded[who]
    assert points(result) is None
    assert result.outcome.verdict is Verdict.PARTLY_GRADED
    assert "MY REAL ANSWER" in ["".join(cell["source"]) for cell in json.loads(result.notebook)["cells"]]
    assert ("'why'" in result.outcome.reason) == (who != "_dup_above")


def test_an_empty_answer_gets_nothing(graded):
    assert points(graded["_nothing"]) == 0
    assert "why" not in graded["_nothing"].outcome.reason
