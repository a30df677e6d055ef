"""Data of manual grading; picklable, because they are sent between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["ManualGrade", "ReviewCell", "ReviewSheet"]


@dataclass(frozen=True)
class ReviewCell:
    """One cell of a submission.

    Parameters
    ----------
    name : str
        Cell name as in `Outcome.results`; empty for a cell without nbgrader metadata.
    kind : {"text", "code", "answer", "task", "test"}
        Role of the cell in the exercise.
    source : str
        Source as graded.
    html, outputs : str
        Source and outputs as sanitized HTML.
    state : str
        "passed", "partly", "not-yet", "stopped" or "waiting"; empty for a cell without points.
    points, max_points : float or None
        Current and maximum points; None if not graded yet, or for a cell without points.
    message : str
        Message of the failing test: expected and actual value.
    by_hand : bool
        True if a person gives its points.
    given : float or None
        Points given by a person.
    comment : str or None
        Comment of a person, empty if missing; None if the cell cannot have one.
    remark : str
        nbgrader's automatic comment ("No response.").
    difference : tuple of (str, str)
        Kind ("same", "added" or "removed") and text of each line, compared with the previous attempt; empty
        without one.
    """

    name: str
    kind: str
    source: str
    html: str
    outputs: str = ""
    state: str = ""
    points: float | None = None
    max_points: float | None = None
    message: str = ""
    by_hand: bool = False
    given: float | None = None
    comment: str | None = None
    remark: str = ""
    difference: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ReviewSheet:
    """A submission with its current grades in the gradebook.

    Parameters
    ----------
    cells : tuple of ReviewCell
        Cells in the notebook's order, without those in another language.
    points, max_points : float
        nbgrader's sums, late penalties subtracted.
    waits : bool
        True if some cell still needs manual grading.
    """

    cells: tuple[ReviewCell, ...]
    points: float
    max_points: float
    waits: bool


@dataclass(frozen=True)
class ManualGrade:
    """Points and comments from a person: for each cell the value seen before, and the new value.

    Parameters
    ----------
    points : mapping of str to (float or None, float or None)
        Points by cell name. A new value of None removes the person's points: those of the tests count again,
        or the cell needs manual grading.
    comments : mapping of str to (str, str)
        Comments by cell name; an empty new value removes the comment.
    """

    points: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    comments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
