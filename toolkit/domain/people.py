"""Mentors, students, and the mentorship between them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from toolkit.domain.state_machine import StateMachine
from toolkit.errors import InputError
from toolkit.i18n import N_, Language, _

__all__ = ["MENTORSHIP", "Address", "MentorshipState", "Role", "Student", "student_slug"]

Role = Literal["mentor", "student"]
Address = Literal["tu", "vous"]

_FORBIDDEN_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories that a name may not contain: control codes, surrogates, line and paragraph ends."""


class MentorshipState(StrEnum):
    """State of a mentorship (mentor x student)."""

    INVITED = N_("invited")
    ACTIVE = N_("active")
    PAUSED = N_("paused")
    ENDED = N_("ended")
    TRANSFERRED = N_("transferred")


MENTORSHIP = StateMachine(
    N_("mentorship"),
    {
        (MentorshipState.INVITED, N_("resume")): MentorshipState.ACTIVE,
        (MentorshipState.INVITED, N_("end")): MentorshipState.ENDED,
        (MentorshipState.ACTIVE, N_("pause")): MentorshipState.PAUSED,
        (MentorshipState.ACTIVE, "end"): MentorshipState.ENDED,
        (MentorshipState.ACTIVE, N_("transfer")): MentorshipState.TRANSFERRED,
        (MentorshipState.PAUSED, "resume"): MentorshipState.ACTIVE,
        (MentorshipState.PAUSED, "end"): MentorshipState.ENDED,
        (MentorshipState.PAUSED, "transfer"): MentorshipState.TRANSFERRED,
    },
)


@dataclass(frozen=True)
class Student:
    """One student and the state of the mentorship.

    Parameters
    ----------
    id : str
        Folder-safe name, unique in the practice; also the student's id in nbgrader.
    name : str
        The name as the student writes it, in any script.
    since : datetime
        Start of the mentorship; aware, UTC.
    email : str
        E-mail address; may be empty.
    language : {"en", "fr"}
        Language of the student's texts.
    address : {"tu", "vous"}
        Form of address in French texts.
    path : str
        Id of the learning path.
    state : MentorshipState
        State of the mentorship.
    """

    id: str
    name: str
    since: datetime
    email: str = ""
    language: Language = "en"
    address: Address = "tu"
    path: str = "python-foundations"
    state: MentorshipState = MentorshipState.ACTIVE

    def act(self, action: str) -> Student:
        """Return the student after ``action`` on the mentorship; `StateError` if its state forbids it."""
        return replace(self, state=MENTORSHIP.transition(self.state, action))

    @property
    def given_name(self) -> str:
        """The first word of the name, for greetings."""
        return (self.name.split() or [self.id])[0]


def student_slug(name: str) -> str:
    """Return a folder-safe ASCII id for ``name``: "Zoé Lefèvre" gives "zoe-lefevre".

    Raises
    ------
    InputError
        If the name is empty, longer than 300 characters, has several lines, or contains control characters
        or lone surrogates, which UTF-8 cannot encode.
    """
    cleaned = name.strip()
    forbidden = any(unicodedata.category(char) in _FORBIDDEN_CATEGORIES for char in cleaned)
    if not cleaned or len(cleaned) > 300 or forbidden:
        raise InputError(
            _("{name!r} cannot be a student's name.").format(name=name[:40]),
            _("A name has 1 to 300 characters, on one line."),
        )
    ascii_name = unicodedata.normalize("NFKD", cleaned).encode("ascii", "ignore").decode().lower()
    result = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:60].strip("-")
    # A name in another script has no ASCII letters: its code points make a stable id.
    return result or "s-" + "-".join(f"{ord(c):x}" for c in cleaned if not c.isspace())[:57].strip("-")
