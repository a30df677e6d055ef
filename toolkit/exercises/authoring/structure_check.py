"""Static checks of an exercise's notebook and card, without running any code."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from toolkit.domain.learning_path import Card
from toolkit.exercises.authoring.variant_substitution import apply_substitutions
from toolkit.exercises.course.leaks import (
    HIDDEN_TESTS_DELIMITERS,
    MARK_SCHEME_DELIMITERS,
    SOLUTION_DELIMITERS,
)
from toolkit.exercises.course.notebook import (
    Cell,
    Notebook,
    cell_language,
    grade_id,
    is_grade,
    is_solution,
    is_task,
    is_test,
    mentoring_metadata,
    nbgrader_metadata,
    split_delimited_lines,
)
from toolkit.exercises.grading.notebook_tests import answered_names, helpers_for
from toolkit.exercises.grading.split_tests import is_proof
from toolkit.i18n import _, ngettext

__all__ = ["card_problems", "notebook_problems"]

Problem = tuple[Literal["error", "warning"], str]

_USUAL_HINTS = 3
_USUAL_WRONG_ANSWERS = 3
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
# Characters that nbgrader allows in a cell's name.
_GRADE_ID = re.compile(r"[a-zA-Z0-9_-]+")


def notebook_problems(nb: Notebook, name: str, *, own: bool) -> Iterator[Problem]:
    """Yield the problems of a source notebook.

    Parameters
    ----------
    nb : dict
        Source notebook.
    name : str
        Name of the exercise.
    own : bool
        True if it is the exercise's only notebook and has its name.

    Yields
    ------
    tuple of (str, str)
        Severity ("error" or "warning") and message.
    """
    if not _NAME.fullmatch(name):
        yield "warning", _("Its name should be of small letters, digits and hyphens.")
    if not own:
        yield "warning", _("It should have one notebook, '{name}.ipynb'.").format(name=name)
    elif mentoring_metadata(nb).get("exercise") != name:
        yield (
            "warning",
            _(
                "The notebook's metadata should say which exercise it is: mentoring.exercise = '{name}'."
            ).format(name=name),
        )
    cells: list[Cell] = nb["cells"]
    yield from _graded_cells(cells)
    yield from _regions(cells)
    if nb["metadata"].get("kernelspec", {}).get("language", "python") == "python":
        yield from _syntax(cells)
    yield from _languages(cells)
    answered = answered_names(cells)
    for cell in cells:
        if is_test(cell) and cell["cell_type"] == "code":
            yield from _assertions(cell)
            if not is_proof(cell["source"], answered, helpers_for(cells, cell)):
                yield (
                    "warning",
                    _(
                        "Test '{test}' decides in the student's own Python, which a cheat can change: let it "
                        "compare values with literals, `assert got == 7`."
                    ).format(test=grade_id(cell)),
                )


def card_problems(card: Card, nb: Notebook) -> Iterator[Problem]:
    """Yield the problems of a card, compared with its notebook.

    Parameters
    ----------
    card : Card
        Card of the exercise.
    nb : dict
        Source notebook of the exercise.

    Yields
    ------
    tuple of (str, str)
        Severity ("error" or "warning") and message.
    """
    if len(card.hints) != _USUAL_HINTS:
        yield (
            "warning",
            ngettext(
                "The hint ladder has {n} step; {usual} are usual.",
                "The hint ladder has {n} steps; {usual} are usual.",
                len(card.hints),
            ).format(n=len(card.hints), usual=_USUAL_HINTS),
        )
    if len(card.wrong_answers) < _USUAL_WRONG_ANSWERS:
        yield (
            "warning",
            ngettext(
                "The card has {n} typical wrong answer; {usual} are usual.",
                "The card has {n} typical wrong answers; {usual} are usual.",
                len(card.wrong_answers),
            ).format(n=len(card.wrong_answers), usual=_USUAL_WRONG_ANSWERS),
        )
    solutions = {grade_id(cell) for cell in nb["cells"] if is_solution(cell)}
    tests = {grade_id(cell): cell for cell in nb["cells"] if is_test(cell)}
    for wrong in card.wrong_answers:
        for cell in sorted(wrong.cells.keys() - solutions):
            yield (
                "error",
                _("The wrong answer '{name}' fills cell '{cell}', which is no answer here.").format(
                    name=wrong.name, cell=cell
                ),
            )
        if (
            wrong.fails in tests
            and not split_delimited_lines(tests[wrong.fails]["source"], HIDDEN_TESTS_DELIMITERS)[1]
        ):
            yield (
                "warning",
                _("The wrong answer '{name}' is caught by '{test}', which has no hidden test.").format(
                    name=wrong.name, test=wrong.fails
                ),
            )
    for key in card.variants:
        # Cell by cell, as `draw` replaces the texts.
        if all(apply_substitutions(cell["source"], {key: ""}) == cell["source"] for cell in nb["cells"]):
            yield (
                "error",
                _("The card has variants of '{text}', which stands nowhere in the notebook.").format(
                    text=key
                ),
            )
    for message, times in Counter(wrong.message for wrong in card.wrong_answers).items():
        if times > 1:
            yield (
                "warning",
                _("Several wrong answers are met with the same message: {message}").format(message=message),
            )


def _graded_cells(cells: list[Cell]) -> Iterator[Problem]:
    names = Counter(grade_id(cell) for cell in cells if nbgrader_metadata(cell))
    for name, times in names.items():
        if not _GRADE_ID.fullmatch(name):
            yield "error", _("A cell has the name '{name}', which nbgrader cannot use.").format(name=name)
        elif times > 1:
            yield "error", _("Several cells have the name '{name}'.").format(name=name)
    if not any(is_solution(cell) for cell in cells):
        yield "error", _("It has no cell for an answer.")
    if not any(is_grade(cell) or is_task(cell) for cell in cells):
        yield "error", _("It has no test, and nothing that a person grades.")
    for cell in cells:
        name = grade_id(cell)
        points = nbgrader_metadata(cell).get("points", 0)
        if not isinstance(points, int | float) or points < 0:
            yield (
                "error",
                _("Cell '{cell}' is worth {points} points; it should be a number, 0 or more.").format(
                    cell=name, points=repr(points)
                ),
            )
        if (is_grade(cell) or is_task(cell)) and not points:
            yield "warning", _("Cell '{cell}' is graded, and worth no points.").format(cell=name)
        if name and cell_language(cell):
            yield (
                "error",
                _("Cell '{cell}' is graded or locked, so it cannot be for one language alone.").format(
                    cell=name
                ),
            )
        if cell.get("outputs"):
            yield (
                "warning",
                _("Cell '{cell}' was saved with outputs.").format(cell=name or cell.get("id", "?")),
            )


def _regions(cells: list[Cell]) -> Iterator[Problem]:
    for cell in cells:
        for begin, end in (HIDDEN_TESTS_DELIMITERS, SOLUTION_DELIMITERS, MARK_SCHEME_DELIMITERS):
            if cell["source"].count(begin) != cell["source"].count(end):
                yield (
                    "error",
                    _("In '{cell}' each '{begin}' should have its '{end}'.").format(
                        cell=grade_id(cell) or cell.get("id", "?"), begin=begin, end=end
                    ),
                )


def _syntax(cells: list[Cell]) -> Iterator[Problem]:
    for cell in cells:
        lines = cell["source"].split("\n")
        # IPython syntax: magics, shell commands, help.
        has_ipython_syntax = any(
            line.lstrip().startswith(("%", "!", "?")) or line.endswith("?") for line in lines
        )
        if cell["cell_type"] != "code" or has_ipython_syntax:
            continue
        try:
            ast.parse(cell["source"])
        except (SyntaxError, ValueError) as error:
            yield (
                "error",
                _("Cell '{cell}' is no Python, line {line}: {why}").format(
                    cell=grade_id(cell) or cell.get("id", "?"),
                    line=getattr(error, "lineno", None) or "?",
                    why=getattr(error, "msg", None) or error,
                ),
            )


def _languages(cells: list[Cell]) -> Iterator[Problem]:
    count = Counter(filter(None, map(cell_language, cells)))
    for language in ("en", "fr"):
        if not count[language]:
            yield (
                "error",
                _("No cell is tagged `lang-{language}`: it cannot be read in that language.").format(
                    language=language
                ),
            )
    if count["en"] and count["fr"] and count["en"] != count["fr"]:
        yield (
            "error",
            _("There are {en} cells in English and {fr} in French.").format(en=count["en"], fr=count["fr"]),
        )


def _assertions(cell: Cell) -> Iterator[Problem]:
    try:
        tree = ast.parse(cell["source"])
    except SyntaxError:
        return  # magics, or another language
    silent = sum(isinstance(node, ast.Assert) and node.msg is None for node in ast.walk(tree))
    if silent:
        yield (
            "warning",
            ngettext(
                "In '{cell}' {n} assertion says nothing when it fails.",
                "In '{cell}' {n} assertions say nothing when they fail.",
                silent,
            ).format(cell=grade_id(cell), n=silent),
        )
