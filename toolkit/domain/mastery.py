"""Mastery of a skill, derived from evidence and never stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from toolkit.i18n import N_

__all__ = ["REVIEW_DAYS", "Evidence", "Mastery", "MasteryState", "Review", "derive", "next_look", "schedule"]

REVIEW_DAYS = (7, 21, 60)
"""Days after a skill was shown at which it is looked at again."""


class MasteryState(StrEnum):
    """Where a student stands with one skill."""

    NOT_STARTED = N_("not started")
    LEARNING = N_("learning")
    SHOWN = N_("shown")
    RETAINED = N_("retained")
    REFRESH_DUE = N_("refresh due")


@dataclass(frozen=True, order=True)
class Evidence:
    """One thing that was seen: an attempt, or what the mentor saw live."""

    on: date
    success: bool
    aided: bool = False
    source: str = ""

    @property
    def shows(self) -> bool:
        """Whether it shows the skill: only what was done without help does."""
        return self.success and not self.aided


@dataclass(frozen=True)
class Review:
    """One of the fixed looks back at a skill that was shown.

    Parameters
    ----------
    days : int
        After how many days it is (7, 21 or 60).
    on : date
        From when on.
    done_on : date, optional
        When the skill was shown once more, on that day or later; None while it is still to be done.
    """

    days: int
    on: date
    done_on: date | None = None


@dataclass(frozen=True)
class Mastery:
    """Where a student stands with a skill, and what that rests on.

    Parameters
    ----------
    review_on : date, optional
        Of the first look back that is still to be done; past where a refresh is due.
    reviews : tuple of Review
        All three, once the skill was shown.
    """

    state: MasteryState
    shown_on: date | None = None
    retained_on: date | None = None
    review_on: date | None = None
    evidence: tuple[Evidence, ...] = ()
    reviews: tuple[Review, ...] = ()


def derive(evidence: Iterable[Evidence], today: date) -> Mastery:
    """Return the mastery that ``evidence`` amounts to on ``today``.

    *Shown* is an unaided success; *retained* an unaided success at least 7 days later; *refresh due* when the
    next of the fixed intervals (7, 21, 60 days after it was shown) has passed with no unaided success since.
    A failure takes nothing back that was shown: the next interval asks again. Evidence later than ``today``
    does not count.
    """
    seen = tuple(sorted(item for item in evidence if item.on <= today))
    successes = [item.on for item in seen if item.shows]
    if not successes:
        return Mastery(MasteryState.LEARNING if seen else MasteryState.NOT_STARTED, evidence=seen)
    shown = successes[0]
    reviews = schedule(successes)
    retained = reviews[0].done_on
    review = next((one.on for one in reviews if one.done_on is None), None)
    if review is not None and review <= today:
        state = MasteryState.REFRESH_DUE
    else:
        state = MasteryState.RETAINED if retained else MasteryState.SHOWN
    return Mastery(state, shown, retained, review, seen, reviews)


def schedule(successes: Sequence[date]) -> tuple[Review, ...]:
    """Return the looks back that a skill asks for, each with the day on which it was done.

    A look back is done by any unaided success on its day or later, so that one success after a long pause
    does all that had come due; the intervals count from when the skill was shown, whatever came since.

    Parameters
    ----------
    successes : sequence of date
        When the skill was done without help, earliest first; at least one.
    """
    return tuple(
        Review(days, on, next((day for day in successes if day >= on), None))
        for days in REVIEW_DAYS
        for on in [successes[0] + timedelta(days)]
    )


def next_look(first: date, last: date) -> date | None:
    """Return when the next look back is, as `schedule` says it; None where all are done.

    Parameters
    ----------
    first, last : date
        On which the skill was done without help; they say all that a look back asks: was it done since?
    """
    days = (first + timedelta(days) for days in REVIEW_DAYS)
    return next((day for day in days if day > last), None)
