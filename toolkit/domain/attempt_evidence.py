"""Attempts as evidence of skills, and the summary of all attempts at one exercise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from toolkit.domain.attempt import Attempt, Verdict
from toolkit.domain.mastery import Evidence

__all__ = ["AttemptEvidence", "AttemptSummary", "evidence_from_attempts", "summarize_attempts"]

# The other verdicts concern a file or a computer and carry no evidence of a skill.
_EVIDENCE_VERDICTS = {Verdict.GRADED, Verdict.PARTLY_GRADED, Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY}


@dataclass(frozen=True)
class AttemptEvidence:
    """An attempt with its value as evidence.

    Parameters
    ----------
    attempt : Attempt
        The attempt.
    on : date
        The day on which it was received.
    aided : bool
        True if a person or a hint helped.
    evidence : Evidence, optional
        The evidence for each skill of the exercise; None if the attempt is not graded yet, unreadable or
        tampered with: such an attempt is no evidence of a skill.
    """

    attempt: Attempt
    on: date
    aided: bool
    evidence: Evidence | None

    @property
    def solved(self) -> bool:
        """True if all automatic tests have passed."""
        return self.attempt.outcome is not None and self.attempt.outcome.solved


def evidence_from_attempts(attempts: Iterable[Attempt], zone: tzinfo | None) -> Iterator[AttemptEvidence]:
    """Yield the attempts with their evidence, earliest first.

    A hint is help: a success after a hint is aided. A success on a later day with no more hints than an
    earlier success is unaided: a given hint cannot be taken back, but the student then works from memory.
    Without this rule one hint would prevent the exercise from ever showing its skills.

    Parameters
    ----------
    attempts : iterable of Attempt
        The attempts of one student.
    zone : tzinfo, optional
        Time zone in which a day begins and ends; the machine's zone if None.
    """
    # For each exercise and each day with a success: the largest number of hints of a success.
    solved_with: dict[str, dict[date, int]] = {}
    for attempt in sorted(attempts, key=lambda attempt: (attempt.received_at, attempt.id or 0)):
        day = attempt.received_at.astimezone(zone).date()
        earlier = solved_with.setdefault(attempt.exercise_id, {})
        known = max((hints for when, hints in earlier.items() if when < day), default=0)
        aided = attempt.aided or attempt.hints_used > known
        outcome = attempt.outcome
        evidence = None
        if outcome is not None and outcome.verdict in _EVIDENCE_VERDICTS:
            evidence = Evidence(day, outcome.solved, aided, str(attempt.id or attempt.sha256))
        if outcome is not None and outcome.solved:
            earlier[day] = max(earlier.get(day, 0), attempt.hints_used)
        yield AttemptEvidence(attempt, day, aided, evidence)


@dataclass(frozen=True)
class AttemptSummary:
    """Summary of all attempts of one student at one exercise; the cohort view reads only these.

    Parameters
    ----------
    attempts : int
        Number of attempts; at least 1.
    last_id : int
        Id of the latest attempt.
    last_at : datetime
        Time at which the latest attempt was received; aware, UTC, like all times here.
    verdict : Verdict, optional
        Verdict of the latest attempt; None while it waits for its result.
    solved_at : datetime, optional
        Time of the first attempt that solved the exercise, aided or unaided.
    shown_at, shown_last_at : datetime, optional
        Times of the first and of the latest attempt that solved it unaided.
    failing : tuple of (str, str)
        ``grade_id`` and message of each test that the latest attempt fails; empty once the exercise is
        solved.
    """

    student_id: str
    exercise_id: str
    attempts: int
    last_id: int
    last_at: datetime
    verdict: Verdict | None = None
    solved_at: datetime | None = None
    shown_at: datetime | None = None
    shown_last_at: datetime | None = None
    failing: tuple[tuple[str, str], ...] = ()


def summarize_attempts(attempts: Sequence[Attempt], zone: tzinfo | None = None) -> AttemptSummary:
    """Return the summary of the attempts of one student at one exercise.

    Parameters
    ----------
    attempts : sequence of Attempt
        At least one, each with its id.
    zone : tzinfo, optional
        Time zone in which a day begins and ends; the machine's zone if None.
    """
    tried = list(evidence_from_attempts(attempts, zone))
    last = tried[-1].attempt
    solved = [trial.attempt.received_at for trial in tried if trial.solved]
    shown = [trial.attempt.received_at for trial in tried if trial.evidence and trial.evidence.shows]
    failures = last.outcome.failures if last.outcome and not solved else ()
    return AttemptSummary(
        student_id=last.student_id,
        exercise_id=last.exercise_id,
        attempts=len(tried),
        last_id=last.id or 0,
        last_at=last.received_at,
        verdict=last.outcome.verdict if last.outcome else None,
        solved_at=min(solved, default=None),
        shown_at=min(shown, default=None),
        shown_last_at=max(shown, default=None),
        failing=tuple((one.grade_id, one.message) for one in failures),
    )
