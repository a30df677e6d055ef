"""What the gradebook tells and is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ManualScore", "Recorded"]


class Recorded(StrEnum):
    """What became of a result that was to be recorded."""

    WRITTEN = "written"
    #: A newer submission is in the gradebook already.
    SUPERSEDED = "superseded"
    #: Nothing could be run, so nbgrader has nothing to keep.
    NOTHING = "nothing"


@dataclass(frozen=True)
class ManualScore:
    """What a person gave one cell in nbgrader's formgrader.

    Parameters
    ----------
    points : float or None
        None where there is only a comment.
    extra_credit : float
        Points on top.
    needs_review : bool
        Whether it was given to an older submission, and waits to be confirmed for this one.
    """

    grade_id: str
    points: float | None
    max_points: float
    extra_credit: float = 0.0
    comment: str = ""
    needs_review: bool = False
