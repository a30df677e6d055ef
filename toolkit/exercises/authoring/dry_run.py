"""Dry run of an exercise: checks its stated results, its run time and two of its variants."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Literal

from toolkit.domain.learning_path import Card
from toolkit.errors import MentoringError
from toolkit.exercises.authoring.refresh_results import kernel_name_of, refresh_notebook
from toolkit.exercises.authoring.variants import draw_variant
from toolkit.exercises.course.course import Course
from toolkit.exercises.course.notebook import Notebook, grade_id, is_test
from toolkit.exercises.worker_pool import run_in_worker
from toolkit.i18n import _, format_number
from toolkit.kernels.limits import Limits

__all__ = ["dry_run_problems"]

_USUAL_TIME_S = 1.0
_SEEDS = (1, 2)


def dry_run_problems(
    course: Course, name: str, *, executor: Executor, limits: Limits | None = None
) -> Iterator[tuple[Literal["error", "warning"], str]]:
    """Run an exercise and two of its variants, and yield the problems found. Writes nothing.

    Parameters
    ----------
    course : Course
        Course of the exercise.
    name : str
        Name of the exercise.
    executor : Executor
        Worker processes that run the code.
    limits : Limits, optional
        Limits of each run; the defaults of `Limits` if None.

    Yields
    ------
    tuple of (str, str)
        Severity ("error" or "warning") and message.
    """
    card = course.card(name)
    source = course.source(name)
    if source["metadata"].get("kernelspec", {}).get("language", "python") != "python":
        return
    try:
        done = refresh_notebook(source, (), course.folder(name), executor=executor, limits=limits)
    except MentoringError as error:
        yield ("error" if card.variants else "warning"), str(error)
        return
    yield from _stale(source, done.notebook)
    if done.seconds > _USUAL_TIME_S:
        yield (
            "warning",
            _("The solution and its tests take {seconds} s; up to {limit} s are usual.").format(
                seconds=format_number(round(done.seconds, 1)), limit=format_number(_USUAL_TIME_S)
            ),
        )
    if card.variants:
        for seed in _SEEDS:
            for text in _variant(course, card, seed, executor, limits):
                yield "error", _("Its variant with seed {seed}: {why}").format(seed=seed, why=text)


def _stale(source: Notebook, done: Notebook) -> Iterator[tuple[Literal["error"], str]]:
    for before, after in zip(source["cells"], done["cells"], strict=True):
        # Expected values in tests are skipped: grading the solution has already checked them.
        if before["source"] != after["source"] and not is_test(before):
            lines = set(after["source"].split("\n"))
            outdated = next(line for line in before["source"].split("\n") if line not in lines)
            yield (
                "error",
                _("Cell '{cell}' tells of a result that the solution does not give: {line}").format(
                    cell=grade_id(before) or before.get("id", "?"), line=outdated.strip()[:100]
                ),
            )


def _variant(
    course: Course, card: Card, seed: int, executor: Executor, limits: Limits | None
) -> Iterator[str]:
    try:
        drawn = draw_variant(course, card.id, seed, executor=executor, limits=limits)
        code = [cell for cell in drawn.notebook["cells"] if cell["cell_type"] == "code"]
        sources = [cell["source"] for cell in code]
        replies = run_in_worker(
            executor,
            "cell_runner:run_cells",
            course.folder(card.id),
            kernel_name_of(drawn.notebook),
            sources,
            limits,
        )
    except MentoringError as error:
        yield str(error)
        return
    for cell, (_printed, failed) in zip(code, replies, strict=True):
        if failed:
            yield _("Cell '{cell}' fails with the worked solution: {why}").format(
                cell=grade_id(cell) or cell.get("id", "?"), why=failed
            )
    kept = {wrong.name for wrong in drawn.card.wrong_answers}
    for wrong in card.wrong_answers:
        if wrong.name not in kept:
            yield _("The wrong answer '{name}' does not fail '{test}' there.").format(
                name=wrong.name, test=wrong.fails
            )
