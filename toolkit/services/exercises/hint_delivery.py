"""Hints that students ask for on the card: given, or told to the mentor, as `mentoring.toml` has it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from toolkit.domain.learning_path import Card
from toolkit.errors import NotFoundError, StateError
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.exercises.manage_exercises import hint, show_hints
from toolkit.workspace.submission_outbox import Outbox

__all__ = ["Asked", "answer_requests"]


@dataclass(frozen=True)
class Asked:
    """A step of a hint ladder that a student asked for.

    Parameters
    ----------
    step, total : int
        Of the ladder.
    given : bool
        Whether it was given; if not, it waits for the mentor.
    """

    student_id: str
    exercise_id: str
    step: int
    total: int
    given: bool


def answer_requests(practice: Practice, student_id: str, now: datetime | None = None) -> list[Asked]:
    """Deal with what a student asks for, and return the hints that were the next of their exercise.

    Nobody waits for a student's kernel: where it is writing its record, the rest is done the next time. What
    asks for nothing that there is, or for a later step, is removed; a step a request, each measured against
    what was given before all of them.

    Raises
    ------
    StorageError
        If a request cannot be removed.
    """
    outbox = Outbox(practice.workspace(student_id))
    requests = outbox.requests()
    if not requests:
        return []
    with practice.store.read() as tx:
        theirs = {session.exercise for session in tx.sessions.of(student_id)}
        names = {request.exercise for request in requests} & theirs
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
            asked.append(Asked(student_id, card.id, step, len(card.hints), given=_gives(practice)))
    for name in late:
        # It was given, and showing it was cut short.
        show_hints(practice, cards[name], student_id, patience=0.0)
    answered = []
    for one in asked:
        # Another watcher may have been faster: then it is theirs to tell.
        with suppress(StateError):
            if one.given:
                hint(practice, one.exercise_id, student_id, step=one.step, patience=0.0, now=now)
            answered.append(one)
    kept = late | {one.exercise_id for one in asked}
    for request in requests:
        if request.exercise not in kept or request.step > given[request.exercise] + 1:
            outbox.drop(request)
    return answered


def _gives(practice: Practice) -> bool:
    return practice.config.exercises.hints == "at once"


def _cards(practice: Practice, names: dict[str, int]) -> dict[str, Card]:
    course = Catalogue(practice).course
    found = {}
    for name in names:
        with suppress(NotFoundError):
            found[name] = course.card(name)
    return found
