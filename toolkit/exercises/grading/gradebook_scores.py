"""What the gradebook tells and is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CurrentGrade", "Recorded"]


class Recorded(StrEnum):
    """What became of a result that was to be recorded."""

    WRITTEN = "written"
    #: A newer submission is in the gradebook already.
    SUPERSEDED = "superseded"
    #: Nothing could be run, so nbgrader has nothing to keep.
    NOTHING = "nothing"


@dataclass(frozen=True)
class CurrentGrade:
    """What one cell is worth now, as nbgrader counts it.

    Parameters
    ----------
    points : float or None
        A person's, or else the machine's, with extra credit; None where there are neither.
    waits : bool
        Whether a person is to look at it, for the first time or again.
    """

    points: float | None
    waits: bool = False
