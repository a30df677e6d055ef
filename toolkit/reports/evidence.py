"""From attempts and what was seen live to evidence: what says something about a skill, and with what help."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import TYPE_CHECKING

from toolkit.domain.attempt import Attempt, Verdict
from toolkit.domain.mastery import Evidence

if TYPE_CHECKING:
    # The database is not asked, and a notebook's kernel is not to wait for it.
    from toolkit.store import Observation

__all__ = ["SEEN_IN", "Trial", "seen_live", "trials"]

SEEN_IN = "session:"
"""What the source of evidence begins with that was seen in a session; the session's id follows."""

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


def trials(attempts: Iterable[Attempt], zone: tzinfo) -> Iterator[Trial]:
    """Yield the attempts with what they are worth as evidence, earliest first.

    A hint is help: a success after one is aided. But hints once given stay given, and whoever solves the
    exercise again on a later day, with no hint beyond those of the earlier success, does it from memory:
    that is unaided. Without this rule one hint would keep a skill from ever being shown with that exercise.

    Parameters
    ----------
    attempts : iterable of Attempt
        Of one student.
    zone : tzinfo
        Whose days count.
    """
    solved_with: dict[str, list[tuple[date, int]]] = {}
    for attempt in sorted(attempts, key=lambda attempt: (attempt.received_at, attempt.id or 0)):
        day = attempt.received_at.astimezone(zone).date()
        earlier = solved_with.setdefault(attempt.exercise_id, [])
        known = max((hints for when, hints in earlier if when < day), default=0)
        aided = attempt.aided or attempt.hints_used > known
        outcome = attempt.outcome
        evidence = None
        if outcome is not None and outcome.verdict in _TELLING:
            evidence = Evidence(day, outcome.solved, aided, str(attempt.id or attempt.sha256))
        if outcome is not None and outcome.solved:
            earlier.append((day, attempt.hints_used))
        yield Trial(attempt, day, aided, evidence)


def seen_live(observation: Observation, zone: tzinfo) -> Evidence:
    """Return what an observation is worth as evidence: a success, on the day it was seen.

    Parameters
    ----------
    zone : tzinfo
        Whose days count.
    """
    day = observation.seen_at.astimezone(zone).date()
    return Evidence(day, success=True, aided=observation.aided, source=SEEN_IN + observation.session_id)
