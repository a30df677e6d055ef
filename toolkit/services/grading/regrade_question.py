"""The regrade of one question: the attempts that have it, and their outcomes with its new result alone."""

from __future__ import annotations

from dataclasses import replace

from toolkit.domain.attempt import Attempt, Outcome, Verdict
from toolkit.errors import InputError, NotFoundError, StateError
from toolkit.i18n import _
from toolkit.services.grading.manual_scores import latest_readable_attempts

__all__ = ["attempts_with_question", "merge_question_result"]

_STOPPED = {Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY}
_RAN = {Verdict.GRADED, Verdict.PARTLY_GRADED, *_STOPPED}


def attempts_with_question(attempts: list[Attempt], question: str) -> list[Attempt]:
    """Return the graded attempts in the gradebook that have this question.

    Parameters
    ----------
    attempts : list of Attempt
        Attempts in the order in which they were received.
    question : str
        Name of the question: of its test cell.

    Raises
    ------
    NotFoundError
        No graded attempt has the question.
    InputError
        Several exercises have a question of that name.
    """
    last = [attempt for attempt in latest_readable_attempts(attempts) if attempt.outcome]
    found = [attempt for attempt in last if question in _names(attempt)]
    if not found:
        known = {name for attempt in last for name in _names(attempt)}
        raise NotFoundError(
            _("Nothing that was graded has a question '{name}'.").format(name=question), question, known
        )
    exercises = sorted({attempt.exercise_id for attempt in found})
    if len(exercises) > 1:
        raise InputError(
            _("Several exercises have a question '{name}': {exercises}.").format(
                name=question, exercises=", ".join(exercises)
            ),
            _("Say which: --exercise {exercise}").format(exercise=exercises[0]),
        )
    return found


def merge_question_result(before: Outcome, now: Outcome, question: str) -> Outcome:
    """Return the earlier outcome with the new result of one question, and the verdict that follows.

    Parameters
    ----------
    before : Outcome
        The earlier outcome.
    now : Outcome
        The outcome of the regrade.
    question : str
        Name of the question: of its test cell.

    Raises
    ------
    StateError
        The submission did not run in the regrade, so the question has no new result.
    """
    fresh = next((result for result in now.results if result.grade_id == question), None)
    if now.verdict not in _RAN or fresh is None:
        raise StateError(
            _("This time the submission is '{verdict}': {reason}").format(
                verdict=_(str(now.verdict)), reason=now.reason
            ),
            _("Nothing was changed. Grade all of it anew: mentor grade --again"),
        )
    results = tuple(fresh if result.grade_id == question else result for result in before.results)
    verdict, reason = Verdict.GRADED, ""
    if any(result.points is None for result in results):
        verdict = Verdict.PARTLY_GRADED
    automatic = [result for result in results if result.points is not None]
    if now.verdict in _STOPPED and not fresh.passed:
        verdict, reason = now.verdict, now.reason
    elif before.verdict in _STOPPED and not all(result.passed for result in automatic):
        verdict, reason = before.verdict, before.reason
    return replace(before, verdict=verdict, reason=reason, results=results)


def _names(attempt: Attempt) -> set[str]:
    return {result.grade_id for result in attempt.outcome.results} if attempt.outcome else set()
