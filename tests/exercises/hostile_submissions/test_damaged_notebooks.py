"""Notebooks with unexpected cells, nbgrader metadata and other metadata, and nearly unreadable files."""

from __future__ import annotations

import pytest

from tests.exercises.hostile_submissions.case import HONEST
from tests.exercises.hostile_submissions.tampered_notebooks import METADATA, TINKERED
from tests.exercises.hostile_submissions.unreadable_files import ODD, UNREADABLE
from toolkit.domain.attempt import Verdict
from toolkit.exercises import GradingResult

_MORE = ["half a character", "half a key", "not a number", "infinity", "a mark of order", "keys twice"]


@pytest.mark.parametrize("name", [*TINKERED, *METADATA, *UNREADABLE, *ODD, *_MORE])
def test_it_gets_its_verdict_and_a_sentence(results, name):
    result = results[name]
    case = result.case
    assert isinstance(result.graded, GradingResult), result.graded
    assert result.outcome.verdict in case.verdicts, result.said
    assert case.at_least <= result.points <= case.at_most, result.said
    assert case.sentence in result.said
    if case.at_least == 0:
        assert result.said, "not a word"
    if result.outcome.verdict is Verdict.UNREADABLE:
        assert result.graded.notebooks == ()
        assert "\n" not in result.outcome.reason
        assert len(result.outcome.reason) < 300
        result.outcome.reason.encode()
    else:
        assert result.outcome.max_points == HONEST[case.exercise][0]


def test_every_case_came_back(results, cases):
    assert results.keys() == cases.keys()
    assert len(cases) > 150


def test_the_honest_among_them_keep_their_points(results):
    honest = {name: result for name, result in results.items() if name.startswith("honest")}
    assert len(honest) >= 2 * len(HONEST)
    for result in honest.values():
        assert result.outcome.verdict is Verdict.GRADED
        assert result.points == HONEST[result.case.exercise][0]
        assert result.outcome.solved
        assert result.said == ""
