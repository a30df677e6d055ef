"""What pages ask for about an exercise, a hand-in or the next hint, and what has come of it.

It is asked for by a key of the shared map (``@exercise/submit``, ``@exercise/hint``) and answered in the
other one. Only the student is served: who asks is known from the connection.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import nbformat
from jupyter_ydoc import YNotebook
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit.domain.people import Role
from toolkit.domain.record_entries import Entry, ExerciseEntry
from toolkit.errors import MentoringError, StateError
from toolkit.i18n import _
from toolkit.live.sync.field_codec import Value
from toolkit.workspace.hand_in import HandIn
from toolkit.workspace.hint_requests import Asking
from toolkit.workspace.session_record import Record

__all__ = ["HINT", "SUBMIT", "Errands"]

SUBMIT: Final = "@exercise/submit"
HINT: Final = "@exercise/hint"

_SOON = 0.3
"""Seconds until it is looked again at what may change by itself."""

_LATER = 2.0
_UNDER_WAY = {"handed in", "asked"}

_MOST_TESTS = 100
_LONGEST = 2000  # characters of a message


class Wish(BaseModel):
    """What a page puts at such a key.

    Parameters
    ----------
    at : str
        When, by the page's own clock: told back, so that it knows which wish was answered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    exercise: Annotated[str, Field(max_length=120)]
    role: Role
    name: Annotated[str, Field(max_length=500)]
    at: Annotated[str, Field(max_length=40)]


class Errands:
    """Hands in, asks for hints, and follows what comes back through the outbox.

    Parameters
    ----------
    record : Record
        The session's.
    document : YNotebook
        What is handed in: the notebook as both see it, whether or not it is on the disk yet.
    """

    def __init__(self, record: Record, document: YNotebook) -> None:
        self._record = record
        self._document = document
        self._hand_in = HandIn(record)
        self._asking = Asking(record)
        self._waiting: dict[str, Role | None] = {}
        self._dealt: dict[tuple[str, str], tuple[str, str]] = {}
        self._seen: object = None
        self._next = 0.0

    def heard(self, names: Iterable[str], role: Role | None) -> None:
        """Note what a page with somebody of this role before it changed."""
        for name in names:
            if name in {SUBMIT, HINT}:
                self._waiting[name] = role

    async def run(self, wishes: Mapping[str, Value], known: Mapping[str, Entry]) -> dict[str, Value]:
        """Do what was asked for, and return what is to be told, by key; nothing where nothing is new.

        Parameters
        ----------
        wishes : mapping of str to value
            What the shared map has at the keys.
        known : mapping of str to Entry
            What the record says.
        """
        exercises = {entry.id: entry for entry in known.values() if isinstance(entry, ExerciseEntry)}
        waiting, self._waiting = self._waiting, {}
        for key, role in waiting.items():
            wish = _parsed(wishes.get(key))
            if wish is None or wish.exercise not in exercises:
                continue
            entry, problem = exercises[wish.exercise], ""
            try:
                exercises[entry.id] = await self._do(key, entry, role)
            except MentoringError as error:
                problem = str(error)
            self._dealt[key, entry.id] = (wish.at, problem)
        seen = (
            self._hand_in.outbox.moment(),
            dict(self._dealt),
            [(e.id, e.handed_in, e.handed_in_at, len(e.hints), e.hint_count) for e in exercises.values()],
        )
        if seen == self._seen and time.monotonic() < self._next:
            return {}
        self._seen = seen
        return await asyncio.to_thread(self._told, list(exercises.values()))

    async def _do(self, key: str, entry: ExerciseEntry, role: Role | None) -> ExerciseEntry:
        if role != "student":
            raise StateError(
                _("Only the student hands in.") if key == SUBMIT else _("Only the student asks for a hint."),
                _("The mentor gives a hint from the desk.") if key == HINT else "",
            )
        if key == HINT:
            await asyncio.to_thread(self._asking.put, entry)
            return entry
        # The document is touched in this thread alone.
        data = nbformat.writes(nbformat.from_dict(self._document.source)).encode() + b"\n"
        now = await asyncio.to_thread(self._hand_in.put_bytes, entry, data)
        key = f"exercise:{entry.id}"
        await asyncio.to_thread(self._record.put, {key: now}, {key: entry})
        return now

    def _told(self, exercises: list[ExerciseEntry]) -> dict[str, Value]:
        told: dict[str, Value] = {}
        for entry in exercises:
            ways = {SUBMIT: self._hand_in.state(entry), HINT: self._asking.state(entry)}
            for key, state in ways.items():
                at, problem = self._dealt.get((key, entry.id), ("", ""))
                now = {"state": "problem", "message": problem} if problem else _bounded(state)
                if problem and "step" in state:
                    now["step"] = state["step"]
                name = "submission" if key == SUBMIT else "hint"
                told[f"exercise:{entry.id}/{name}"] = {**now, "asked": at}
        soon = any(value["state"] in _UNDER_WAY for value in told.values())
        self._next = time.monotonic() + (_SOON if soon else _LATER)
        return told


def _parsed(value: Value) -> Wish | None:
    try:
        return Wish.model_validate(value)
    except ValidationError:
        return None


def _bounded(state: dict[str, Any]) -> dict[str, Any]:
    """Leave out what would only make the document large, and the way to a page that guests do not reach."""
    state = {name: value for name, value in state.items() if name != "page"}
    if "message" in state:
        state["message"] = state["message"][:_LONGEST]
    if "tests" in state:
        tests = state["tests"][:_MOST_TESTS]
        state["tests"] = [{**test, "message": test["message"][:_LONGEST]} for test in tests]
    return state
