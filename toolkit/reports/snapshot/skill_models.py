"""The models of a snapshot's skills: state, evidence, reviews, and the opinions of mentor and student."""

from __future__ import annotations

from datetime import date

from toolkit.domain.mastery import MasteryState
from toolkit.domain.skill_opinions import Stance
from toolkit.reports.snapshot.snapshot_models import SnapshotModel

__all__ = ["EvidenceLine", "LookBackLine", "MilestoneLine", "SayingLine", "SkillLine"]


class EvidenceLine(SnapshotModel):
    """One piece of evidence of a skill: an attempt, or an observation in a session.

    Parameters
    ----------
    exercise, title : str
        Id and title of the attempt's exercise; empty for an observation.
    attempt : str
        Id of the attempt in the store, or its SHA-256 if it has no id; empty for an observation.
    session : str
        Id of the session of an observation; empty for an attempt.
    aided : bool
        True if a person or a hint helped; only unaided success shows a skill.
    page : str
        Path of the feedback page, relative to the student's workspace; empty if there is none.
    """

    on: date
    exercise: str = ""
    title: str = ""
    attempt: str = ""
    session: str = ""
    success: bool
    aided: bool
    page: str = ""


class SayingLine(SnapshotModel):
    """An opinion of the student or the mentor about a skill; it does not change the skill's state.

    Parameters
    ----------
    stance : Stance
        The mentor's: confirmed or contested. The student's: not yet, with help, alone, or contested.
    word : str
        The stance, in the student's language.
    words : str
        The reason, in the author's words; may be empty.
    session : str
        Id of the session in which it was given; empty outside sessions.
    """

    on: date
    stance: Stance
    word: str
    words: str = ""
    session: str = ""


class LookBackLine(SnapshotModel):
    """One of the scheduled spaced reviews of a skill that was shown.

    Parameters
    ----------
    days : int
        Interval after the skill was shown: 7, 21 or 60 days.
    on : date
        The day from which it is due.
    done_on : date, optional
        The day on which it was done; None while it is not done.
    """

    days: int
    on: date
    done_on: date | None = None


class SkillLine(SnapshotModel):
    """One skill: its state with the evidence, and beside it the opinions of mentor and student.

    Parameters
    ----------
    word : str
        The state, in the student's language.
    shown_on, retained_on : date, optional
        Day of the first unaided success, and of the first one at least 7 days later.
    review_on : date, optional
        Due date of the next review (7, 21, 60 days after the skill was shown); in the past if a refresh is
        due.
    reviews : tuple of LookBackLine
        The three reviews, once the skill was shown.
    ticked_on, confirmed_on : date, optional
        Day of the student's last tick, and of the mentor's confirmation if it is in force; neither changes
        ``state``.
    student_says, mentor_says : SayingLine, optional
        The opinion of each that is in force; a confirmation of the mentor is one too.
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


class MilestoneLine(SnapshotModel):
    """A milestone of the path, with its skills in order."""

    id: str
    title: str
    skills: tuple[SkillLine, ...]
