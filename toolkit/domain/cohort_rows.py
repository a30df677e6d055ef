"""The cohort view: one row of progress per student, and the failures that several students share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from toolkit.domain.attempt_evidence import AttemptSummary
from toolkit.domain.learning_path import Card, LearningPath
from toolkit.domain.mastery import next_review_date
from toolkit.domain.people import Student

__all__ = [
    "PERIOD_DAYS",
    "STUCK_AFTER_ATTEMPTS",
    "CohortRow",
    "PastRemark",
    "SharedFailure",
    "StuckExercise",
    "StudentCounts",
    "SuccessSpan",
    "build_cohort_row",
    "shared_failures",
]

PERIOD_DAYS = 28
"""Length of each of the two successive periods that a trend compares, days."""

STUCK_AFTER_ATTEMPTS = 3
"""Number of attempts without a solution from which a student counts as stuck on an exercise."""


@dataclass(frozen=True)
class SuccessSpan:
    """First and last time of an unaided success; aware."""

    first: datetime
    last: datetime

    def __or__(self, other: SuccessSpan | None) -> SuccessSpan:
        if other is None:
            return self
        return SuccessSpan(min(self.first, other.first), max(self.last, other.last))


@dataclass(frozen=True)
class StudentCounts:
    """Figures of one student that the database computes.

    Parameters
    ----------
    last_session : datetime, optional
        Start of the last session that was held.
    next_session : datetime, optional
        Start of the next session.
    open_actions, late_actions : int
        Number of open action items, and of those among them that are overdue.
    seen : mapping of str to SuccessSpan
        Unaided successes that the mentor observed live, by skill.
    """

    last_session: datetime | None = None
    next_session: datetime | None = None
    open_actions: int = 0
    late_actions: int = 0
    seen: Mapping[str, SuccessSpan] = field(default_factory=dict)


@dataclass(frozen=True)
class StuckExercise:
    """An exercise with at least `STUCK_AFTER_ATTEMPTS` attempts and no solution.

    Parameters
    ----------
    exercise, title : str
        Id and title of the exercise.
    attempts : int
        Number of attempts.
    tests : tuple of str
        The tests (``grade_id``) that the latest attempt fails.
    """

    exercise: str
    title: str
    attempts: int
    tests: tuple[str, ...]


@dataclass(frozen=True)
class CohortRow:
    """One student's row of the cohort view.

    Parameters
    ----------
    shown, skills : int
        Number of skills shown without help, and number of skills on the path.
    recent, before : int
        Number of skills first shown in the last `PERIOD_DAYS` days, and in the same number of days before.
    reviews : int
        Number of skills that are due for a refresh.
    due_since : date, optional
        Due date of the skill that has been due longest; None if no skill is due.
    due_skill : str
        Title of that skill, in the current language; empty if no skill is due.
    waiting : int
        Number of exercises whose latest attempt waits for its result.
    stuck : tuple of StuckExercise
        Latest attempt first.
    """

    student: Student
    counts: StudentCounts
    shown: int
    skills: int
    recent: int
    before: int
    reviews: int
    due_since: date | None
    due_skill: str
    waiting: int
    stuck: tuple[StuckExercise, ...]


def build_cohort_row(
    student: Student,
    path: LearningPath,
    cards: Iterable[Card],
    tried: Sequence[AttemptSummary],
    counts: StudentCounts,
    today: date,
    zone: tzinfo | None = None,
) -> CohortRow:
    """Return the row of one student; its figures equal those of the student's snapshot.

    Parameters
    ----------
    student : Student
        The student.
    path : LearningPath
        The student's learning path.
    cards : iterable of Card
        The cards of the practice's exercises.
    tried : sequence of AttemptSummary
        The student's attempt summaries.
    counts : StudentCounts
        The student's figures from the database.
    today : date
        The day on which reviews are due and from which the trend counts back.
    zone : tzinfo, optional
        Time zone in which a day begins and ends; the machine's zone if None.
    """
    known = {card.id: card for card in cards}
    spans: dict[str, SuccessSpan] = dict(counts.seen)
    for one in tried:
        card = known.get(one.exercise_id)
        if card is not None and one.shown_at is not None and one.shown_last_at is not None:
            for name in card.skills:
                spans[name] = SuccessSpan(one.shown_at, one.shown_last_at) | spans.get(name)
    shown: list[date] = []
    due: list[tuple[date, str]] = []
    for skill in path.skills:
        span = spans.get(skill.id)
        if span is not None:
            first, last = (moment.astimezone(zone).date() for moment in (span.first, span.last))
            shown.append(first)
            review = next_review_date(first, last)
            if review is not None and review <= today:
                due.append((review, str(skill.title)))
    due_since, due_skill = min(due, key=lambda pair: pair[0], default=(None, ""))
    start = today - timedelta(PERIOD_DAYS)
    hard = [one for one in tried if one.solved_at is None and one.attempts >= STUCK_AFTER_ATTEMPTS]
    return CohortRow(
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
            StuckExercise(
                one.exercise_id,
                str(known[one.exercise_id].title) if one.exercise_id in known else one.exercise_id,
                one.attempts,
                tuple(test for test, _message in one.failing),
            )
            for one in sorted(hard, key=lambda one: one.last_at, reverse=True)
        ),
    )


@dataclass(frozen=True)
class PastRemark:
    """An earlier remark of the mentor on an attempt that failed tests.

    Parameters
    ----------
    exercise : str
        Id of the exercise.
    text : str
        The remark.
    on : date
        The day on which it was written.
    failures : tuple of (str, str)
        ``grade_id`` and message of each test that the attempt failed.
    """

    exercise: str
    text: str
    on: date
    failures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SharedFailure:
    """A test that several students fail in their latest attempts, for the same reason as far as known.

    Parameters
    ----------
    exercise, title : str
        Id and title of the exercise.
    test : str
        ``grade_id`` of the test.
    message : str
        The most frequent message of the test.
    misconception : str
        The misconception that explains the message; empty if no known wrong answer does.
    students : tuple of str
        Ids of the students.
    said : tuple of PastRemark
        Earlier remarks on attempts that failed this test, latest first.
    """

    exercise: str
    title: str
    test: str
    message: str
    misconception: str
    students: tuple[str, ...]
    said: tuple[PastRemark, ...] = ()


def shared_failures(
    tried: Iterable[AttemptSummary], cards: Iterable[Card], said: Iterable[PastRemark] = ()
) -> list[SharedFailure]:
    """Return the failures that at least two students share: the same test, and the same misconception.

    Parameters
    ----------
    tried : iterable of AttemptSummary
        Attempt summaries of the students of the cohort.
    cards : iterable of Card
        The cards of the exercises, with their known misconceptions.
    said : iterable of PastRemark
        Earlier remarks, assigned to the failures that they concern.

    Returns
    -------
    list of SharedFailure
        The failure with most students first; texts are in the current language.
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
    written: dict[tuple[str, str, str], list[PastRemark]] = {}
    for remark in sorted(said, key=lambda one: one.on, reverse=True):
        for test, message in remark.failures:
            written.setdefault((remark.exercise, test, why(remark.exercise, test, message)), []).append(
                remark
            )
    found = [
        SharedFailure(
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
