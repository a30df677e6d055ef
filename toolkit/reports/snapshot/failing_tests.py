"""The tests that a student fails: how often, and the misconception that explains the failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from toolkit.domain.attempt import test_display_name
from toolkit.domain.attempt_evidence import AttemptEvidence
from toolkit.domain.learning_path import Card
from toolkit.reports.snapshot.snapshot_models import FailingLine

__all__ = ["list_failing_tests"]


def list_failing_tests(
    by_exercise: Mapping[str, Sequence[AttemptEvidence]], cards: Mapping[str, Card]
) -> list[FailingLine]:
    """Return every test that failed at least once: tests that still fail first, then by number of failures.

    The texts are in the current language.

    Parameters
    ----------
    by_exercise : mapping of str to sequence of AttemptEvidence
        The attempts of one student by exercise, earliest first.
    cards : mapping of str to Card
        The cards by exercise; an exercise without a card is named by its id.
    """
    lines = [
        line for exercise, tried in by_exercise.items() for line in _of(exercise, tried, cards.get(exercise))
    ]
    return sorted(
        lines, key=lambda one: (not one.still, -one.times, -one.last_on.toordinal(), one.title, one.test)
    )


def _of(exercise: str, tried: Sequence[AttemptEvidence], card: Card | None) -> list[FailingLine]:
    times: dict[str, int] = {}
    last: dict[str, tuple[date, str]] = {}
    now: set[str] = set()
    for trial in tried:
        outcome = trial.attempt.outcome
        if outcome is None or not outcome.results:
            continue
        now = {result.grade_id for result in outcome.failures}
        for result in outcome.failures:
            times[result.grade_id] = times.get(result.grade_id, 0) + 1
            last[result.grade_id] = trial.on, result.message
    return [
        FailingLine(
            exercise=exercise,
            title=str(card.title) if card else exercise,
            test=test,
            name=test_display_name(test),
            times=count,
            last_on=last[test][0],
            still=test in now,
            message=last[test][1],
            misconception=str((card.misconception(test, last[test][1]) if card else None) or ""),
        )
        for test, count in times.items()
    ]
