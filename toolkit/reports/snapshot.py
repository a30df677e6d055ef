"""The snapshot: all that a report says about one student, at one moment. The contract with templates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from toolkit.domain.agenda import ActionState
from toolkit.domain.attempt import Verdict
from toolkit.domain.mastery import MasteryState
from toolkit.domain.people import Address, Role
from toolkit.domain.session import SessionKind, SessionState
from toolkit.i18n import Language

__all__ = [
    "ActionLine",
    "AttemptLine",
    "EvidenceLine",
    "ExerciseLine",
    "MilestoneLine",
    "NextLine",
    "PromiseLine",
    "ReviewLine",
    "SessionLine",
    "SkillLine",
    "Snapshot",
    "StudentLine",
]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StudentLine(_Line):
    """Who the report is about, and how it speaks."""

    id: str
    name: str
    given_name: str
    language: Language
    address: Address


class EvidenceLine(_Line):
    """One thing that a skill's state rests on.

    Parameters
    ----------
    attempt : str
        Which attempt: its number in the store, or its SHA-256 where it has none.
    session : str
        The session in which the mentor saw it; empty for an attempt, while `exercise`, `title` and `attempt`
        are empty for what was seen.
    aided : bool
        Whether somebody or a hint helped; only unaided success shows a skill.
    """

    on: date
    exercise: str = ""
    title: str = ""
    attempt: str = ""
    session: str = ""
    success: bool
    aided: bool


class SkillLine(_Line):
    """One skill: what the evidence amounts to, and beside it what the two people say.

    Parameters
    ----------
    word : str
        The state, in the student's language.
    review_on : date, optional
        The next of the fixed intervals (7, 21, 60 days after it was shown); past when a refresh is due.
    ticked_on, confirmed_on : date, optional
        The student's last tick, the mentor's last confirmation; neither has a part in ``state``.
    """

    id: str
    title: str
    prerequisites: tuple[str, ...] = ()
    state: MasteryState
    word: str
    shown_on: date | None = None
    retained_on: date | None = None
    review_on: date | None = None
    evidence: tuple[EvidenceLine, ...] = ()
    ticked_on: date | None = None
    confirmed_on: date | None = None


class MilestoneLine(_Line):
    """A stage of the path, with its skills in order."""

    id: str
    title: str
    skills: tuple[SkillLine, ...]


class AttemptLine(_Line):
    """One attempt.

    Parameters
    ----------
    title : str
        Of the exercise; its id where there is no card any more.
    verdict : Verdict, optional
        None while it waits to be graded.
    word : str
        How it went, in the student's language ("solved", "not yet", "timed out").
    aided : bool
        Whether somebody or a hint helped.
    messages : tuple of str
        What the failing tests said: the messages that the student's feedback has too, never a test's source.
    reason : str
        Why there is no full result, in a sentence; empty where there is one.
    """

    id: int | None
    exercise: str
    title: str
    received_at: datetime
    verdict: Verdict | None
    word: str
    points: float
    max_points: float
    hints_used: int
    aided: bool
    solved: bool
    messages: tuple[str, ...] = ()
    reason: str = ""


class ExerciseLine(_Line):
    """All attempts at one exercise, summed up.

    Parameters
    ----------
    points : float
        The best so far.
    pending : float
        Points of the last attempt that the mentor has yet to give or not.
    solved_on : date, optional
        When it was solved first.
    messages : tuple of str
        What the failing tests of the last attempt said; empty once it is solved.
    """

    id: str
    title: str
    attempts: int
    points: float
    max_points: float
    pending: float = 0.0
    hints_used: int
    solved_on: date | None
    messages: tuple[str, ...] = ()


class ActionLine(_Line):
    """Something that is promised and still open.

    Parameters
    ----------
    late : bool
        Whether ``due`` has passed.
    carried : bool
        Whether it continues an earlier action.
    """

    id: str
    text: str
    owner: Role
    due: date | None
    plan: str
    late: bool
    carried: bool


class PromiseLine(_Line):
    """What was agreed in a session, and what has become of it since."""

    text: str
    owner: Role
    state: ActionState
    word: str


class SessionLine(_Line):
    """One session.

    Parameters
    ----------
    word : str
        The state, in the student's language.
    discussed, carried : tuple of str
        Talking points, in the agenda's order.
    agreed : tuple of PromiseLine
        The actions that were agreed then, where the caller knows.
    recap : str
        As it was shared; Markdown.
    """

    id: str
    starts_at: datetime
    minutes: int
    kind: SessionKind
    state: SessionState
    word: str
    discussed: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    agreed: tuple[PromiseLine, ...] = ()
    recap: str = ""


class NextLine(_Line):
    """An exercise that can be done now, and why.

    Parameters
    ----------
    kind : {"begun", "new", "again"}
        Tried and not solved yet; never tried; solved with help only, to be done once more without.
    reason : str
        One sentence, in the student's language.
    """

    exercise: str
    title: str
    minutes: int
    kind: Literal["begun", "new", "again"]
    skills: tuple[str, ...]
    reason: str


class ReviewLine(_Line):
    """A skill that is due for a refresh.

    Parameters
    ----------
    due : date
        Since when.
    exercise, exercise_title : str
        What to refresh it with; empty where no exercise bears it.
    """

    skill: str
    title: str
    due: date
    exercise: str = ""
    exercise_title: str = ""
    reason: str


class Snapshot(_Line):
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

    @property
    def skills(self) -> tuple[SkillLine, ...]:
        """Every skill, in the path's order."""
        return tuple(skill for milestone in self.milestones for skill in milestone.skills)
