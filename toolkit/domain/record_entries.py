"""The models of the record of a session, which the session's widgets write and the close reads.

Each item has a key of its own, so that two people who change two items never change the same value. The
record lies beside the session notebook, and both people can write it: all of it is validated before use.

========================  =====================
key                       model
========================  =====================
``session``               `SessionEntry`
``timer``                 `TimerEntry`
``agenda:<id>``           `AgendaEntry`
``check:<skill>``         `CheckEntry`
``action:<id>``           `ActionEntry`
``exercise:<id>``         `ExerciseEntry`
``wish``                  `WishEntry`
``consent``               `ConsentEntry`
``notes``                 `NotesEntry`
========================  =====================

See docs/decisions/0003-the-record-of-a-session.md.
"""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from toolkit.domain.agenda import ActionState, AgendaState
from toolkit.domain.mastery import MasteryState
from toolkit.domain.people import Role
from toolkit.domain.skill_opinions import SelfRating

__all__ = [
    "ENTRIES",
    "RECORD_NAME",
    "ActionEntry",
    "AgendaEntry",
    "CheckEntry",
    "ConsentEntry",
    "Entry",
    "ExerciseEntry",
    "NotesEntry",
    "SessionEntry",
    "TestEntry",
    "TimerEntry",
    "WishEntry",
]

RECORD_NAME = "record.json"

_MAX_CLEANED_CHARS = 100_000
"""Texts longer than this are not cleaned: validation refuses them anyway, and cleaning would block others."""

EntryKey = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


def _single_line(value: object) -> object:
    """Replace control characters by spaces: a terminal would execute them, and they would break a list."""
    if not isinstance(value, str) or len(value) > _MAX_CLEANED_CHARS:
        return value
    return "".join(" " if unicodedata.category(char) == "Cc" else char for char in value)


SingleLineText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, strip_whitespace=True),
    BeforeValidator(_single_line),
]
Owner = Annotated[str, StringConstraints(pattern=r"^(mentor|student|student:[a-z0-9-]{1,60})$")]
"""Owner of an action item: in a group, "student" means each of them, and "student:ana" one of them."""
PlanText = Annotated[str, StringConstraints(max_length=500), BeforeValidator(_single_line)]


def _multi_line(value: object) -> object:
    """Replace control characters by spaces, except line ends and tabs."""
    if not isinstance(value, str) or len(value) > _MAX_CLEANED_CHARS:
        return value
    text = value.replace("\r\n", "\n")
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else " " for c in text)


MultiLineText = Annotated[str, StringConstraints(max_length=20_000), BeforeValidator(_multi_line)]


class Entry(BaseModel):
    """Base of the values of the record; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class SessionEntry(Entry):
    """Identity of the session, and the language of its widgets."""

    id: str
    student: str
    language: Literal["en", "fr"]
    starts_at: datetime
    minutes: int


class TimerEntry(Entry):
    """The session's timer; each view computes the elapsed time from ``started_at``.

    Parameters
    ----------
    started_at : datetime, optional
        Start of the timer; None before.
    minutes : int
        Planned length, 1 to 240 minutes.
    item : str, optional
        Id of the current agenda item.
    item_started_at : datetime, optional
        Start of the current agenda item.
    """

    started_at: datetime | None = None
    minutes: Annotated[int, Field(ge=1, le=240)] = 30
    item: EntryKey | None = None
    item_started_at: datetime | None = None


class AgendaEntry(Entry):
    """A talking point of the session.

    Parameters
    ----------
    minutes : int
        Planned length, minutes.
    order : float
        Sort key.
    usual : bool
        True for a part of the usual timeline, which every session has.
    carried_from : str, optional
        Id of the talking point of an earlier session that this one continues.
    """

    id: EntryKey
    text: SingleLineText
    minutes: Annotated[int, Field(ge=0, le=240)] = 5
    order: float = 0.0
    state: AgendaState = AgendaState.OPEN
    added_by: Role = "mentor"
    usual: bool = False
    carried_from: EntryKey | None = None


class CheckEntry(Entry):
    """A skill on the checklist, with two independent marks: the student's tick, the mentor's confirmation.

    Parameters
    ----------
    says : str
        The student's self-rating ("not yet", "with help", "alone"), "contested", or empty.
    words : str
        The student's reason for it.
    """

    id: EntryKey
    title: SingleLineText
    milestone: SingleLineText
    order: float = 0.0
    mastery: MasteryState = MasteryState.NOT_STARTED
    ticked: bool = False
    confirmed: bool = False
    says: SelfRating = ""
    words: PlanText = ""


class ActionEntry(Entry):
    """An action item of the session."""

    id: EntryKey
    text: SingleLineText
    owner: Owner = "student"
    due: date | None = None
    plan: PlanText = ""
    order: float = 0.0
    state: ActionState = ActionState.OPEN
    carried_from: EntryKey | None = None


class TestEntry(Entry):
    """One visible test of the exercise of the day, with the result of its last run."""

    __test__ = False  # not for pytest

    name: SingleLineText
    source: str
    points: float = 0.0
    outcome: Literal["passed", "failed", "timed out", "not run"] = "not run"
    message: str = ""


class ExerciseEntry(Entry):
    """The exercise of the day, limited to the information that the student may see.

    Parameters
    ----------
    id : str
        Id of the exercise; the id of an imported nbgrader assignment may contain spaces.
    minutes : int
        Usual working time, minutes.
    hints : list of str
        The hints given so far, never later ones.
    hint_count : int
        Number of steps of the hint ladder.
    checked_at : datetime, optional
        Time of the last run of the visible tests.
    handed_in : str
        SHA-256 of the last notebook handed in, or empty; its result lies in the outbox.
    handed_in_at : datetime, optional
        Time at which it was handed in.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[^/:\x00-\x1f]{1,120}$")]
    title: SingleLineText
    skills: list[str] = []
    minutes: int = 10
    tests: list[TestEntry] = []
    hints: list[str] = []
    hint_count: int = 0
    checked_at: datetime | None = None
    handed_in: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = ""
    handed_in_at: datetime | None = None


class WishEntry(Entry):
    """The student's wish for the session: a win to report, a block, a goal. Only the student writes it."""

    win: PlanText = ""
    block: PlanText = ""
    goal: PlanText = ""


class ConsentEntry(Entry):
    """The student's consent. Only the student gives it.

    Parameters
    ----------
    replay : bool
        True if the session may be replayed along its agenda.
    """

    replay: bool = False


class NotesEntry(Entry):
    """The shared notes, plain text."""

    text: MultiLineText = ""


ENTRIES: dict[str, type[Entry]] = {
    "session": SessionEntry,
    "timer": TimerEntry,
    "agenda": AgendaEntry,
    "check": CheckEntry,
    "action": ActionEntry,
    "exercise": ExerciseEntry,
    "wish": WishEntry,
    "consent": ConsentEntry,
    "notes": NotesEntry,
}
"""The model for each kind of key (the part before the colon)."""
