"""Mastery of a skill, derived from evidence and never stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from toolkit.i18n import N_

__all__ = ["REVIEW_DAYS", "Evidence", "Mastery", "MasteryState", "derive"]

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


@dataclass(frozen=True)
class Mastery:
    """Where a student stands with a skill, and what that rests on."""

    state: MasteryState
    shown_on: date | None = None
    retained_on: date | None = None
    review_on: date | None = None
    evidence: tuple[Evidence, ...] = ()


def derive(evidence: Iterable[Evidence], today: date) -> Mastery:
    """Return the mastery that ``evidence`` amounts to on ``today``.

    *Shown* is an unaided success; *retained* an unaided success at least 7 days later; *refresh due* when the
    next of the fixed intervals (7, 21, 60 days after it was shown) has passed with no unaided success since.
    Evidence later than ``today`` does not count.
    """
    seen = tuple(sorted(item for item in evidence if item.on <= today))
    successes = [item.on for item in seen if item.success and not item.aided]
    if not successes:
        return Mastery(MasteryState.LEARNING if seen else MasteryState.NOT_STARTED, evidence=seen)
    shown = successes[0]
    retained = next((day for day in successes if day - shown >= timedelta(REVIEW_DAYS[0])), None)
    reviews = [shown + timedelta(days) for days in REVIEW_DAYS]
    # A review is done by any unaided success on or after its day.
    review = next((day for day in reviews if day > successes[-1]), None)
    if review is not None and review <= today:
        state = MasteryState.REFRESH_DUE
    else:
        state = MasteryState.RETAINED if retained else MasteryState.SHOWN
    return Mastery(state, shown, retained, review, seen)
