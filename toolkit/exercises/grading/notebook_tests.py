"""The tests of a notebook: made for one run, and run, with what the worked solution teaches about them.

Such a value can be compared by its own methods alone, in the kernel. For a check that a worked solution
answers with plain data, no value of a student's own class is asked: its methods could tell what is expected.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from toolkit.exercises.course.cell_identification import parse_code, used_names
from toolkit.exercises.course.notebook import grade_id, is_locked, is_solution, is_test
from toolkit.exercises.grading.parsed_test import ParsedTest
from toolkit.exercises.grading.split_tests import (
    KernelTestRun,
    SplitTestRun,
    bound_names,
    judging_names,
)
from toolkit.exercises.grading.syntax_queries import assigned_names

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from toolkit.kernels import Execution

__all__ = [
    "OwnValueChecks",
    "SolvedNotebook",
    "TestRun",
    "answered_names",
    "find_own_values",
    "helpers_for",
    "split_tests_of",
]

TestRun = SplitTestRun | KernelTestRun
"""One run of a test cell."""

OwnValueChecks = Mapping[str, frozenset[int]]
"""Numbers of the statements by the ``grade_id`` of their cells."""


def split_tests_of(
    nb: NotebookNode,
    own: OwnValueChecks,
    bound: frozenset[str] = frozenset(),
    answered: frozenset[str] = frozenset(),
    *,
    learning: bool = False,
) -> dict[int, TestRun]:
    """Return a run of each test of a notebook, by the index of its cell.

    Parameters
    ----------
    nb : NotebookNode
        The notebook to be graded.
    own : mapping of str to frozenset of int
        The statements whose values may be of own classes.
    bound : frozenset of str
        Names that the exercise's source binds.
    answered : frozenset of str
        Names that its worked solution assigns or defines.
    learning : bool
        True for the worked solution: go on after a check that fails.
    """
    cells = [(index, cell) for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    tests = [(index, cell) for index, cell in cells if is_test(cell)]
    found: dict[int, TestRun] = {}
    for index, cell in tests:
        others = frozenset[str]().union(
            *(used_names(other.source) for place, other in tests if place != index)
        )
        program = _program(cell.source, others, answered, helpers_for(nb.cells, cell))
        if program is None:
            found[index] = KernelTestRun()
        else:
            own_checks = own.get(grade_id(cell), frozenset())
            found[index] = SplitTestRun(program, own_checks, bound, learning=learning)
    return found


@lru_cache(maxsize=1000)
def _program(
    source: str, used_elsewhere: frozenset[str], answered: frozenset[str], helpers: frozenset[str]
) -> ParsedTest | None:
    try:
        return ParsedTest(source, used_elsewhere, answered, helpers)
    except (SyntaxError, ValueError, RecursionError):
        return None


def find_own_values(
    source: NotebookNode, nb: NotebookNode, run: Callable[[NotebookNode, Mapping[int, TestRun]], object]
) -> OwnValueChecks:
    """Return the checks that the worked solution answers with values of its own classes.

    Parameters
    ----------
    source : NotebookNode
        The exercise's source, with solution and tests.
    nb : NotebookNode
        The notebook to be graded, whose tests are meant.
    run : callable
        Runs a notebook with the given tests.

    Raises
    ------
    ExecutionError
        The kernel does not start.
    """
    solved = copy.deepcopy(source)
    tests = {grade_id(cell): cell.source for cell in nb.cells if is_test(cell)}
    for cell in solved.cells:
        if is_test(cell):
            cell.source = tests.get(grade_id(cell), cell.source)
    probes = split_tests_of(solved, {}, answered=answered_names(source.cells), learning=True)
    run(solved, probes)
    return {grade_id(solved.cells[index]): probe.opaque for index, probe in probes.items()}


def helpers_for(cells: Iterable[dict[str, Any]], test: dict[str, Any]) -> frozenset[str]:
    """Return the functions and classes of the author's other cells that may judge in a test.

    Parameters
    ----------
    cells : iterable of dict
        Cells of the notebook.
    test : dict
        The test cell.
    """
    return judging_names(
        cell["source"]
        for cell in cells
        if cell is not test and cell["cell_type"] == "code" and (is_test(cell) or is_locked(cell))
    )


def answered_names(cells: Iterable[dict[str, Any]]) -> frozenset[str]:
    """Return the names that the worked solution assigns or defines.

    Parameters
    ----------
    cells : iterable of dict
        Cells of the exercise's source.
    """
    return frozenset(
        name
        for cell in cells
        if is_solution(cell) and cell["cell_type"] == "code"
        for name in assigned_names(parse_code(cell["source"]))
    )


class SolvedNotebook:
    """A notebook of an exercise's source, and what grading has learnt of it.

    Parameters
    ----------
    read : callable
        Reads the notebook, with solution and tests.
    """

    def __init__(self, read: Callable[[], NotebookNode]) -> None:
        self._read = read
        self._own: OwnValueChecks | None = None

    @cached_property
    def _source(self) -> NotebookNode:
        return self._read()

    @cached_property
    def _bound(self) -> frozenset[str]:
        return bound_names(cell.source for cell in self._source.cells if cell.cell_type == "code")

    @cached_property
    def _answered(self) -> frozenset[str]:
        return answered_names(self._source.cells)

    def execute(
        self, nb: NotebookNode, run: Callable[[NotebookNode, Mapping[int, TestRun]], Execution]
    ) -> tuple[dict[int, TestRun], Execution]:
        """Run a notebook with its tests; return the tests by the index of their cells, and the run.

        Parameters
        ----------
        nb : NotebookNode
            The notebook, with the tests of the exercise.
        run : callable
            Runs a notebook with the given tests.

        Raises
        ------
        ExecutionError
            The kernel does not start.
        """
        tests = split_tests_of(nb, self._own or {}, self._bound, self._answered)
        execution = run(nb, tests)
        if self._own is None and any(test.opaque for test in tests.values()):
            # Only now is it worth a run of the worked solution, once for all submissions.
            self._own = find_own_values(self._source, nb, run)
            if any(self._own.values()):
                tests = split_tests_of(nb, self._own, self._bound, self._answered)
                execution = run(nb, tests)
        return tests, execution
