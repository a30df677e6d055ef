"""What a snapshot is made of: one model a kind of line."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from toolkit.domain.agenda import ActionState
from toolkit.domain.attempt import Verdict
from toolkit.domain.people import Address, Role
from toolkit.domain.session import SessionKind, SessionState
from toolkit.i18n import Language

__all__ = [
    "ActionLine",
    "AttemptLine",
    "ChangeLine",
    "ExerciseLine",
    "FailingLine",
    "KeptLine",
    "Line",
    "NextLine",
    "PromiseLine",
    "ReviewLine",
    "SessionLine",
    "StudentLine",
    "WarmUpLine",
]


class Line(BaseModel):
    """What all of them are: unchangeable, and with nothing besides what is said here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StudentLine(Line):
    """Who the report is about, and how it speaks."""

    id: str
    name: str
    given_name: str
    language: Language
    address: Address


class AttemptLine(Line):
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


class ExerciseLine(Line):
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


class FailingLine(Line):
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


class ActionLine(Line):
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


class KeptLine(Line):
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


class PromiseLine(Line):
    """What was agreed in a session, and what has become of it since."""

    text: str
    owner: Role
    state: ActionState
    word: str


class SessionLine(Line):
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


class NextLine(Line):
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


class ReviewLine(Line):
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


class WarmUpLine(Line):
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


class ChangeLine(Line):
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
