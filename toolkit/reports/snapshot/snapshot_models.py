"""The models of the parts of a snapshot."""

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
    "NextLine",
    "PromiseLine",
    "ReviewLine",
    "SessionLine",
    "SnapshotModel",
    "StudentLine",
    "WarmUpLine",
]


class SnapshotModel(BaseModel):
    """Base of the models: immutable, unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StudentLine(SnapshotModel):
    """The student, with the language and the form of address of the report."""

    id: str
    name: str
    given_name: str
    language: Language
    address: Address


class AttemptLine(SnapshotModel):
    """One attempt.

    Parameters
    ----------
    title : str
        Title of the exercise; its id if its card no longer exists.
    verdict : Verdict, optional
        None before grading.
    word : str
        The result, in the student's language ("solved", "not yet", "timed out").
    points, max_points : float
        Points given, and points for full marks.
    hints_used : int
        Number of steps of the hint ladder that the student had received.
    aided : bool
        True if a person or a hint helped.
    messages : tuple of str
        Messages of the failed tests, as in the student's feedback; never a test's source.
    reason : str
        Reason for an incomplete result, in one sentence; empty for a complete one.
    page : str
        Path of the feedback page, relative to the student's workspace; empty if there is none.
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


class ExerciseLine(SnapshotModel):
    """Summary of all attempts at one exercise.

    Parameters
    ----------
    attempts : int
        Number of attempts.
    points, max_points : float
        Best points so far, and points for full marks.
    pending : float
        Points of the last attempt's manual parts that the mentor has not graded yet.
    hints_used, hint_count : int
        Number of steps of the hint ladder given, and their total (0 if the card no longer exists).
    solved_on : date, optional
        Day of the first attempt that solved it.
    messages : tuple of str
        Messages of the last attempt's failed tests; empty once the exercise is solved.
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


class FailingLine(SnapshotModel):
    """One test that failed, over all attempts at its exercise.

    Parameters
    ----------
    test : str
        The test's ``grade_id`` ("test-total").
    name : str
        Its display name ("total").
    times : int
        Number of attempts in which it failed.
    last_on : date
        Day of the last failure.
    still : bool
        True if it failed in the last graded attempt.
    message : str
        Its last message.
    misconception : str
        The misconception that explains the message; empty if no known wrong answer does.
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


class ActionLine(SnapshotModel):
    """An open action item.

    Parameters
    ----------
    late : bool
        True if ``due`` has passed.
    carried : bool
        True if it continues an earlier action item.
    """

    id: str
    text: str
    owner: Role
    due: date | None
    plan: str
    late: bool
    carried: bool


class KeptLine(SnapshotModel):
    """An action item that is done.

    Parameters
    ----------
    agreed_on : date, optional
        Day of the session in which it was agreed; None if unknown.
    """

    id: str
    text: str
    owner: Role
    agreed_on: date | None = None


class PromiseLine(SnapshotModel):
    """An action item agreed in a session, with its present state."""

    text: str
    owner: Role
    state: ActionState
    word: str


class SessionLine(SnapshotModel):
    """One session.

    Parameters
    ----------
    word : str
        The state, in the student's language.
    discussed, carried : tuple of str
        Talking points, in the agenda's order.
    agreed : tuple of PromiseLine
        The action items agreed in the session, if known.
    recap : str
        The recap as shared, Markdown.
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


class NextLine(SnapshotModel):
    """An exercise that the student can do now, with the reason for it.

    Parameters
    ----------
    kind : {"begun", "new", "again"}
        Attempted but not solved; never attempted; solved only with help, to be repeated without help.
    reason : str
        One sentence, in the student's language.
    """

    exercise: str
    title: str
    minutes: int
    kind: Literal["begun", "new", "again"]
    skills: tuple[str, ...]
    reason: str


class ReviewLine(SnapshotModel):
    """A skill that is due for a refresh.

    Parameters
    ----------
    due : date
        The day since when it is due.
    days : int
        The review's interval: 7, 21 or 60 days after the skill was shown.
    exercise, exercise_title : str
        Id and title of an exercise for the refresh; empty if no exercise has the skill.
    """

    skill: str
    title: str
    due: date
    days: int = 0
    exercise: str = ""
    exercise_title: str = ""
    reason: str


class WarmUpLine(SnapshotModel):
    """A skill for the retrieval warm-up of the next session.

    Parameters
    ----------
    question : str
        The question for the student.
    due : bool
        True if the skill is due for a refresh; otherwise it is one of those shown longest ago.
    """

    skill: str
    title: str
    question: str
    reason: str
    due: bool


class ChangeLine(SnapshotModel):
    """One change since the last session, or since the beginning if no session was held.

    Parameters
    ----------
    kind : str
        "solved", "shown", "retained", "due", "tried" (not solved yet) or "said" (opinion of a person).
    on : date
        Day of the change.
    subject : str
        Id of the skill or exercise.
    sentence : str
        The change as a sentence, in the student's language.
    """

    kind: Literal["solved", "shown", "retained", "due", "tried", "said"]
    on: date
    subject: str
    sentence: str
