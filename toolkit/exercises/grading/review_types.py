"""What a mentor sees of a submission and what is given to it by hand; both travel between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Given", "Sheet", "SheetCell"]


@dataclass(frozen=True)
class SheetCell:
    """One cell of a submission.

    Parameters
    ----------
    name : str
        As `Outcome.results` has it; empty for a cell that nbgrader does not know.
    kind : {"text", "code", "answer", "task", "test"}
        What it is to the exercise.
    source : str
        As it was graded.
    html, outputs : str
        The same, and what it put out, as HTML in which nothing can run.
    state : str
        "passed", "partly", "not-yet", "stopped" or "waiting"; empty where it bears no points.
    points, max_points : float or None
        What counts now; None where nobody has given any, or there are none.
    message : str
        What the failing test said: expected and actual.
    by_hand : bool
        Whether a person gives its points.
    given : float or None
        What a person gave.
    comment : str or None
        A person's comment, empty where there is none yet; None where the cell takes none.
    remark : str
        nbgrader's own ("No response.").
    difference : tuple of (str, str)
        Lines that are "same", "added" or "removed" since the earlier attempt; empty where there was none.
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
class Sheet:
    """A submission as the gradebook has it.

    Parameters
    ----------
    cells : tuple of SheetCell
        In the notebook's order, without those in another language.
    points, max_points : float
        As nbgrader counts them, lateness taken off.
    waits : bool
        Whether a person is still to look at any of it.
    """

    cells: tuple[SheetCell, ...]
    points: float
    max_points: float
    waits: bool


@dataclass(frozen=True)
class Given:
    """What a person gives: for each cell what they saw there before, and what it shall be.

    Parameters
    ----------
    points : mapping of str to (float or None, float or None)
        None takes the person's points back; the machine's count again, or the cell waits.
    comments : mapping of str to (str, str)
        An empty one takes it back.
    """

    points: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    comments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
