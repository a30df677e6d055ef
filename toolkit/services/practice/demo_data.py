"""The students of the demo, with their submissions and sessions, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from toolkit.domain.people import Address
from toolkit.i18n import Language

__all__ = ["DEMO_PEOPLE", "DemoAttempt", "DemoPerson", "DemoSession"]

LOOP_ANSWERS = {
    "weeks-to-save": """def weeks_to_save(goal, first):
    saved = 0
    weeks = 0
    while saved < goal:
        weeks = weeks + 1
    return weeks
"""
}
"""A common mistake: the line that changes `saved` is missing, so the loop never ends."""


@dataclass(frozen=True)
class DemoAttempt:
    """One submission.

    Parameters
    ----------
    exercise : str
        Name of the exercise.
    answer : str
        "solution", "loop", "broken" (a damaged file), or the name of one of the card's wrong answers.
    days_ago : float
        Age of the submission, days.
    hints : int
        Number of hints given before it.
    by : {"file", "folder", "zip"}
        Form in which it was collected.
    remark : str
        The student's comment in the code; may be empty.
    """

    exercise: str
    answer: str
    days_ago: float
    hints: int = 0
    by: Literal["file", "folder", "zip"] = "file"
    remark: str = ""


@dataclass(frozen=True)
class DemoSession:
    """A held session.

    Parameters
    ----------
    days_ago : float
        Age of the session, days.
    exercise : str
        Exercise of the day.
    discussed : int
        Number of discussed agenda items, from the first.
    topics : tuple of str
        The mentor's talking points.
    ticked, confirmed : tuple of str
        Ids of the skills that the student ticked, and that the mentor confirmed.
    actions : tuple of (str, str)
        Text and if-then plan of each new action item.
    done : int
        Number of earlier actions that were done, from the first.
    note : str
        The mentor's private note.
    """

    days_ago: float
    exercise: str
    discussed: int = 7
    topics: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    actions: tuple[tuple[str, str], ...] = ()
    done: int = 0
    note: str = ""


@dataclass(frozen=True)
class DemoPerson:
    """A student of the demo.

    Parameters
    ----------
    name : str
        Name of the student.
    language : {"en", "fr"}
        Language of the student.
    address : {"tu", "vous"}
        Form of address in French texts.
    since_days : int
        Age of the mentorship, days.
    works : tuple of DemoAttempt
        Their submissions.
    meetings : tuple of DemoSession
        Their held sessions.
    next_in_days : int
        Days until the next session.
    topics : tuple of str
        Talking points of the next session.
    """

    name: str
    language: Language
    address: Address
    since_days: int
    works: tuple[DemoAttempt, ...]
    meetings: tuple[DemoSession, ...]
    next_in_days: int
    topics: tuple[str, ...] = field(default=())


DEMO_PEOPLE = (
    DemoPerson(
        name="Zoé Lefèvre",
        language="fr",
        address="tu",
        since_days=24,
        works=(
            DemoAttempt("bakery-till", "true-division", 22, by="folder"),
            DemoAttempt("bakery-till", "solution", 20.8, hints=1, by="folder"),
            DemoAttempt("bus-fare", "limit-on-the-wrong-side", 15),
            DemoAttempt("bus-fare", "solution", 14.7),
            DemoAttempt("mountain-walk", "solution", 9),
            DemoAttempt("bakery-till", "solution", 6.5, remark="De mémoire, sans regarder."),
            DemoAttempt("savings-jar", "loop", 2, hints=1),
        ),
        meetings=(
            DemoSession(
                21,
                "bakery-till",
                topics=("Choisir un éditeur",),
                ticked=("values-and-names",),
                actions=(
                    (
                        "Relire l’exercice de la boulangerie",
                        "Si on est mardi à 20 h, alors j’ouvre le notebook.",
                    ),
                ),
            ),
            DemoSession(
                14,
                "bus-fare",
                discussed=6,
                ticked=("values-and-names", "functions", "conditions"),
                confirmed=("values-and-names",),
                actions=(
                    (
                        "Écrire les cas limites avant le code",
                        "Si je lis « à partir de », alors j’écris le cas.",
                    ),
                ),
                done=1,
                note="Va vite ; lui laisser dire l’erreur elle-même.",
            ),
        ),
        next_in_days=1,
        topics=("La boucle de la tirelire ne s’arrête pas",),
    ),
    DemoPerson(
        name="Ben Okafor",
        language="en",
        address="tu",
        since_days=60,
        works=(
            DemoAttempt("bakery-till", "solution", 56, by="zip"),
            DemoAttempt("bus-fare", "separate-ifs", 50, by="zip"),
            DemoAttempt("bus-fare", "solution", 49, hints=2),
            DemoAttempt("name-badges", "method-result-lost", 41),
            DemoAttempt("name-badges", "solution", 40),
            DemoAttempt("mountain-walk", "solution", 33),
            DemoAttempt("savings-jar", "one-week-too-many", 27),
            DemoAttempt("savings-jar", "solution", 26),
            DemoAttempt("mailing-list", "shared-default-list", 12, hints=1),
            DemoAttempt("mailing-list", "changes-the-argument", 5),
        ),
        meetings=(
            DemoSession(
                28,
                "savings-jar",
                ticked=("values-and-names", "functions", "conditions", "strings", "for-loops"),
                confirmed=("values-and-names", "conditions", "for-loops"),
                actions=(
                    ("Explain a while loop to a friend", "If it is Sunday afternoon, then I call Sam."),
                ),
            ),
            DemoSession(
                7,
                "mailing-list",
                discussed=5,
                topics=("The interview on Monday",),
                ticked=("while-loops", "functions"),
                confirmed=("while-loops",),
                actions=(
                    ("Draw what two names of one list point to", "If I am on the train, then I draw it."),
                    ("Send the link to the visualiser", ""),
                ),
                done=1,
                note="Interview on Monday; keep the next session light.",
            ),
        ),
        next_in_days=2,
    ),
    DemoPerson(
        name="Aïcha Benali",
        language="fr",
        address="vous",
        since_days=8,
        works=(
            DemoAttempt("bakery-till", "broken", 4),
            DemoAttempt("bakery-till", "splits-before-subtracting", 3),
        ),
        meetings=(
            DemoSession(
                7,
                "bakery-till",
                discussed=5,
                topics=("Objectifs et disponibilités",),
                actions=(
                    ("Finir l’exercice de la boulangerie", "Si le café est prêt, alors j’ouvre le notebook."),
                ),
            ),
        ),
        next_in_days=3,
    ),
)
"""Three students: one learns the basics, one is advanced, one has just begun."""
