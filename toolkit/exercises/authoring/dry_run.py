"""Tries an exercise out as its author would: what it tells of itself, how long it runs, two variants."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Literal

from toolkit.domain.learning_path import Card
from toolkit.errors import MentoringError
from toolkit.exercises.authoring.refresh_results import kernel_of, recompute
from toolkit.exercises.authoring.variants import draw
from toolkit.exercises.course.course import Course
from toolkit.exercises.course.notebook import Notebook, grade_id, is_test
from toolkit.exercises.worker_pool import call
from toolkit.i18n import _, format_number
from toolkit.kernels.limits import Limits

__all__ = ["rehearse"]

_SECONDS = 1.0
_SEEDS = (1, 2)


def rehearse(
    course: Course, name: str, *, executor: Executor, limits: Limits | None = None
) -> Iterator[tuple[Literal["error", "warning"], str]]:
    """Yield what is the matter once an exercise and two of its variants are run; nothing is written."""
    card = course.card(name)
    source = course.source(name)
    if source["metadata"].get("kernelspec", {}).get("language", "python") != "python":
        return
    try:
        done = recompute(source, (), course.folder(name), executor=executor, limits=limits)
    except MentoringError as error:
        yield ("error" if card.variants else "warning"), str(error)
        return
    yield from _stale(source, done.notebook)
    if done.seconds > _SECONDS:
        yield (
            "warning",
            _("The solution and its tests take {seconds} s; up to {limit} s are usual.").format(
                seconds=format_number(round(done.seconds, 1)), limit=format_number(_SECONDS)
            ),
        )
    if card.variants:
        for seed in _SEEDS:
            for text in _variant(course, card, seed, executor, limits):
                yield "error", _("Its variant with seed {seed}: {why}").format(seed=seed, why=text)


def _stale(source: Notebook, done: Notebook) -> Iterator[tuple[Literal["error"], str]]:
    for before, after in zip(source["cells"], done["cells"], strict=True):
        # What a test compares with was looked at when the solution was graded.
        if before["source"] != after["source"] and not is_test(before):
            lines = set(after["source"].split("\n"))
            told = next(line for line in before["source"].split("\n") if line not in lines)
            yield (
                "error",
                _("Cell '{cell}' tells of a result that the solution does not give: {line}").format(
                    cell=grade_id(before) or before.get("id", "?"), line=told.strip()[:100]
                ),
            )


def _variant(
    course: Course, card: Card, seed: int, executor: Executor, limits: Limits | None
) -> Iterator[str]:
    try:
        drawn = draw(course, card.id, seed, executor=executor, limits=limits)
        code = [cell for cell in drawn.notebook["cells"] if cell["cell_type"] == "code"]
        sources = [cell["source"] for cell in code]
        replies = call(
            executor,
            "cell_runner:run_cells",
            course.folder(card.id),
            kernel_of(drawn.notebook),
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
