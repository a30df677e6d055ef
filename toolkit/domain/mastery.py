"""Mastery of a skill, derived from evidence and never stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from toolkit.i18n import N_

__all__ = [
    "REVIEW_DAYS",
    "Evidence",
    "Mastery",
    "MasteryState",
    "SkillReview",
    "derive_mastery",
    "next_review_date",
    "schedule_reviews",
]

REVIEW_DAYS = (7, 21, 60)
"""Intervals of the spaced reviews, days after the skill was first shown."""


class MasteryState(StrEnum):
    """State of mastery of one skill."""

    NOT_STARTED = N_("not started")
    LEARNING = N_("learning")
    SHOWN = N_("shown")
    RETAINED = N_("retained")
    REFRESH_DUE = N_("refresh due")


@dataclass(frozen=True, order=True)
class Evidence:
    """One piece of evidence: a graded attempt, or a live observation of the mentor.

    Parameters
    ----------
    on : date
        The day.
    success : bool
        True if the student solved the task.
    aided : bool
        True if a person or a hint helped.
    source : str
        Id of the attempt or the observation.
    """

    on: date
    success: bool
    aided: bool = False
    source: str = ""

    @property
    def shows(self) -> bool:
        """True if it shows the skill: only an unaided success does."""
        return self.success and not self.aided


@dataclass(frozen=True)
class SkillReview:
    """One of the scheduled spaced reviews of a skill that was shown.

    Parameters
    ----------
    days : int
        Interval after the skill was first shown, days (7, 21 or 60).
    on : date
        The day from which it is due.
    done_on : date, optional
        First day of an unaided success on ``on`` or later; None while the review is not done.
    """

    days: int
    on: date
    done_on: date | None = None


@dataclass(frozen=True)
class Mastery:
    """Mastery of one skill, with its evidence.

    Parameters
    ----------
    state : MasteryState
        The state.
    shown_on : date, optional
        Day of the first unaided success.
    retained_on : date, optional
        Day of the first unaided success at least 7 days after ``shown_on``.
    review_on : date, optional
        Due date of the first review that is not done; in the past if a refresh is due.
    evidence : tuple of Evidence
        All evidence, earliest first.
    reviews : tuple of SkillReview
        All three reviews once the skill was shown; before that, none.
    """

    state: MasteryState
    shown_on: date | None = None
    retained_on: date | None = None
    review_on: date | None = None
    evidence: tuple[Evidence, ...] = ()
    reviews: tuple[SkillReview, ...] = ()


def derive_mastery(evidence: Iterable[Evidence], today: date) -> Mastery:
    """Return the mastery that follows from ``evidence`` on ``today``.

    *Shown* is an unaided success; *retained* an unaided success at least 7 days later; *refresh due* if one
    of the fixed intervals (7, 21, 60 days after the skill was shown) has passed with no unaided success
    since. A failure does not undo a success: the next review tests the skill again.

    Parameters
    ----------
    evidence : iterable of Evidence
        All evidence of one student for one skill, in any order; evidence later than ``today`` does not count.
    today : date
        The day for which the mastery is computed.
    """
    seen = tuple(sorted(item for item in evidence if item.on <= today))
    successes = [item.on for item in seen if item.shows]
    if not successes:
        return Mastery(MasteryState.LEARNING if seen else MasteryState.NOT_STARTED, evidence=seen)
    shown = successes[0]
    reviews = schedule_reviews(successes)
    retained = reviews[0].done_on
    review = next((one.on for one in reviews if one.done_on is None), None)
    if review is not None and review <= today:
        state = MasteryState.REFRESH_DUE
    else:
        state = MasteryState.RETAINED if retained else MasteryState.SHOWN
    return Mastery(state, shown, retained, review, seen, reviews)


def schedule_reviews(successes: Sequence[date]) -> tuple[SkillReview, ...]:
    """Return the spaced reviews of a skill, each with the day on which it was done.

    Any unaided success on the due date or later does a review, so one success after a long pause does all
    reviews that were due; the intervals count from the first success, independent of later ones.

    Parameters
    ----------
    successes : sequence of date
        Days of the unaided successes, earliest first; at least one.
    """
    return tuple(
        SkillReview(days, on, next((day for day in successes if day >= on), None))
        for days in REVIEW_DAYS
        for on in [successes[0] + timedelta(days)]
    )


def next_review_date(first: date, last: date) -> date | None:
    """Return the due date of the next review, as in `schedule_reviews`; None if all reviews are done.

    Parameters
    ----------
    first, last : date
        Days of the first and of the last unaided success; the successes between them do not change the
        result.
    """
    days = (first + timedelta(days) for days in REVIEW_DAYS)
    return next((day for day in days if day > last), None)
