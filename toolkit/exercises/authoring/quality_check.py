"""Quality check of an exercise before release: structure, and tests on known right and wrong answers."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from toolkit.domain.learning_path import Card
from toolkit.errors import MentoringError
from toolkit.exercises.authoring.dry_run import dry_run_problems
from toolkit.exercises.authoring.structure_check import card_problems, notebook_problems
from toolkit.exercises.course.course import Course
from toolkit.exercises.course.notebook import Notebook, dump_notebook, grade_id, is_solution, is_task, is_test
from toolkit.exercises.course.path_files import load_path, path_names
from toolkit.exercises.grading.grading_queue import grade_jobs
from toolkit.exercises.grading.grading_types import GradingJob, GradingResult
from toolkit.exercises.grading.notebook_tests import answered_names, helpers_for
from toolkit.exercises.grading.split_tests import is_proof
from toolkit.exercises.worker_pool import executor_or_own, run_in_worker
from toolkit.i18n import _, current_language
from toolkit.kernels.limits import Limits

__all__ = [
    "QualityFinding",
    "check_exercise",
    "solution_job",
    "solution_problems",
    "unknown_references",
]

_SOLUTION = "solution"
_UNTOUCHED = "untouched"


@dataclass(frozen=True)
class QualityFinding:
    """One problem of an exercise, for its author.

    Parameters
    ----------
    exercise : str
        Name of the exercise.
    level : {"error", "warning"}
        "error" if the problem would harm students, "warning" if it only lowers the quality.
    message : str
        The problem, in the current language.
    """

    exercise: str
    level: Literal["error", "warning"]
    message: str

    def __str__(self) -> str:
        return self.message


def check_exercise(
    course: Course, name: str, *, executor: Executor | None = None, limits: Limits | None = None
) -> list[QualityFinding]:
    """Return the problems of an exercise. Writes nothing.

    The solution must pass every test, and an untouched copy none. Each wrong answer must fail the test that
    its card names, with the message that it names. The release must contain no secret. The results stated
    in the text and in docstrings must equal those of the solution, which should run in under a second. Two
    variants are made and run. Metadata, names, both languages and the hints are checked.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the exercise.
    executor : Executor, optional
        Worker processes; two are started for this call if None.
    limits : Limits, optional
        Limits of each run; the course's cell timeout and the defaults of `Limits` if None.

    Returns
    -------
    list of QualityFinding
        Empty if no problem is found.

    Raises
    ------
    NotFoundError
        There is no such exercise.
    """
    findings: list[QualityFinding] = []
    notebooks = course.notebooks(name)
    try:
        source = course.source(name)
        card = course.card(name)
    except MentoringError as error:
        return [QualityFinding(name, "error", str(error))]
    own = name in notebooks and len(notebooks) == 1
    findings += [
        QualityFinding(name, level, text) for level, text in notebook_problems(source, name, own=own)
    ]
    if (course.root / "cards" / f"{name}.yaml").exists():
        findings += [QualityFinding(name, level, text) for level, text in card_problems(card, source)]
        findings += [QualityFinding(name, "warning", text) for text in unknown_references(course, card)]
    else:
        findings.append(
            QualityFinding(name, "warning", _("It has no card: no skills, no hints, no wrong answers."))
        )
    with executor_or_own(executor, count=2) as workers:
        try:
            leaks: tuple[str, ...] = run_in_worker(
                workers, "release_builder:find_release_leaks", course.root, name
            )
        except MentoringError as error:
            return [*findings, QualityFinding(name, "error", str(error))]
        findings += [QualityFinding(name, "error", text) for text in leaks]
        jobs = list(_jobs(source, card, name))
        results = {
            job.student_id: result
            for job, result in grade_jobs(course, jobs, executor=workers, limits=limits)
        }
        findings += [QualityFinding(name, "error", text) for text in _judge_results(results, card)]
        findings += _guarded_tests(name, source, results.get(_SOLUTION))
        # A failing solution is already reported; a dry run of it would only repeat the failure.
        if own and not any(solution_problems(results.get(_SOLUTION))):
            rehearsed = dry_run_problems(course, name, executor=workers, limits=limits)
            findings += [QualityFinding(name, level, text) for level, text in rehearsed]
    return findings


def unknown_references(course: Course, card: Card) -> Iterator[str]:
    """Yield a message for each skill and prerequisite of the card that does not exist.

    Parameters
    ----------
    course : Course
        Course with the learning paths and the exercises.
    card : Card
        Card to check.
    """
    paths = []
    for name in path_names(course.root):
        with suppress(MentoringError):  # `mentor path check` reports a broken path
            paths.append(load_path(course.root, name))
    known = {skill.id for path in paths for skill in path.skills}
    for skill in card.skills if known else ():
        if skill not in known:
            yield _("Skill '{skill}' is on no path; `mentor path show` lists those that are.").format(
                skill=skill
            )
    for missing in card.prerequisites:
        if missing not in course.names():
            yield _("Exercise '{exercise}' needs exercise '{missing}', which does not exist.").format(
                exercise=card.id, missing=missing
            )


def _guarded_tests(
    name: str, source: Notebook, result: GradingResult | MentoringError | None
) -> Iterator[QualityFinding]:
    """Yield the tests that have to be decided in the kernel because of the values that the solution gives."""
    guarded = result.guarded if isinstance(result, GradingResult) else ()
    answered = answered_names(source["cells"])
    for cell in source["cells"]:
        # The others are known by their source already.
        if (
            grade_id(cell) in guarded
            and is_test(cell)
            and is_proof(cell["source"], answered, helpers_for(source["cells"], cell))
        ):
            yield QualityFinding(
                name,
                "warning",
                _(
                    "Test '{test}' asks values of the answer's own class to compare themselves: a guard "
                    "finds those that agree to anything, but compare with numbers or texts where you can."
                ).format(test=grade_id(cell)),
            )


def solution_job(course: Course, name: str, *, stderr_fails: bool = True) -> GradingJob:
    """Return the job that grades the worked solution of an exercise.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the exercise.
    stderr_fails : bool
        True if a test that writes on stderr fails, as with nbgrader.
    """
    return replace(_job(_SOLUTION, name, course.source(name)), stderr_fails=stderr_fails)


def solution_problems(result: GradingResult | MentoringError | None) -> Iterator[str]:
    """Yield a sentence for each test that a worked solution fails, with the reason.

    Parameters
    ----------
    result : GradingResult or MentoringError or None
        Result of `solution_job`.
    """
    if isinstance(result, GradingResult):
        yield from _judge_solution(result)
    else:
        yield str(result)


def _jobs(source: Notebook, card: Card, name: str) -> Iterator[GradingJob]:
    bare = copy.deepcopy(source)
    # Grading restores removed cells from the release, so this is an untouched copy.
    bare["cells"] = [cell for cell in bare["cells"] if not is_solution(cell) and not is_task(cell)]
    yield _job(_SOLUTION, name, source)
    yield _job(_UNTOUCHED, name, bare)
    for wrong in card.wrong_answers:
        answer = copy.deepcopy(source)
        for cell in answer["cells"]:
            if is_solution(cell):
                cell["source"] = wrong.cells.get(grade_id(cell), cell["source"])
        yield _job(f"wrong-{wrong.name}", name, answer)


def _job(label: str, name: str, nb: Notebook) -> GradingJob:
    return GradingJob(label, "", name, dump_notebook(nb), datetime.now(UTC), language=current_language())


def _judge_results(results: dict[str, GradingResult | MentoringError], card: Card) -> Iterator[str]:
    yield from dict.fromkeys(str(result) for result in results.values() if isinstance(result, MentoringError))
    graded = {label: result for label, result in results.items() if isinstance(result, GradingResult)}
    if _SOLUTION in graded:
        yield from _judge_solution(graded[_SOLUTION])
    if _UNTOUCHED in graded:
        for result in graded[_UNTOUCHED].outcome.results:
            if result.points:
                yield _("Test '{test}' gives {points} points to a copy that nobody has touched.").format(
                    test=result.grade_id, points=result.points
                )
    for wrong in card.wrong_answers:
        if f"wrong-{wrong.name}" not in graded:
            continue
        outcome = graded[f"wrong-{wrong.name}"].outcome
        found = {result.grade_id: result for result in outcome.results}.get(wrong.fails)
        if found is None:
            yield _("The wrong answer '{name}' should fail '{test}', which is no test here.").format(
                name=wrong.name, test=wrong.fails
            )
        elif found.passed:
            yield _("The wrong answer '{name}' passes '{test}'.").format(name=wrong.name, test=wrong.fails)
        elif wrong.message.strip() not in found.message:
            yield _(
                "The wrong answer '{name}' fails '{test}' with another message than its card says: {message}"
            ).format(name=wrong.name, test=wrong.fails, message=found.message)


def _judge_solution(graded: GradingResult) -> Iterator[str]:
    outcome = graded.outcome
    if outcome.reason:
        yield _("The solution does not run through: {why}").format(why=outcome.reason)
    for result in outcome.results:
        if result.points is not None and not result.passed:
            yield _("The solution fails test '{test}': {message}").format(
                test=result.grade_id, message=result.message or "?"
            )
