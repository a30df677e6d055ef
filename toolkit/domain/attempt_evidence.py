"""What an attempt is worth as evidence, and all attempts at one exercise summed up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from toolkit.domain.attempt import Attempt, Verdict
from toolkit.domain.mastery import Evidence

__all__ = ["Trial", "Tried", "sum_up", "trials"]

# The others say something about a file or a computer, nothing about a skill.
_TELLING = {Verdict.GRADED, Verdict.PARTLY_GRADED, Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY}


@dataclass(frozen=True)
class Trial:
    """An attempt as evidence sees it.

    Parameters
    ----------
    on : date
        The day it was received.
    aided : bool
        Whether somebody helped, or hints did.
    evidence : Evidence, optional
        For each skill that the exercise bears; None where the attempt says nothing about a skill: not graded
        yet, unreadable, or tampered with.
    """

    attempt: Attempt
    on: date
    aided: bool
    evidence: Evidence | None

    @property
    def solved(self) -> bool:
        """Whether every test that a machine can run has passed."""
        return self.attempt.outcome is not None and self.attempt.outcome.solved


def trials(attempts: Iterable[Attempt], zone: tzinfo | None) -> Iterator[Trial]:
    """Yield the attempts with what they are worth as evidence, earliest first.

    A hint is help: a success after one is aided. But hints once given stay given, and whoever solves the
    exercise again on a later day, with no hint beyond those of the earlier success, does it from memory:
    that is unaided. Without this rule one hint would keep a skill from ever being shown with that exercise.

    Parameters
    ----------
    attempts : iterable of Attempt
        Of one student.
    zone : tzinfo, optional
        Whose days count; this machine's if None.
    """
    # By exercise, for each day with a success: the most hints of one.
    solved_with: dict[str, dict[date, int]] = {}
    for attempt in sorted(attempts, key=lambda attempt: (attempt.received_at, attempt.id or 0)):
        day = attempt.received_at.astimezone(zone).date()
        earlier = solved_with.setdefault(attempt.exercise_id, {})
        known = max((hints for when, hints in earlier.items() if when < day), default=0)
        aided = attempt.aided or attempt.hints_used > known
        outcome = attempt.outcome
        evidence = None
        if outcome is not None and outcome.verdict in _TELLING:
            evidence = Evidence(day, outcome.solved, aided, str(attempt.id or attempt.sha256))
        if outcome is not None and outcome.solved:
            earlier[day] = max(earlier.get(day, 0), attempt.hints_used)
        yield Trial(attempt, day, aided, evidence)


@dataclass(frozen=True)
class Tried:
    """All attempts of one student at one exercise, as the cohort is read from them.

    Parameters
    ----------
    attempts : int
        How many; at least one.
    last_id : int
        Of the latest attempt.
    last_at : datetime
        When that was received; aware, UTC, like the others.
    verdict : Verdict, optional
        Of the latest attempt; None while it waits for its result.
    solved_at : datetime, optional
        Of the first attempt that solved it, with help or without.
    shown_at, shown_last_at : datetime, optional
        Of the first and of the latest attempt that solved it without help.
    failing : tuple of (str, str)
        The tests that the latest attempt fails, and what each says; nothing once the exercise is solved.
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


def sum_up(attempts: Sequence[Attempt], zone: tzinfo | None = None) -> Tried:
    """Return what the attempts of one student at one exercise amount to.

    Parameters
    ----------
    attempts : sequence of Attempt
        At least one, each with its id.
    zone : tzinfo, optional
        Whose days count; this machine's if None.
    """
    tried = list(trials(attempts, zone))
    last = tried[-1].attempt
    solved = [trial.attempt.received_at for trial in tried if trial.solved]
    shown = [trial.attempt.received_at for trial in tried if trial.evidence and trial.evidence.shows]
    failures = last.outcome.failures if last.outcome and not solved else ()
    return Tried(
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
