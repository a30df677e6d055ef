"""The snapshot: all that a report says about one student, at one moment. The contract with templates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from toolkit.reports.snapshot.skill_models import MilestoneLine, SkillLine
from toolkit.reports.snapshot.snapshot_models import (
    ActionLine,
    AttemptLine,
    ChangeLine,
    ExerciseLine,
    FailingLine,
    KeptLine,
    Line,
    NextLine,
    ReviewLine,
    SessionLine,
    StudentLine,
    WarmUpLine,
)

__all__ = ["Snapshot"]


class Snapshot(Line):
    """What a report is made from: one student, one moment, nothing that this student may not see.

    A template gets it as the parameter ``snapshot``: plain JSON, which ``Snapshot.model_validate(snapshot)``
    or ``Page(snapshot)`` turns back into this model. Texts are in the student's language, moments are aware,
    days are those of ``generated_at``'s time zone. Hidden tests, solutions, hints to come, private notes and
    other students are not in it.

    Parameters
    ----------
    format : int
        Raised when a field changes its meaning or goes; new fields do not raise it.
    attempts : tuple of AttemptLine
        Earliest first.
    exercises : tuple of ExerciseLine
        Those that were tried, in the path's order.
    actions : tuple of ActionLine
        Every open one, by due date, those without a date last.
    sessions : tuple of SessionLine
        Those that are over, latest first.
    next_session : SessionLine, optional
        The earliest that is still to be held.
    next_exercises : tuple of NextLine
        Begun first, then new ones in the path's order, then those to be done once more.
    reviews : tuple of ReviewLine
        Skills that are due for a refresh, longest due first.
    since : date, optional
        The day of the last session that was held.
    changes : tuple of ChangeLine
        What is new since then; what was reached first, then what is due, what is tried, what was said.
    failing : tuple of FailingLine
        Every test that failed: those that still do first, of these the most often failed.
    kept : tuple of KeptLine
        The actions that are done, the latest agreed first.
    warm_up : tuple of WarmUpLine
        Two at most: skills that are due for a refresh, then those shown longest ago.
    """

    format: Literal[1] = 1
    student: StudentLine
    generated_at: datetime
    path: str
    path_title: str
    milestones: tuple[MilestoneLine, ...]
    attempts: tuple[AttemptLine, ...] = ()
    exercises: tuple[ExerciseLine, ...] = ()
    actions: tuple[ActionLine, ...] = ()
    sessions: tuple[SessionLine, ...] = ()
    next_session: SessionLine | None = None
    next_exercises: tuple[NextLine, ...] = ()
    reviews: tuple[ReviewLine, ...] = ()
    since: date | None = None
    changes: tuple[ChangeLine, ...] = ()
    failing: tuple[FailingLine, ...] = ()
    kept: tuple[KeptLine, ...] = ()
    warm_up: tuple[WarmUpLine, ...] = ()

    @property
    def skills(self) -> tuple[SkillLine, ...]:
        """Every skill, in the path's order."""
        return tuple(skill for milestone in self.milestones for skill in milestone.skills)
