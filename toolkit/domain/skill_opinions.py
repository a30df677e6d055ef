"""What mentor and student say about a skill: beside the evidence, never mixed into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from toolkit.domain.people import Role
from toolkit.errors import InputError
from toolkit.i18n import N_, _

__all__ = ["LONGEST", "SELF_RATINGS", "Opinion", "Says", "Stance", "check_words", "last_words"]

LONGEST = 500
"""Characters of what goes with an opinion."""


class Stance(StrEnum):
    """What somebody says about where the student stands with a skill."""

    #: The mentor has seen it, whatever the evidence says.
    CONFIRMED = "confirmed"
    #: The evidence is not right, says the mentor or the student.
    CONTESTED = N_("contested")
    NOT_YET = N_("not yet")
    WITH_HELP = N_("with help")
    ALONE = N_("alone")
    #: What was said before is taken back.
    WITHDRAWN = N_("withdrawn")


Says = Literal["", "not yet", "with help", "alone", "contested"]
"""What a student may say; nothing where it is empty."""

SELF_RATINGS = (Stance.NOT_YET, Stance.WITH_HELP, Stance.ALONE)
"""How a student rates themselves, from the least to the most."""

_OF = {
    "mentor": {Stance.CONFIRMED, Stance.CONTESTED, Stance.WITHDRAWN},
    "student": {*SELF_RATINGS, Stance.CONTESTED, Stance.WITHDRAWN},
}


@dataclass(frozen=True)
class Opinion:
    """One thing that was said about one skill.

    Parameters
    ----------
    said_at : datetime
        Aware, UTC.
    words : str
        Why, in one line; may be empty.
    session_id : str, optional
        In which session, where it was in one.
    """

    student_id: str
    skill: str
    by: Role
    stance: Stance
    said_at: datetime
    words: str = ""
    session_id: str | None = None

    def __post_init__(self) -> None:
        if self.stance not in _OF[self.by]:
            raise ValueError(f"a {self.by} does not say {self.stance!r}")


def last_words(opinions: Iterable[Opinion]) -> dict[tuple[str, Role], Opinion]:
    """Return what stands of what was said: the last word of each of the two on each skill.

    Parameters
    ----------
    opinions : iterable of Opinion
        Of one student; of two of the same moment the later one in the order given counts.
    """
    last: dict[tuple[str, Role], Opinion] = {}
    for opinion in opinions:
        before = last.get((opinion.skill, opinion.by))
        if before is None or opinion.said_at >= before.said_at:
            last[opinion.skill, opinion.by] = opinion
    return {key: one for key, one in last.items() if one.stance is not Stance.WITHDRAWN}


def check_words(words: str) -> str:
    """Return ``words`` on one line; `InputError` where they are too long."""
    words = " ".join(words.split())
    if len(words) > LONGEST:
        raise InputError(
            _("What goes with an opinion has {count} characters; there is room for {longest}.").format(
                count=len(words), longest=LONGEST
            ),
            _("Say it shorter, or in the session's recap."),
        )
    return words
