"""Grades worked solutions with their own tests, so that no test that they fail goes unnoticed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from toolkit import exercises
from toolkit._internal.atomic_io import atomic_write
from toolkit.errors import MentoringError
from toolkit.exercises.authoring.quality_check import solution_job, solution_problems
from toolkit.i18n import _
from toolkit.kernels import Limits
from toolkit.practice import Practice
from toolkit.services.catalogue import Catalogue

__all__ = ["SolutionProblem", "check_solutions"]

# In the practice's private folder: the fingerprints of the exercises, by name.
_FILE = "graded-solutions.json"


@dataclass(frozen=True)
class SolutionProblem:
    """A test that an exercise's own worked solution fails.

    Parameters
    ----------
    exercise : str
        Name of the exercise.
    message : str
        The test and the reason, in the current language.
    """

    exercise: str
    message: str

    def __str__(self) -> str:
        return _("{exercise}: {problem} Mend the exercise, or students lose these points.").format(
            exercise=self.exercise, problem=self.message
        )


def check_solutions(
    practice: Practice, names: Iterable[str] | None = None, executor: Executor | None = None
) -> list[SolutionProblem]:
    """Grade the worked solutions of exercises that changed since they were last graded here.

    Parameters
    ----------
    practice : Practice
        The mentor's practice, locked for writing.
    names : iterable of str, optional
        Names of the exercises; all of the practice if None.
    executor : Executor, optional
        Worker processes; some are started for this call if None.

    Returns
    -------
    list of SolutionProblem
        The tests that fail. An exercise that was told of before is not told of again until it changes.
    """
    course = Catalogue(practice).course
    told = _read(practice)
    new = {}
    for name in course.names() if names is None else names:
        try:
            fingerprint = exercises.compute_grading_fingerprint(course, name)
        except MentoringError:
            continue  # a broken exercise is reported where it is used
        if told.get(name) != fingerprint:
            new[name] = fingerprint
    if not new:
        return []
    grading = practice.config.grading
    limits = Limits(cell_seconds=grading.timeout_seconds)
    found: list[SolutionProblem] = []
    with exercises.executor_or_own(executor, count=grading.workers) as workers:
        jobs = [solution_job(course, name, stderr_fails=grading.stderr_fails) for name in new]
        for job, result in exercises.grade_jobs(course, jobs, executor=workers, limits=limits):
            found += [SolutionProblem(job.exercise, text) for text in solution_problems(result)]
    atomic_write(practice.private / _FILE, json.dumps({**told, **new}, indent=1, sort_keys=True).encode())
    return found


def _read(practice: Practice) -> Mapping[str, str]:
    try:
        found = json.loads((practice.private / _FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
