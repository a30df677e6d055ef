"""What the mentor graded by hand in nbgrader's formgrader, taken into the store."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace

from toolkit import exercises
from toolkit.domain.attempt import Attempt, Outcome, Verdict
from toolkit.journeys.catalogue import Catalogue

__all__ = ["with_manual_scores"]


def with_manual_scores(catalogue: Catalogue, attempt: Attempt, executor: Executor) -> Outcome | None:
    """Return an attempt's outcome with the points that a person gave; `graded` once every part has some.

    Parameters
    ----------
    attempt : Attempt
        The last one of its student and exercise: the gradebook knows no other.

    Returns
    -------
    Outcome or None
        None where nothing has changed.
    """
    outcome = attempt.outcome
    if outcome is None or outcome.verdict not in {Verdict.GRADED, Verdict.PARTLY_GRADED}:
        return None  # nothing of it is in the gradebook
    given = {
        score.grade_id: score.points + score.extra_credit
        for score in exercises.manual_scores(
            catalogue.course, attempt.student_id, attempt.exercise_id, executor=executor
        )
        if score.points is not None and not score.needs_review
    }
    results = tuple(
        replace(result, points=given.get(result.grade_id, result.points)) for result in outcome.results
    )
    if results == outcome.results:
        return None
    waiting = any(result.points is None for result in results)
    return replace(outcome, results=results, verdict=Verdict.PARTLY_GRADED if waiting else Verdict.GRADED)
