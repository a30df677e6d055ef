"""A submission as it was received, and what grading made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from toolkit.i18n import N_

__all__ = ["Attempt", "Outcome", "TestResult", "Verdict", "name_of_test"]


class Verdict(StrEnum):
    """How grading ended."""

    GRADED = N_("graded")
    PARTLY_GRADED = N_("partly graded")
    TIMED_OUT = N_("timed out")
    OUT_OF_MEMORY = N_("out of memory")
    TAMPERED = N_("tampered")
    UNREADABLE = N_("unreadable")


@dataclass(frozen=True)
class TestResult:
    """One graded cell.

    Parameters
    ----------
    points : float, optional
        Points given; None while a manual part waits for the mentor.
    message : str
        What the failing test said; empty where it passed.
    """

    __test__ = False  # not for pytest

    grade_id: str
    points: float | None
    max_points: float
    message: str = ""

    @property
    def passed(self) -> bool:
        """Whether every point was given."""
        return self.points is not None and self.points >= self.max_points


@dataclass(frozen=True)
class Outcome:
    """What grading found.

    Parameters
    ----------
    reason : str
        Why there is no full result, in a sentence; empty where there is one.
    environment : str
        What the code ran on and how it was contained ("Python 3.11.7, not sandboxed").
    made_with : str
        Fingerprint of the exercise, the packages and the grader that made it; empty where nobody knows.
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
        """Points that there are."""
        return sum(result.max_points for result in self.results)

    @property
    def failures(self) -> tuple[TestResult, ...]:
        """The tests that failed and said something; what a person gave no full points for is none of them."""
        return tuple(result for result in self.results if not result.passed and result.message)

    @property
    def solved(self) -> bool:
        """Whether every test that a machine can run has passed, and there was one."""
        automatic = [result for result in self.results if result.points is not None]
        return (
            self.verdict in {Verdict.GRADED, Verdict.PARTLY_GRADED}
            and bool(automatic)
            and all(result.passed for result in automatic)
        )


@dataclass(frozen=True)
class Attempt:
    """One submission, immutable but for its outcome, which is written once grading is done.

    Parameters
    ----------
    id : int, optional
        Given by the store.
    sha256 : str
        Of the bytes received, hexadecimal; they are kept under this name.
    received_at : datetime
        Aware, UTC.
    source : str
        Where the bytes came from, as the mentor named it.
    hints_used : int
        Steps of the hint ladder that the student had been given.
    aided : bool
        Whether somebody helped; only unaided success shows a skill.
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


def name_of_test(grade_id: str) -> str:
    """Return a test's name as people read it: "test-exact-goal" is "exact goal"."""
    return grade_id.removeprefix("test-").replace("-", " ") or grade_id
