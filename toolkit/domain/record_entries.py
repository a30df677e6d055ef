"""The record of a session: what the table's widgets write and the close reads.

One key per item, so that two people who touch two items never touch the same value. It lies beside the
session notebook and belongs to the table: everything in it is checked here before it is believed.

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
from toolkit.domain.skill_opinions import Says

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

_LONG = 100_000
"""Characters beyond any that is kept: such a text is refused as it is, whoever else waits meanwhile."""

Key = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


def _on_one_line(value: object) -> object:
    """Put a space where a control character stands: a terminal would obey it, a list would be torn."""
    if not isinstance(value, str) or len(value) > _LONG:
        return value
    return "".join(" " if unicodedata.category(char) == "Cc" else char for char in value)


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, strip_whitespace=True),
    BeforeValidator(_on_one_line),
]
Owner = Annotated[str, StringConstraints(pattern=r"^(mentor|student|student:[a-z0-9-]{1,60})$")]
"""Who does something: in a group, "student" is each of them, and "student:ana" is one."""
Plan = Annotated[str, StringConstraints(max_length=500), BeforeValidator(_on_one_line)]


def _on_many_lines(value: object) -> object:
    """Put a space where a control character stands, but for the ends of lines and tabs."""
    if not isinstance(value, str) or len(value) > _LONG:
        return value
    text = value.replace("\r\n", "\n")
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else " " for c in text)


Lines = Annotated[str, StringConstraints(max_length=20_000), BeforeValidator(_on_many_lines)]


class Entry(BaseModel):
    """One value of the record; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class SessionEntry(Entry):
    """Which session this is, and how its widgets speak."""

    id: str
    student: str
    language: Literal["en", "fr"]
    starts_at: datetime
    minutes: int


class TimerEntry(Entry):
    """The session's clock: each view counts from ``started_at`` by itself.

    Parameters
    ----------
    item : str, optional
        The agenda item that is running.
    item_started_at : datetime, optional
        Since when.
    """

    started_at: datetime | None = None
    minutes: Annotated[int, Field(ge=1, le=240)] = 30
    item: Key | None = None
    item_started_at: datetime | None = None


class AgendaEntry(Entry):
    """A talking point on the table.

    Parameters
    ----------
    usual : bool
        Whether it is a part of the usual timeline, which every session has.
    carried_from : str, optional
        Id of the talking point of an earlier session that it goes on with.
    """

    id: Key
    text: Line
    minutes: Annotated[int, Field(ge=0, le=240)] = 5
    order: float = 0.0
    state: AgendaState = AgendaState.OPEN
    added_by: Role = "mentor"
    usual: bool = False
    carried_from: Key | None = None


class CheckEntry(Entry):
    """A skill on the checklist: the student's tick and the mentor's confirmation are two marks.

    Parameters
    ----------
    says : str
        How the student rates themselves ("not yet", "with help", "alone"), or "contested"; nothing if empty.
    words : str
        Why, in the student's words.
    """

    id: Key
    title: Line
    milestone: Line
    order: float = 0.0
    mastery: MasteryState = MasteryState.NOT_STARTED
    ticked: bool = False
    confirmed: bool = False
    says: Says = ""
    words: Plan = ""


class ActionEntry(Entry):
    """An action item on the table."""

    id: Key
    text: Line
    owner: Owner = "student"
    due: date | None = None
    plan: Plan = ""
    order: float = 0.0
    state: ActionState = ActionState.OPEN
    carried_from: Key | None = None


class TestEntry(Entry):
    """One visible test of the exercise of the day, and how it went when it was last run."""

    __test__ = False  # not for pytest

    name: Line
    source: str
    points: float = 0.0
    outcome: Literal["passed", "failed", "timed out", "not run"] = "not run"
    message: str = ""


class ExerciseEntry(Entry):
    """The exercise of the day: only what the student may see.

    Parameters
    ----------
    id : str
        Its name; that of an adopted nbgrader assignment may have spaces.
    hints : list of str
        The hints given so far, never those still to come.
    hint_count : int
        How many steps the ladder has.
    handed_in : str
        SHA-256 of the notebook that was handed in last; what came of it lies in the outbox.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[^/:\x00-\x1f]{1,120}$")]
    title: Line
    skills: list[str] = []
    minutes: int = 10
    tests: list[TestEntry] = []
    hints: list[str] = []
    hint_count: int = 0
    checked_at: datetime | None = None
    handed_in: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = ""
    handed_in_at: datetime | None = None


class WishEntry(Entry):
    """What the student wishes for: a win to tell, a block, a goal. Only they write it."""

    win: Plan = ""
    block: Plan = ""
    goal: Plan = ""


class ConsentEntry(Entry):
    """What the student agrees to. Only they do.

    Parameters
    ----------
    replay : bool
        Whether the session may be looked at again along its agenda.
    """

    replay: bool = False


class NotesEntry(Entry):
    """The notes that both write, as plain text."""

    text: Lines = ""


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
"""The model that goes with each key's first part."""
