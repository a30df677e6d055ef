"""The snapshot: all that a report says about one student, at one moment. The contract with templates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from toolkit.domain.agenda import ActionState
from toolkit.domain.attempt import Verdict
from toolkit.domain.mastery import MasteryState
from toolkit.domain.opinion import Stance
from toolkit.domain.people import Address, Role
from toolkit.domain.session import SessionKind, SessionState
from toolkit.i18n import Language

__all__ = [
    "ActionLine",
    "AttemptLine",
    "ChangeLine",
    "EvidenceLine",
    "ExerciseLine",
    "FailingLine",
    "KeptLine",
    "LookBackLine",
    "MilestoneLine",
    "NextLine",
    "PromiseLine",
    "ReviewLine",
    "SayingLine",
    "SessionLine",
    "SkillLine",
    "Snapshot",
    "StudentLine",
    "WarmUpLine",
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
    page : str
        The feedback on the attempt, a path within the student's workspace; empty where none was written.
    """

    on: date
    exercise: str = ""
    title: str = ""
    attempt: str = ""
    session: str = ""
    success: bool
    aided: bool
    page: str = ""


class SayingLine(_Line):
    """What the student or the mentor says about a skill; it has no part in the skill's state.

    Parameters
    ----------
    stance : Stance
        Of the mentor: confirmed or contested. Of the student: not yet, with help or alone; or contested.
    word : str
        The stance, in the student's language.
    words : str
        Why, as it was put; may be empty.
    session : str
        In which session it was said; empty where it was in none.
    """

    on: date
    stance: Stance
    word: str
    words: str = ""
    session: str = ""


class LookBackLine(_Line):
    """One of the fixed looks back at a skill that was shown.

    Parameters
    ----------
    days : int
        After how many days it is: 7, 21 or 60.
    on : date
        From when on.
    done_on : date, optional
        When it was done; None while it is still to come, or due.
    """

    days: int
    on: date
    done_on: date | None = None


class SkillLine(_Line):
    """One skill: what the evidence amounts to, and beside it what the two people say.

    Parameters
    ----------
    word : str
        The state, in the student's language.
    review_on : date, optional
        The next of the fixed intervals (7, 21, 60 days after it was shown); past when a refresh is due.
    reviews : tuple of LookBackLine
        The three looks back, once the skill was shown.
    ticked_on, confirmed_on : date, optional
        The student's last tick, the mentor's last confirmation where it stands; neither has a part in
        ``state``.
    student_says, mentor_says : SayingLine, optional
        The last word of each, where one stands; the mentor's confirmation is in it too.
    """

    id: str
    title: str
    prerequisites: tuple[str, ...] = ()
    state: MasteryState
    word: str
    shown_on: date | None = None
    retained_on: date | None = None
    review_on: date | None = None
    reviews: tuple[LookBackLine, ...] = ()
    evidence: tuple[EvidenceLine, ...] = ()
    ticked_on: date | None = None
    confirmed_on: date | None = None
    student_says: SayingLine | None = None
    mentor_says: SayingLine | None = None


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
    page : str
        The feedback on it, a path within the student's workspace; empty where none was written.
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
    page: str = ""


class ExerciseLine(_Line):
    """All attempts at one exercise, summed up.

    Parameters
    ----------
    points : float
        The best so far.
    pending : float
        Points of the last attempt that the mentor has yet to give or not.
    hints_used, hint_count : int
        Steps of the hint ladder that were given, and how many it has (0 where there is no card any more).
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
    hint_count: int = 0
    solved_on: date | None
    messages: tuple[str, ...] = ()


class FailingLine(_Line):
    """One test that failed, over all attempts at its exercise.

    Parameters
    ----------
    test : str
        Which one, as it is called in the exercise ("test-total").
    name : str
        The same for a reader ("total").
    times : int
        In how many attempts it failed.
    still : bool
        Whether it failed in the last attempt that was graded.
    message : str
        What it said last.
    misconception : str
        What that points at, in a sentence or two; empty where no known wrong answer explains it.
    """

    exercise: str
    title: str
    test: str
    name: str
    times: int
    last_on: date
    still: bool
    message: str
    misconception: str = ""


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


class KeptLine(_Line):
    """Something that was promised and is done.

    Parameters
    ----------
    agreed_on : date, optional
        The day of the session in which it was agreed, where it is known.
    """

    id: str
    text: str
    owner: Role
    agreed_on: date | None = None


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
    days : int
        Which look back it is: 7, 21 or 60 days after the skill was shown.
    exercise, exercise_title : str
        What to refresh it with; empty where no exercise bears it.
    """

    skill: str
    title: str
    due: date
    days: int = 0
    exercise: str = ""
    exercise_title: str = ""
    reason: str


class WarmUpLine(_Line):
    """A skill to begin the next session with, from memory.

    Parameters
    ----------
    question : str
        What is asked.
    due : bool
        Whether it is due for a refresh; if not, it is one of those shown longest ago.
    """

    skill: str
    title: str
    question: str
    reason: str
    due: bool


class ChangeLine(_Line):
    """One thing that is new since the last session, or since the beginning where none was held.

    Parameters
    ----------
    kind : str
        "solved", "shown", "retained", "due", "tried" (not solved yet) or "said" (by one of the two).
    on : date
        When.
    subject : str
        Which skill or exercise: its id.
    sentence : str
        The same in words, in the student's language.
    """

    kind: Literal["solved", "shown", "retained", "due", "tried", "said"]
    on: date
    subject: str
    sentence: str


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
