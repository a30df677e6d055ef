"""What a snapshot says of skills: their states, what these rest on, and what the two people say."""

from __future__ import annotations

from datetime import date

from toolkit.domain.mastery import MasteryState
from toolkit.domain.skill_opinions import Stance
from toolkit.reports.snapshot.snapshot_models import Line

__all__ = ["EvidenceLine", "LookBackLine", "MilestoneLine", "SayingLine", "SkillLine"]


class EvidenceLine(Line):
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


class SayingLine(Line):
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


class LookBackLine(Line):
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


class SkillLine(Line):
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


class MilestoneLine(Line):
    """A stage of the path, with its skills in order."""

    id: str
    title: str
    skills: tuple[SkillLine, ...]
