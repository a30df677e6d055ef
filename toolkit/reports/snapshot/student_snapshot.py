"""The snapshot: the data of a report about one student at one moment; the interface to templates."""

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
    NextLine,
    ReviewLine,
    SessionLine,
    SnapshotModel,
    StudentLine,
    WarmUpLine,
)

__all__ = ["StudentSnapshot"]


class StudentSnapshot(SnapshotModel):
    """The data of a report about one student at one moment, limited to what this student may see.

    A template receives it as the parameter ``snapshot``: plain JSON, which
    ``Snapshot.model_validate(snapshot)`` or ``Page(snapshot)`` converts back into this model. Texts are in
    the student's language, times are aware, days are those of ``generated_at``'s time zone. It does not
    contain hidden tests, solutions, later hints, private notes or data on other students.

    Parameters
    ----------
    format : int
        Version of the model; raised when a field changes its meaning or is removed, not for new fields.
    attempts : tuple of AttemptLine
        Earliest first.
    exercises : tuple of ExerciseLine
        Exercises with attempts, in the path's order.
    actions : tuple of ActionLine
        All open action items, by due date; items without a date last.
    sessions : tuple of SessionLine
        Sessions that are over, latest first.
    next_session : SessionLine, optional
        The earliest session that is still to be held.
    next_exercises : tuple of NextLine
        Begun exercises first, then new ones in the path's order, then those to be repeated.
    reviews : tuple of ReviewLine
        Skills that are due for a refresh, longest due first.
    since : date, optional
        Day of the last session that was held.
    changes : tuple of ChangeLine
        Changes since then: successes first, then due reviews, unsolved attempts and opinions.
    failing : tuple of FailingLine
        All tests that failed at least once: tests that still fail first, then by number of failures.
    kept : tuple of KeptLine
        Action items that are done, the latest agreed first.
    warm_up : tuple of WarmUpLine
        At most two: skills that are due for a refresh, then those shown longest ago.
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
