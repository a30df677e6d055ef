"""Requests of pages about an exercise (submit it, give the next hint), and their results.

A page writes a request to a key of the shared map (``@exercise/submit``, ``@exercise/hint``); the result is
published in the server's map. Only the student's requests are served: the role comes from the connection.
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
from toolkit.workspace.hand_in import ExerciseSubmission
from toolkit.workspace.hint_requests import HintRequester
from toolkit.workspace.session_record import Record

__all__ = ["HINT_KEY", "SUBMIT_KEY", "PageRequests"]

SUBMIT_KEY: Final = "@exercise/submit"
HINT_KEY: Final = "@exercise/hint"

_ACTIVE_POLL_S = 0.3
"""Time between two polls of the outbox while a request is being processed."""

_IDLE_POLL_S = 2.0
"""Time between two polls while no request is being processed."""

_ACTIVE_STATES = {"handed in", "asked"}

_MAX_TESTS = 100
_MAX_MESSAGE_CHARS = 2000


class PageRequest(BaseModel):
    """The value that a page writes to a request's key.

    Parameters
    ----------
    exercise : str
        The exercise's id.
    role : Role
        The page's claim of its role; the role that counts comes from the connection.
    name : str
        The page's claim of its user's name.
    at : str
        Time of the request, by the page's clock; sent back, so that the page can match the result.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    exercise: Annotated[str, Field(max_length=120)]
    role: Role
    name: Annotated[str, Field(max_length=500)]
    at: Annotated[str, Field(max_length=40)]


class PageRequests:
    """Submits exercises, asks for hints, and publishes the results that arrive through the outbox.

    Parameters
    ----------
    record : Record
        The session's record.
    document : YNotebook
        The shared notebook, which is submitted as it is shown, saved to the disk or not.
    """

    def __init__(self, record: Record, document: YNotebook) -> None:
        self._record = record
        self._document = document
        self._hand_in = ExerciseSubmission(record)
        self._hint_requests = HintRequester(record)
        self._pending: dict[str, Role | None] = {}
        self._handled: dict[tuple[str, str], tuple[str, str]] = {}
        self._last_state: object = None
        self._next_poll = 0.0

    def handle_change(self, names: Iterable[str], role: Role | None) -> None:
        """Note the requests among the changed keys.

        Parameters
        ----------
        names : iterable of str
            The changed keys of the shared map.
        role : Role or None
            The role of the guest whose page changed them; None if unknown.
        """
        for name in names:
            if name in {SUBMIT_KEY, HINT_KEY}:
                self._pending[name] = role

    async def run(self, wishes: Mapping[str, Value], known: Mapping[str, Entry]) -> dict[str, Value]:
        """Serve the pending requests; return the values to publish by key, empty if nothing is new.

        Parameters
        ----------
        wishes : mapping of str to value
            The values of the request keys in the shared map.
        known : mapping of str to Entry
            The entries of the record.
        """
        exercises = {entry.id: entry for entry in known.values() if isinstance(entry, ExerciseEntry)}
        pending, self._pending = self._pending, {}
        for key, role in pending.items():
            wish = _parsed(wishes.get(key))
            if wish is None or wish.exercise not in exercises:
                continue
            entry, problem = exercises[wish.exercise], ""
            try:
                exercises[entry.id] = await self._serve(key, entry, role)
            except MentoringError as error:
                problem = str(error)
            self._handled[key, entry.id] = (wish.at, problem)
        state = (
            self._hand_in.outbox.moment(),
            dict(self._handled),
            [(e.id, e.handed_in, e.handed_in_at, len(e.hints), e.hint_count) for e in exercises.values()],
        )
        if state == self._last_state and time.monotonic() < self._next_poll:
            return {}
        self._last_state = state
        return await asyncio.to_thread(self._results, list(exercises.values()))

    async def _serve(self, key: str, entry: ExerciseEntry, role: Role | None) -> ExerciseEntry:
        if role != "student":
            raise StateError(
                _("Only the student hands in.")
                if key == SUBMIT_KEY
                else _("Only the student asks for a hint."),
                _("The mentor gives a hint from the desk.") if key == HINT_KEY else "",
            )
        if key == HINT_KEY:
            await asyncio.to_thread(self._hint_requests.put, entry)
            return entry
        # The document is accessed in this thread only.
        data = nbformat.writes(nbformat.from_dict(self._document.source)).encode() + b"\n"
        now = await asyncio.to_thread(self._hand_in.put_bytes, entry, data)
        key = f"exercise:{entry.id}"
        await asyncio.to_thread(self._record.put, {key: now}, {key: entry})
        return now

    def _results(self, exercises: list[ExerciseEntry]) -> dict[str, Value]:
        results: dict[str, Value] = {}
        for entry in exercises:
            states = {SUBMIT_KEY: self._hand_in.state(entry), HINT_KEY: self._hint_requests.state(entry)}
            for key, state in states.items():
                at, problem = self._handled.get((key, entry.id), ("", ""))
                now = {"state": "problem", "message": problem} if problem else _bounded(state)
                if problem and "step" in state:
                    now["step"] = state["step"]
                name = "submission" if key == SUBMIT_KEY else "hint"
                results[f"exercise:{entry.id}/{name}"] = {**now, "asked": at}
        is_active = any(value["state"] in _ACTIVE_STATES for value in results.values())
        self._next_poll = time.monotonic() + (_ACTIVE_POLL_S if is_active else _IDLE_POLL_S)
        return results


def _parsed(value: Value) -> PageRequest | None:
    try:
        return PageRequest.model_validate(value)
    except ValidationError:
        return None


def _bounded(state: dict[str, Any]) -> dict[str, Any]:
    """Limit the size of a state, and leave out the path of the feedback page, which guests cannot open."""
    state = {name: value for name, value in state.items() if name != "page"}
    if "message" in state:
        state["message"] = state["message"][:_MAX_MESSAGE_CHARS]
    if "tests" in state:
        tests = state["tests"][:_MAX_TESTS]
        state["tests"] = [{**test, "message": test["message"][:_MAX_MESSAGE_CHARS]} for test in tests]
    return state
