"""Data exchanged with the gradebook."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CurrentGrade", "RecordStatus"]


class RecordStatus(StrEnum):
    """Outcome of recording a result."""

    WRITTEN = "written"
    #: The gradebook holds a newer submission.
    SUPERSEDED = "superseded"
    #: The submission could not be run, so there is nothing to write.
    NOTHING = "nothing"


@dataclass(frozen=True)
class CurrentGrade:
    """Current points of one cell, by nbgrader's rules.

    Parameters
    ----------
    points : float or None
        Points given by a person, else by the tests, with extra credit; None if neither.
    waits : bool
        True if nbgrader marks the cell for manual grading, for the first time or again.
    """

    points: float | None
    waits: bool = False
