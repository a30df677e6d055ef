"""Points in the gradebook, including those given by hand in nbgrader's formgrader, merged into outcomes."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace

from toolkit import exercises
from toolkit.domain.attempt import Attempt, Outcome, Verdict
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue

__all__ = [
    "READABLE_VERDICTS",
    "keep_earlier_judgement",
    "latest_attempts",
    "latest_readable_attempts",
    "with_manual_scores",
]

_GRADED = {Verdict.GRADED, Verdict.PARTLY_GRADED}
#: The verdicts of submissions that are in nbgrader's gradebook.
READABLE_VERDICTS = {*_GRADED, Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY}


def latest_attempts(attempts: list[Attempt]) -> list[Attempt]:
    """Return the last attempt of each student and exercise, from attempts in the order of their receipt."""
    return list({(attempt.student_id, attempt.exercise_id): attempt for attempt in attempts}.values())


def latest_readable_attempts(attempts: list[Attempt]) -> list[Attempt]:
    """Return the last readable graded attempt of each student and exercise: the one in the gradebook."""
    return latest_attempts([a for a in attempts if a.outcome and a.outcome.verdict in READABLE_VERDICTS])


def with_manual_scores(catalogue: Catalogue, attempt: Attempt, executor: Executor) -> Outcome | None:
    """Return an attempt's outcome with the gradebook's points, including those given by hand.

    Points that a person gave to an earlier answer are left out until somebody has looked at the new one. The
    verdict becomes `graded` once no part waits for a person. A submission that timed out or ran out of
    memory keeps its verdict.

    Parameters
    ----------
    catalogue : Catalogue
        Exercises and learning paths of the practice.
    attempt : Attempt
        The attempt, with its outcome.
    executor : Executor
        Worker process that reads the gradebook.

    Returns
    -------
    Outcome or None
        None if nothing has changed, or the gradebook holds another attempt.
    """
    outcome = attempt.outcome
    if outcome is None or outcome.verdict not in READABLE_VERDICTS:
        return None
    grades = exercises.current_grades(
        catalogue.course, attempt.student_id, attempt.exercise_id, attempt.received_at, executor=executor
    )
    if grades is None:
        return None
    # Points that wait to be looked at again were given to an earlier answer.
    current = {name: None if grade.waits else grade.points for name, grade in grades.items()}
    results = tuple(
        replace(result, points=current[result.grade_id]) if result.grade_id in current else result
        for result in outcome.results
    )
    verdict = outcome.verdict
    if verdict in _GRADED:
        waits = any(result.grade_id in grades and grades[result.grade_id].waits for result in results)
        verdict = Verdict.PARTLY_GRADED if waits else Verdict.GRADED
    changed = replace(outcome, results=results, verdict=verdict)
    return None if changed == outcome else changed


def keep_earlier_judgement(
    practice: Practice, catalogue: Catalogue, attempt: Attempt, executor: Executor
) -> None:
    """Store what a person gave to the attempt in the gradebook, before a newer attempt takes its place there.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    catalogue : Catalogue
        Exercises and learning paths of the practice.
    attempt : Attempt
        The newer attempt.
    executor : Executor
        Worker process that reads the gradebook.
    """
    with practice.store.read() as tx:
        attempts = tx.attempts.all(attempt.student_id, attempt.exercise_id)
    for earlier in latest_readable_attempts(attempts):
        waited = earlier.outcome is not None and earlier.outcome.verdict is Verdict.PARTLY_GRADED
        if waited and earlier.id != attempt.id:
            changed = with_manual_scores(catalogue, earlier, executor)
            if changed is not None:
                with practice.store.begin() as tx:
                    tx.attempts.set_outcome(earlier.id or 0, changed)
