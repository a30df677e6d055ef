"""What the gradebook counts, a person's points in nbgrader's formgrader included, taken into the store."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace

from toolkit import exercises
from toolkit.domain.attempt import Attempt, Outcome, Verdict
from toolkit.services.catalogue import Catalogue

__all__ = ["READABLE", "last_of_each", "last_readable", "with_manual_scores"]

_BY_TESTS = {Verdict.GRADED, Verdict.PARTLY_GRADED}
#: The verdicts on submissions that nbgrader has in its gradebook.
READABLE = {*_BY_TESTS, Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY}


def last_of_each(attempts: list[Attempt]) -> list[Attempt]:
    """Return the last attempt of each student and exercise, of attempts in the order they came in."""
    return list({(attempt.student_id, attempt.exercise_id): attempt for attempt in attempts}.values())


def last_readable(attempts: list[Attempt]) -> list[Attempt]:
    """Return the last graded attempt of each student and exercise that could be read: nbgrader has it."""
    return last_of_each([a for a in attempts if a.outcome and a.outcome.verdict in READABLE])


def with_manual_scores(catalogue: Catalogue, attempt: Attempt, executor: Executor) -> Outcome | None:
    """Return an attempt's outcome with the points that the gradebook counts; `graded` once no part waits.

    Points that a person gave, added to or took back are in them. Code that was stopped stays "stopped",
    whatever it is given.

    Returns
    -------
    Outcome or None
        None where nothing has changed, or the gradebook holds another attempt.
    """
    outcome = attempt.outcome
    if outcome is None or outcome.verdict not in READABLE:
        return None
    grades = exercises.current_grades(
        catalogue.course, attempt.student_id, attempt.exercise_id, attempt.received_at, executor=executor
    )
    if grades is None:
        return None
    results = tuple(
        replace(result, points=grades[result.grade_id].points) if result.grade_id in grades else result
        for result in outcome.results
    )
    verdict = outcome.verdict
    if verdict in _BY_TESTS:
        waits = any(result.grade_id in grades and grades[result.grade_id].waits for result in results)
        verdict = Verdict.PARTLY_GRADED if waits else Verdict.GRADED
    changed = replace(outcome, results=results, verdict=verdict)
    return None if changed == outcome else changed
