"""Hints that students request on the exercise card: given at once or by the mentor, see `mentoring.toml`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from toolkit.domain.learning_path import Card
from toolkit.errors import NotFoundError, StateError
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.exercises.manage_exercises import give_hint, show_hints
from toolkit.workspace.submission_outbox import Outbox

__all__ = ["HintAnswer", "answer_hint_requests"]


@dataclass(frozen=True)
class HintAnswer:
    """A hint that a student requested.

    Parameters
    ----------
    student_id : str
        Id of the student.
    exercise_id : str
        Id of the exercise.
    step : int
        Number of the hint in the hint ladder, from 1.
    total : int
        Number of hints in the ladder.
    given : bool
        Whether the hint was given; if not, the request waits for the mentor.
    """

    student_id: str
    exercise_id: str
    step: int
    total: int
    given: bool


def answer_hint_requests(
    practice: Practice, student_id: str, now: datetime | None = None
) -> list[HintAnswer]:
    """Answer a student's hint requests, and return those for the next hint of an exercise.

    Each request is for one hint, and is compared with the hints given before this call. A request for an
    unknown exercise or hint, or for a later hint than the next one, is removed. The call does not wait for a
    record's lock: if the student's kernel holds it, the next call shows the hint.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    student_id : str
        Id of the student.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Returns
    -------
    list of HintAnswer
        Valid requests, given or waiting for the mentor.

    Raises
    ------
    StorageError
        A request cannot be removed.
    """
    outbox = Outbox(practice.workspace(student_id))
    requests = outbox.requests()
    if not requests:
        return []
    with practice.store.read() as tx:
        known = {session.exercise for session in tx.sessions.for_student(student_id)}
        names = {request.exercise for request in requests} & known
        given = {name: tx.attempts.hints_given(student_id, name) for name in names if name}
    cards = _cards(practice, given)
    asked, late = [], set()
    for request in requests:
        card = cards.get(request.exercise)
        if card is None:
            continue
        step = given[card.id] + 1
        if request.step < step:
            late.add(card.id)
        elif request.step == step <= len(card.hints):
            asked.append(
                HintAnswer(student_id, card.id, step, len(card.hints), given=_gives_at_once(practice))
            )
    for name in late:
        # The hint was given before, but showing it was interrupted.
        show_hints(practice, cards[name], student_id, patience=0.0)
    answered = []
    for one in asked:
        # Another watcher may have given it in the meantime: then that watcher reports it.
        with suppress(StateError):
            if one.given:
                give_hint(practice, one.exercise_id, student_id, step=one.step, patience=0.0, now=now)
            answered.append(one)
    kept = late | {one.exercise_id for one in asked}
    for request in requests:
        if request.exercise not in kept or request.step > given[request.exercise] + 1:
            outbox.drop(request)
    return answered


def _gives_at_once(practice: Practice) -> bool:
    return practice.config.exercises.hints == "at once"


def _cards(practice: Practice, names: dict[str, int]) -> dict[str, Card]:
    course = Catalogue(practice).course
    found = {}
    for name in names:
        with suppress(NotFoundError):
            found[name] = course.card(name)
    return found
