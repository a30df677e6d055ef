"""An attempt: a submission as received, and the outcome of its grading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from toolkit.i18n import N_

__all__ = ["Attempt", "Outcome", "TestResult", "Verdict", "test_display_name"]


class Verdict(StrEnum):
    """Overall result of grading one attempt."""

    GRADED = N_("graded")
    PARTLY_GRADED = N_("partly graded")
    TIMED_OUT = N_("timed out")
    OUT_OF_MEMORY = N_("out of memory")
    TAMPERED = N_("tampered")
    UNREADABLE = N_("unreadable")


@dataclass(frozen=True)
class TestResult:
    """Result of one graded cell.

    Parameters
    ----------
    grade_id : str
        nbgrader's id of the cell.
    points : float, optional
        Points given; None while a manual part waits for the mentor.
    max_points : float
        Points for full marks.
    message : str
        Error message of the failed test; empty if it passed.
    """

    __test__ = False  # not for pytest

    grade_id: str
    points: float | None
    max_points: float
    message: str = ""

    @property
    def passed(self) -> bool:
        """True if all points were given."""
        return self.points is not None and self.points >= self.max_points


@dataclass(frozen=True)
class Outcome:
    """Outcome of grading one attempt.

    Parameters
    ----------
    reason : str
        Reason for an incomplete result, in one sentence; empty for a complete one.
    environment : str
        Interpreter and isolation of the run ("Python 3.11.7, not sandboxed").
    made_with : str
        Fingerprint of the exercise, the packages and the grader that produced the outcome; empty if unknown.
    """

    verdict: Verdict
    results: tuple[TestResult, ...] = ()
    reason: str = ""
    environment: str = ""
    made_with: str = ""

    @property
    def points(self) -> float:
        """Points given so far."""
        return sum(result.points or 0.0 for result in self.results)

    @property
    def max_points(self) -> float:
        """Points for full marks."""
        return sum(result.max_points for result in self.results)

    @property
    def failures(self) -> tuple[TestResult, ...]:
        """The tests that failed with a message; a manual grade below full points has none and is left out."""
        return tuple(result for result in self.results if not result.passed and result.message)

    @property
    def solved(self) -> bool:
        """True if there is at least one automatic test and all automatic tests have passed."""
        automatic = [result for result in self.results if result.points is not None]
        return (
            self.verdict in {Verdict.GRADED, Verdict.PARTLY_GRADED}
            and bool(automatic)
            and all(result.passed for result in automatic)
        )


@dataclass(frozen=True)
class Attempt:
    """One submission: immutable except for its outcome, which is set when grading ends.

    Parameters
    ----------
    sha256 : str
        SHA-256 of the bytes received, hexadecimal; they are stored under this name.
    received_at : datetime
        Aware, UTC.
    source : str
        Origin of the bytes, as the mentor named it.
    hints_used : int
        Number of steps of the hint ladder that the student had received.
    aided : bool
        True if somebody helped; only unaided success shows a skill.
    outcome : Outcome, optional
        None before grading.
    id : int, optional
        Assigned by the store.
    """

    student_id: str
    exercise_id: str
    sha256: str
    received_at: datetime
    source: str
    hints_used: int = 0
    aided: bool = False
    outcome: Outcome | None = None
    id: int | None = None


def test_display_name(grade_id: str) -> str:
    """Return the display name of a test: "test-exact-goal" becomes "exact goal"."""
    return grade_id.removeprefix("test-").replace("-", " ") or grade_id
