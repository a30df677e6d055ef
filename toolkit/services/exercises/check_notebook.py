"""Running the visible tests on a notebook without submitting it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from toolkit.domain.people import MentorshipState
from toolkit.errors import InputError, MentoringError, NotFoundError
from toolkit.exercises import find_submitted_files, identify_submission, parse_submission
from toolkit.exercises.grading.visible_tests import VisibleResult, try_visible_tests
from toolkit.i18n import _
from toolkit.kernels import Limits
from toolkit.practice import GradingTable, Practice
from toolkit.services.catalogue import Catalogue

__all__ = ["NotebookCheck", "check_notebooks"]


@dataclass(frozen=True)
class NotebookCheck:
    """The results of the visible tests on one notebook, or the reason why they could not run.

    Parameters
    ----------
    path : Path
        Path of the notebook.
    exercise_id : str, optional
        Id of its exercise; None if unknown.
    results : tuple of VisibleResult
        One result for each visible test.
    problem : MentoringError, optional
        Reason why the tests could not run.
    """

    path: Path
    exercise_id: str | None = None
    results: tuple[VisibleResult, ...] = ()
    problem: MentoringError | None = None


def check_notebooks(practice: Practice, what: str, *, student: str | None = None) -> list[NotebookCheck]:
    """Run the visible tests on a notebook, or on the students' copies of an exercise.

    Nothing is collected, graded or written: only `mentor grade` gives points.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    what : str
        Path of a notebook; or name of an exercise, for the copies in the workspaces.
    student : str, optional
        Id or name of a student: with an exercise's name, only their copy is tested.

    Raises
    ------
    NotFoundError
        There is no such file, exercise or student, or no workspace has a copy of the exercise.
    """
    catalogue = Catalogue(practice)
    grading = practice.config.grading
    if os.path.lexists(what) and not Path(what).is_dir():
        return [_run_tests(catalogue, Path(what), None, grading)]
    if what.endswith(".ipynb"):
        raise NotFoundError(_("There is no file {path}.").format(path=what))
    name = catalogue.course.card(what).id
    found = [
        _run_tests(catalogue, path, name, grading) for path in _copies(practice, catalogue, name, student)
    ]
    if not found:
        raise NotFoundError(
            _("No workspace has a copy of '{exercise}'.").format(exercise=name),
            hint=_("Give it out first: mentor exercise release {exercise}").format(exercise=name),
        )
    return found


def _copies(practice: Practice, catalogue: Catalogue, name: str, student: str | None) -> Iterator[Path]:
    with practice.store.read() as tx:
        chosen = (
            [tx.students.get(student)]
            if student
            else [s for s in tx.students.all() if s.state is MentorshipState.ACTIVE]
        )
    for one in chosen:
        folder = practice.workspace(one.id) / "exercises" / name
        path = folder / f"{catalogue.course.main_notebook(name)}.ipynb"
        if os.path.lexists(path):
            yield path


def _run_tests(
    catalogue: Catalogue, path: Path, exercise: str | None, grading: GradingTable
) -> NotebookCheck:
    try:
        arrivals = [*find_submitted_files([path])]
        if len(arrivals) != 1:
            raise InputError(_("{path} is no notebook.").format(path=path))
        arrival = arrivals[0]
        if arrival.data is None:
            raise arrival.refusal or InputError(_("{path} is no notebook.").format(path=path))
        submission = parse_submission(arrival.data, require_marks=False)
        known = identify_submission(catalogue.course, submission, arrival.place)
        exercise = exercise or known.exercise
        if exercise is None:
            raise NotFoundError(
                _("It is not known which exercise {path} answers.").format(path=path),
                hint=_("It may be one of these: {names}.").format(names=", ".join(known.exercises[:5])),
            )
        notebook = known.notebook if known.exercise == exercise else ""
        results = try_visible_tests(
            catalogue.course,
            exercise,
            submission,
            notebook=notebook,
            limits=Limits(cell_seconds=grading.timeout_seconds),
            stderr_fails=grading.stderr_fails,
        )
    except MentoringError as problem:
        return NotebookCheck(path, exercise, problem=problem)
    return NotebookCheck(path, exercise, tuple(results))
