"""Opinions of mentor and student about a skill: kept beside the evidence, never mixed with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from toolkit.domain.people import Role
from toolkit.errors import InputError
from toolkit.i18n import N_, _

__all__ = [
    "MAX_OPINION_CHARS",
    "SELF_RATINGS",
    "Opinion",
    "SelfRating",
    "Stance",
    "latest_opinions",
    "validate_words",
]

MAX_OPINION_CHARS = 500
"""Largest number of characters of the reason for an opinion."""


class Stance(StrEnum):
    """An opinion of a person about the student's mastery of a skill."""

    #: The mentor confirms the skill, independent of the evidence.
    CONFIRMED = "confirmed"
    #: The mentor or the student considers the evidence wrong.
    CONTESTED = N_("contested")
    NOT_YET = N_("not yet")
    WITH_HELP = N_("with help")
    ALONE = N_("alone")
    #: The earlier opinion is withdrawn.
    WITHDRAWN = N_("withdrawn")


SelfRating = Literal["", "not yet", "with help", "alone", "contested"]
"""The opinions that a student may give on the checklist; empty for none."""

SELF_RATINGS = (Stance.NOT_YET, Stance.WITH_HELP, Stance.ALONE)
"""The self-ratings of a student, in ascending order."""

_ALLOWED_STANCES = {
    "mentor": {Stance.CONFIRMED, Stance.CONTESTED, Stance.WITHDRAWN},
    "student": {*SELF_RATINGS, Stance.CONTESTED, Stance.WITHDRAWN},
}


@dataclass(frozen=True)
class Opinion:
    """One opinion about one skill.

    Parameters
    ----------
    by : {"mentor", "student"}
        The author.
    stance : Stance
        The opinion; each author has a set of allowed ones.
    said_at : datetime
        Aware, UTC.
    words : str
        The reason, on one line; may be empty.
    session_id : str, optional
        Id of the session in which it was given; None outside sessions.
    """

    student_id: str
    skill: str
    by: Role
    stance: Stance
    said_at: datetime
    words: str = ""
    session_id: str | None = None

    def __post_init__(self) -> None:
        if self.stance not in _ALLOWED_STANCES[self.by]:
            raise ValueError(f"a {self.by} does not say {self.stance!r}")


def latest_opinions(opinions: Iterable[Opinion]) -> dict[tuple[str, Role], Opinion]:
    """Return the opinions in force: the last one of each author on each skill, without withdrawn ones.

    Parameters
    ----------
    opinions : iterable of Opinion
        The opinions about one student; of two with the same time, the later one in this order counts.
    """
    last: dict[tuple[str, Role], Opinion] = {}
    for opinion in opinions:
        before = last.get((opinion.skill, opinion.by))
        if before is None or opinion.said_at >= before.said_at:
            last[opinion.skill, opinion.by] = opinion
    return {key: one for key, one in last.items() if one.stance is not Stance.WITHDRAWN}


def validate_words(words: str) -> str:
    """Return ``words`` on one line; `InputError` if they are longer than `MAX_OPINION_CHARS` characters."""
    words = " ".join(words.split())
    if len(words) > MAX_OPINION_CHARS:
        raise InputError(
            _("What goes with an opinion has {count} characters; there is room for {longest}.").format(
                count=len(words), longest=MAX_OPINION_CHARS
            ),
            _("Say it shorter, or in the session's recap."),
        )
    return words
