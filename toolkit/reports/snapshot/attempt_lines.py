"""Lines of a snapshot about attempts and about the exercises that were attempted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.domain.attempt import Attempt, Verdict
from toolkit.domain.learning_path import Card
from toolkit.i18n import _
from toolkit.reports.snapshot.evidence import AttemptEvidence
from toolkit.reports.snapshot.snapshot_models import AttemptLine, ExerciseLine

__all__ = ["attempt_line", "exercise_line"]


def attempt_line(trial: AttemptEvidence, titles: Mapping[str, str], page: str) -> AttemptLine:
    """Return the line of an attempt.

    Parameters
    ----------
    trial : AttemptEvidence
    titles : mapping of str to str
        Titles by exercise id.
    page : str
        Path of the feedback page; empty if none is written yet.
    """
    attempt, outcome = trial.attempt, trial.attempt.outcome
    return AttemptLine(
        id=attempt.id,
        exercise=attempt.exercise_id,
        title=titles.get(attempt.exercise_id, attempt.exercise_id),
        received_at=attempt.received_at,
        verdict=outcome.verdict if outcome else None,
        word=_word(trial),
        points=outcome.points if outcome else 0.0,
        max_points=outcome.max_points if outcome else 0.0,
        hints_used=attempt.hints_used,
        aided=trial.aided,
        solved=trial.solved,
        messages=_messages(attempt),
        reason=outcome.reason if outcome else "",
        page=page,
    )


def _word(trial: AttemptEvidence) -> str:
    outcome = trial.attempt.outcome
    if outcome is None:
        return _("waits for its result")
    if trial.solved:
        return _("solved with help") if trial.aided else _("solved")
    if outcome.verdict is Verdict.GRADED:
        return _("not yet")
    return _(str(outcome.verdict))


def _messages(attempt: Attempt) -> tuple[str, ...]:
    return tuple(result.message for result in attempt.outcome.failures) if attempt.outcome else ()


def exercise_line(
    exercise: str, tried: Sequence[AttemptEvidence], titles: Mapping[str, str], cards: Sequence[Card]
) -> ExerciseLine:
    """Return the line of an exercise: the best points, what waits for the mentor, the last failures.

    Parameters
    ----------
    exercise : str
        Id of the exercise.
    tried : sequence of AttemptEvidence
        Its attempts, oldest first; at least one.
    titles : mapping of str to str
        Titles by exercise id.
    cards : sequence of Card
        Cards of the course; the exercise's own gives the number of hints.
    """
    outcomes = [trial.attempt.outcome for trial in tried if trial.attempt.outcome is not None]
    solved = [trial.on for trial in tried if trial.solved]
    return ExerciseLine(
        id=exercise,
        title=titles.get(exercise, exercise),
        attempts=len(tried),
        points=max((outcome.points for outcome in outcomes), default=0.0),
        max_points=max((outcome.max_points for outcome in outcomes), default=0.0),
        pending=sum(result.max_points for result in outcomes[-1].results if result.points is None)
        if outcomes
        else 0.0,
        hints_used=max(trial.attempt.hints_used for trial in tried),
        hint_count=next((len(card.hints) for card in cards if card.id == exercise), 0),
        solved_on=min(solved, default=None),
        messages=() if solved else _messages(tried[-1].attempt),
    )
