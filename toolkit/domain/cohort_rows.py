"""The cohort: where every student stands, in a row each, and what several of them fail alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from toolkit.domain.attempt_evidence import Tried
from toolkit.domain.learning_path import Card, LearningPath
from toolkit.domain.mastery import next_look
from toolkit.domain.people import Student

__all__ = [
    "PERIOD_DAYS",
    "STUCK_AFTER",
    "Alike",
    "Counts",
    "Row",
    "Said",
    "Span",
    "Stuck",
    "alike",
    "make_row",
]

PERIOD_DAYS = 28
"""What a trend compares: so many days, and as many before."""

STUCK_AFTER = 3
"""Attempts that did not solve an exercise before one may call it a place to be stuck."""


@dataclass(frozen=True)
class Span:
    """When something was done without help, first and last; aware."""

    first: datetime
    last: datetime

    def __or__(self, other: Span | None) -> Span:
        if other is None:
            return self
        return Span(min(self.first, other.first), max(self.last, other.last))


@dataclass(frozen=True)
class Counts:
    """What the store counts for one student.

    Parameters
    ----------
    last_session : datetime, optional
        When the last session that was held began.
    next_session : datetime, optional
        When the next one begins.
    open_actions, late_actions : int
        What is promised and not done; how much of it is overdue.
    seen : mapping of str to Span
        The skills that the mentor saw the student do without help.
    """

    last_session: datetime | None = None
    next_session: datetime | None = None
    open_actions: int = 0
    late_actions: int = 0
    seen: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True)
class Stuck:
    """An exercise that was tried several times and is not solved.

    Parameters
    ----------
    tests : tuple of str
        What the latest attempt fails.
    """

    exercise: str
    title: str
    attempts: int
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One student.

    Parameters
    ----------
    shown, skills : int
        Skills that were shown without help, of how many on the path.
    recent, before : int
        How many of them were shown in the last `PERIOD_DAYS` days, and in as many days before.
    reviews : int
        Skills that are due for a refresh.
    due_since : date, optional
        Since when the longest due of them is.
    due_skill : str
        The title of that one, in the current language; empty where none is due.
    waiting : int
        Exercises of which the latest attempt waits for its result.
    stuck : tuple of Stuck
        The latest tried first.
    """

    student: Student
    counts: Counts
    shown: int
    skills: int
    recent: int
    before: int
    reviews: int
    due_since: date | None
    due_skill: str
    waiting: int
    stuck: tuple[Stuck, ...]


def make_row(
    student: Student,
    path: LearningPath,
    cards: Iterable[Card],
    tried: Sequence[Tried],
    counts: Counts,
    today: date,
    zone: tzinfo | None = None,
) -> Row:
    """Return the row of one student: it says what the student's own snapshot says.

    Parameters
    ----------
    tried : sequence of Tried
        The student's.
    zone : tzinfo, optional
        Whose days count; this machine's if None.
    """
    known = {card.id: card for card in cards}
    spans: dict[str, Span] = dict(counts.seen)
    for one in tried:
        card = known.get(one.exercise_id)
        if card is not None and one.shown_at is not None and one.shown_last_at is not None:
            for name in card.skills:
                spans[name] = Span(one.shown_at, one.shown_last_at) | spans.get(name)
    shown: list[date] = []
    due: list[tuple[date, str]] = []
    for skill in path.skills:
        span = spans.get(skill.id)
        if span is not None:
            first, last = (moment.astimezone(zone).date() for moment in (span.first, span.last))
            shown.append(first)
            review = next_look(first, last)
            if review is not None and review <= today:
                due.append((review, str(skill.title)))
    due_since, due_skill = min(due, key=lambda pair: pair[0], default=(None, ""))
    start = today - timedelta(PERIOD_DAYS)
    hard = [one for one in tried if one.solved_at is None and one.attempts >= STUCK_AFTER]
    return Row(
        student,
        counts,
        shown=len(shown),
        skills=len(path.skills),
        recent=sum(day > start for day in shown),
        before=sum(start - timedelta(PERIOD_DAYS) < day <= start for day in shown),
        reviews=len(due),
        due_since=due_since,
        due_skill=due_skill,
        waiting=sum(one.verdict is None for one in tried),
        stuck=tuple(
            Stuck(
                one.exercise_id,
                str(known[one.exercise_id].title) if one.exercise_id in known else one.exercise_id,
                one.attempts,
                tuple(test for test, _message in one.failing),
            )
            for one in sorted(hard, key=lambda one: one.last_at, reverse=True)
        ),
    )


@dataclass(frozen=True)
class Said:
    """What was written to somebody who had failed the same.

    Parameters
    ----------
    failures : tuple of (str, str)
        The tests that the attempt failed to which it was written, and what each said.
    """

    exercise: str
    text: str
    on: date
    failures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Alike:
    """A test that several students fail, each in their latest attempt.

    Parameters
    ----------
    message : str
        What it says most often.
    misconception : str
        What that points at; empty where no known wrong answer explains it.
    students : tuple of str
        Their ids.
    said : tuple of Said
        What was written before to somebody who had failed it, latest first.
    """

    exercise: str
    title: str
    test: str
    message: str
    misconception: str
    students: tuple[str, ...]
    said: tuple[Said, ...] = ()


def alike(tried: Iterable[Tried], cards: Iterable[Card], said: Iterable[Said] = ()) -> list[Alike]:
    """Return what at least two students fail alike.

    That is the same test, and the same misconception where one is known. What most of them fail comes first.
    The texts are in the current language.
    """
    known = {card.id: card for card in cards}

    def why(exercise: str, test: str, message: str) -> str:
        card = known.get(exercise)
        return str((card.misconception(test, message) if card else None) or "")

    students: dict[tuple[str, str, str], set[str]] = {}
    messages: dict[tuple[str, str, str], Counter[str]] = {}
    for one in tried:
        for test, message in one.failing:
            key = one.exercise_id, test, why(one.exercise_id, test, message)
            students.setdefault(key, set()).add(one.student_id)
            messages.setdefault(key, Counter())[message] += 1
    written: dict[tuple[str, str, str], list[Said]] = {}
    for remark in sorted(said, key=lambda one: one.on, reverse=True):
        for test, message in remark.failures:
            written.setdefault((remark.exercise, test, why(remark.exercise, test, message)), []).append(
                remark
            )
    found = [
        Alike(
            exercise=exercise,
            title=str(known[exercise].title) if exercise in known else exercise,
            test=test,
            message=messages[exercise, test, misconception].most_common(1)[0][0],
            misconception=misconception,
            students=tuple(sorted(names)),
            said=tuple(written.get((exercise, test, misconception), ())),
        )
        for (exercise, test, misconception), names in students.items()
        if len(names) > 1
    ]
    return sorted(found, key=lambda one: (-len(one.students), one.title, one.test, one.misconception))
