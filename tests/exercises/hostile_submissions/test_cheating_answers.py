"""Wrong answers that try to deceive the grader get no point and change no file of the course."""

from __future__ import annotations

import pytest

from tests.exercises.hostile_submissions.case import HONEST
from tests.exercises.hostile_submissions.cheating_answers import CHEATS
from tests.exercises.hostile_submissions.cheats_per_exercise import FOR_ONE
from toolkit.domain.attempt import Verdict
from toolkit.exercises import GradingResult

CASES = [f"{name}/add-up" for name in CHEATS]
CASES += [f"{name}/spread" for name in CHEATS if name not in FOR_ONE]


@pytest.mark.parametrize("name", CASES)
def test_deceit_wins_nothing(results, name):
    result = results[name]
    assert isinstance(result.graded, GradingResult), result.graded
    assert result.points == 0, result.said
    assert result.outcome.verdict in result.case.verdicts, result.said
    assert result.said, "not a word"
    assert not result.outcome.solved
    if result.outcome.verdict is not Verdict.TAMPERED:
        assert sum(each.max_points for each in result.outcome.results) == HONEST[result.case.exercise][0]


def test_nothing_was_written_where_the_course_is(results, before, bad_course):
    after = {path: path.read_bytes() for path in bad_course.root.rglob("*") if path.is_file()}
    assert after == before
