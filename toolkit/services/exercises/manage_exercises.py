"""Exercises: list, create, check and release them, and give their hints."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from toolkit import exercises
from toolkit._internal.atomic_io import atomic_write
from toolkit.domain.learning_path import Card
from toolkit.domain.people import MentorshipState
from toolkit.domain.session import SessionState
from toolkit.errors import StateError, StorageError
from toolkit.i18n import Language, _, use_language
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue
from toolkit.services.exercises.solution_check import SolutionProblem, check_solutions
from toolkit.services.progress_callback import ProgressCallback, ignore_progress
from toolkit.services.sessions.session_hints import put_hints
from toolkit.workspace.submission_outbox import Outbox

__all__ = [
    "AssignedExercise",
    "GivenHint",
    "ListedExercise",
    "check_exercises",
    "create_exercise",
    "create_variant",
    "give_hint",
    "list_exercises",
    "preview_exercise",
    "release_exercises",
    "show_hints",
]

_OPEN_STATES = {SessionState.PLANNED, SessionState.CONFIRMED, SessionState.LIVE}


@dataclass(frozen=True)
class ListedExercise:
    """An exercise of the practice.

    Parameters
    ----------
    card : Card
        Its card.
    released : bool
        Whether nbgrader has released it.
    """

    card: Card
    released: bool


@dataclass(frozen=True)
class AssignedExercise:
    """An exercise in a student's workspace.

    Parameters
    ----------
    student_id : str
        Id of the student.
    exercise_id : str
        Id of the exercise.
    path : Path
        Path of the main notebook; the exercise's other notebooks, data files and modules are beside it.
    kept : bool
        Whether the notebook existed before, and was left unchanged.
    """

    student_id: str
    exercise_id: str
    path: Path
    kept: bool


@dataclass(frozen=True)
class GivenHint:
    """One hint of an exercise.

    Parameters
    ----------
    step : int
        Number of the hint, from 1.
    total : int
        Number of the exercise's hints.
    text : str
        Text in the student's language.
    """

    step: int
    total: int
    text: str


def list_exercises(practice: Practice) -> list[ListedExercise]:
    """Return the exercises of a practice."""
    catalogue = Catalogue(practice)
    return [ListedExercise(card, catalogue.course.is_released(card.id)) for card in catalogue.cards]


def release_exercises(
    practice: Practice,
    names: Iterable[str],
    students: Iterable[str] | None = None,
    step: ProgressCallback = ignore_progress,
    told: Callable[[SolutionProblem], None] = lambda _problem: None,
) -> list[AssignedExercise]:
    """Release exercises, and copy their files into the workspaces of students.

    An existing file is kept. The worked solutions are graded once.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    names : iterable of str
        Names of the exercises.
    students : iterable of str, optional
        Ids or names of the students; all active students if left out.
    step : ProgressCallback, optional
        Called with the progress; by default nothing is reported.
    told : callable, optional
        Called with each test that an exercise's own solution fails.

    Raises
    ------
    NotFoundError
        There is no such exercise or student.
    """
    catalogue = Catalogue(practice)
    names = [catalogue.course.card(name).id for name in names]
    with practice.store.read() as tx:
        chosen = (
            [s for s in tx.students.all() if s.state is MentorshipState.ACTIVE]
            if students is None
            else [tx.students.get(name) for name in students]
        )
    given = []
    with practice.writing("mentor exercise release"), exercises.WorkerPool(1) as workers:
        for done, name in enumerate(names):
            step(name, done, len(names))
            exercises.release_exercise(catalogue.course, name, executor=workers)
            for student in chosen:
                folder = practice.workspace(student.id) / "exercises" / name
                path = folder / f"{catalogue.course.main_notebook(name)}.ipynb"
                kept = path.exists()
                files = exercises.student_files(catalogue.course, name, student.language, student.id)
                for place, data in files.items():
                    if not os.path.lexists(folder / place):
                        atomic_write(folder / place, data, within=practice.workspace(student.id))
                given.append(AssignedExercise(student.id, name, path, kept))
        for problem in check_solutions(practice, names, workers):
            told(problem)
        step("", len(names), len(names))
    return given


def check_exercises(
    practice: Practice, names: Iterable[str] = (), step: ProgressCallback = ignore_progress
) -> dict[str, list[str]]:
    """Check exercises, and return the problems of each as sentences.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    names : iterable of str
        Names of the exercises; all exercises if empty.
    step : ProgressCallback, optional
        Called with the progress; by default nothing is reported.

    Returns
    -------
    dict of str to list of str
        Problems by exercise; an empty list for a correct one.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    """
    catalogue = Catalogue(practice)
    chosen = [catalogue.course.card(name).id for name in names] or list(catalogue.course.names())
    findings = {}
    with exercises.WorkerPool() as workers:
        for done, name in enumerate(chosen):
            step(name, done, len(chosen))
            found = exercises.check_exercise(catalogue.course, name, executor=workers)
            findings[name] = [str(finding) for finding in found]
    step("", len(chosen), len(chosen))
    return findings


def create_exercise(practice: Practice, name: str, title: str = "") -> list[Path]:
    """Create the notebook and the card of a new exercise, and return their paths.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str
        Name of the exercise.
    title : str
        Title; made from the name if empty.

    Raises
    ------
    InputError
        The name is not valid.
    DuplicateError
        There is an exercise or a card of that name.
    """
    return list(exercises.create_exercise(Catalogue(practice).course, name, title))


def create_variant(practice: Practice, name: str, seed: int | None = None) -> list[Path]:
    """Create a variant of an exercise, and return the paths of its notebook and card.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str
        Name of the exercise.
    seed : int, optional
        Seed that selects the variant's values; the first one that gives a new variant if left out.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    InputError
        The exercise has no variants, or a result of one cannot be computed.
    DuplicateError
        The variant exists, or one with the same values.
    StateError
        All variants exist already.
    """
    course = Catalogue(practice).course
    with practice.writing("mentor exercise variant"):
        return list(exercises.create_variant(course, course.card(name).id, seed))


def preview_exercise(practice: Practice, name: str, language: Language) -> bytes:
    """Return the notebook that a student would receive, made from the current source.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str
        Name of the exercise.
    language : {"en", "fr"}
        Language of the student.
    """
    course = Catalogue(practice).course
    return exercises.preview_notebook(course, course.card(name).id, language)


def give_hint(
    practice: Practice,
    name: str,
    student_name: str,
    step: int | None = None,
    patience: float = 5.0,
    now: datetime | None = None,
) -> GivenHint:
    """Give a student the next hint of an exercise, and store that it was given.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    name : str
        Name of the exercise.
    student_name : str
        Id or name of the student.
    step : int, optional
        Expected number of the hint; not checked if left out.
    patience : float
        Seconds to wait for a record's lock, see `show_hints`.
    now : datetime, optional
        Current time, timezone-aware; read from the clock if left out.

    Raises
    ------
    NotFoundError
        There is no such exercise or student.
    StateError
        The ladder has no further hint, or the next hint has another number.
    """
    card = Catalogue(practice).course.card(name)
    with practice.store.begin() as tx:
        student = tx.students.get(student_name)
        given = tx.attempts.hints_given(student.id, card.id)
        if given >= len(card.hints):
            raise StateError(
                _("{name} has all {n} hints of '{exercise}'.").format(
                    name=student.name, n=given, exercise=card.id
                ),
                _("Look at it together: mentor session plan {id} --exercise {exercise}").format(
                    id=student.id, exercise=card.id
                ),
            )
        if step not in {None, given + 1}:
            raise StateError(
                _("The next hint of '{exercise}' for {name} is hint {n}.").format(
                    exercise=card.id, name=student.name, n=given + 1
                )
            )
        tx.attempts.give_hint(student.id, card.id, given + 1, now or datetime.now(UTC))
    show_hints(practice, card, student.id, patience)
    with use_language(student.language):
        return GivenHint(given + 1, len(card.hints), str(card.hints[given]))


def show_hints(practice: Practice, card: Card, student_id: str, patience: float = 5.0) -> bool:
    """Write a student's hints into the records of the sessions that have the exercise.

    The requests for these hints are removed afterwards. A damaged record or request raises no error: the
    hints count as given all the same.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    card : Card
        Card of the exercise.
    student_id : str
        Id of the student.
    patience : float
        Seconds to wait for a record's lock.

    Returns
    -------
    done : bool
        False if another writer held a record's lock for longer than that.
    """
    with practice.store.read() as tx:
        student = tx.students.get(student_id)
        given = tx.attempts.hints_given(student.id, card.id)
        # Include past sessions: the student continues to work in their notebooks.
        sessions = [
            s for s in tx.sessions.for_student(student.id) if s.exercise == card.id or s.state in _OPEN_STATES
        ]
    with use_language(student.language):
        hints = [str(text) for text in card.hints[:given]]
    shown = [put_hints(practice, session, card.id, hints, patience=patience) for session in sessions]
    if all(shown):
        outbox = Outbox(practice.workspace(student.id))
        with suppress(StorageError):
            for request in outbox.requests():
                if request.exercise == card.id and request.step <= given:
                    outbox.drop(request)
    return all(shown)
