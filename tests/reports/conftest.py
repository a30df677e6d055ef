"""The small history of one student that the tests of the reports start from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from toolkit.domain.agenda import ActionItem, ActionState, AgendaItem, AgendaState
from toolkit.domain.attempt import Attempt, Outcome, TestResult, Verdict
from toolkit.domain.learning_path import Card, LearningPath
from toolkit.domain.people import Student
from toolkit.domain.session import Session, SessionKind, SessionState
from toolkit.domain.skill_opinions import Opinion, Stance
from toolkit.reports import StudentSnapshot, build_snapshot
from toolkit.store import Mark, Observation

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


def _texts(en: str, fr: str) -> dict[str, str]:
    return {"en": en, "fr": fr}


PATH = LearningPath.model_validate(
    {
        "id": "python-foundations",
        "version": 1,
        "title": _texts("Python foundations", "Les bases de Python"),
        "milestones": [
            {
                "id": "first",
                "title": _texts("First steps", "Premiers pas"),
                "skills": [
                    {"id": "values", "title": _texts("Values", "Valeurs")},
                    {"id": "loops", "title": _texts("Loops", "Boucles"), "prerequisites": ["values"]},
                ],
            },
            {
                "id": "data",
                "title": _texts("Working with data", "Travailler avec des données"),
                "skills": [
                    {"id": "lists", "title": _texts("Lists", "Listes"), "prerequisites": ["loops"]},
                    {"id": "words", "title": _texts("Text", "Texte"), "prerequisites": ["loops"]},
                ],
            },
        ],
    }
)


def _card(name: str, en: str, fr: str, skills: list[str], prerequisites: list[str] | None = None) -> Card:
    return Card.model_validate(
        {
            "id": name,
            "title": _texts(en, fr),
            "skills": skills,
            "minutes": 15,
            "prerequisites": prerequisites or [],
        }
    )


CARDS = (
    _card("median", "The median", "La médiane", ["lists"], ["counting"]),
    _card("temperature", "Temperatures", "Températures", ["values"]),
    _card("counting", "Counting", "Compter", ["loops"]),
    _card("initials", "Initials", "Initiales", ["words"]),
)


def attempt(exercise: str, days_ago: float, points: int = 3, **fields: Any) -> Attempt:
    """Return an attempt with ``points`` of 3, graded unless ``verdict`` says otherwise; None: pending."""
    verdict = fields.pop("verdict", Verdict.GRADED)
    messages = fields.pop("messages", ())
    results = tuple(
        TestResult(
            f"test-{n}", float(n < points), 1.0, "" if n < points else "".join(messages[n - points :][:1])
        )
        for n in range(3)
    )
    outcome = None
    if verdict is not None:
        outcome = Outcome(verdict, results if verdict is Verdict.GRADED else (), fields.pop("reason", ""))
    number = round(days_ago * 1000) + len(exercise)
    return Attempt(
        **{
            "student_id": "ana",
            "exercise_id": exercise,
            "sha256": f"{number:064x}",
            "received_at": NOW - timedelta(days=days_ago),
            "source": "/home/mentor/Downloads/secret.zip",
            "outcome": outcome,
            "id": number,
            **fields,
        }
    )


@dataclass
class Story:
    """The arguments of `build_snapshot`; each test changes the ones that it is about."""

    student: Student = field(default_factory=lambda: Student("ana", "Ana Sílva", NOW - timedelta(50)))
    path: LearningPath = PATH
    cards: tuple[Card, ...] = CARDS
    attempts: list[Attempt] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    actions: list[ActionItem] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)
    pages: dict[int, str] = field(default_factory=dict)
    agreed: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW

    def told(self) -> StudentSnapshot:
        """Return the snapshot of the story."""
        return build_snapshot(
            self.student,
            self.path,
            self.cards,
            self.attempts,
            self.sessions,
            self.actions,
            self.marks,
            self.now,
            agreed=self.agreed,
            observations=self.observations,
            opinions=self.opinions,
            pages=self.pages,
        )


@pytest.fixture
def blank() -> Story:
    """Return a student at the start of the course."""
    return Story()


@pytest.fixture
def story() -> Story:
    """Return a student after some weeks, with data of every kind."""
    agenda = (
        AgendaItem("1", "Loops that never end", 5, 1.0, state=AgendaState.DISCUSSED),
        AgendaItem("2", "Virtual environments", 5, 2.0, state=AgendaState.CARRIED),
        AgendaItem("3", "Left out", 5, 3.0, state=AgendaState.DROPPED),
    )
    week = timedelta(7)
    return Story(
        attempts=[
            attempt("temperature", 40, 1),
            attempt("temperature", 39),
            attempt("temperature", 30),
            attempt("counting", 24, verdict=Verdict.TIMED_OUT, reason="It ran longer than 20 seconds."),
            attempt("counting", 23, hints_used=2),
            attempt("median", 3, 2, messages=["`median([3, 1, 2])` should give `2`, yours gave `3`"]),
            attempt("initials", 1, verdict=None),
        ],
        sessions=[
            Session(
                "ana-1",
                "ana",
                NOW - 2 * week,
                kind=SessionKind.DISCOVERY,
                state=SessionState.REPORTED,
                agenda=agenda,
                recap="We traced a loop by hand.\n\nThe counter changes last.",
            ),
            Session("ana-2", "ana", NOW - week, state=SessionState.CANCELLED_EARLY),
            Session("ana-3", "ana", NOW + week, state=SessionState.PLANNED),
        ],
        actions=[
            ActionItem(
                "a1", "Solve the median", due=date(2026, 11, 26), plan="If it is Tuesday, then I begin."
            ),
            ActionItem("a2", "Send two examples", "mentor", due=date(2026, 11, 20)),
            ActionItem("a3", "Install Python", state=ActionState.DONE),
            ActionItem("a4", "Read the chapter", carried_from="a0"),
        ],
        marks=[Mark("ana", "values", "student", "ana-1", NOW - 2 * week)],
        opinions=[
            Opinion("ana", "lists", "mentor", Stance.CONFIRMED, NOW - 2 * week, session_id="ana-1"),
        ],
        agreed={"a1": "ana-1", "a3": "ana-1"},
    )


@pytest.fixture
def make_attempt():
    """Return a function that makes attempts."""
    return attempt


@pytest.fixture(scope="session")
def course() -> tuple[LearningPath, tuple[Card, ...]]:
    """Return the path and the cards."""
    return PATH, CARDS
