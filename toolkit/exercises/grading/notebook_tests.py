"""The tests of a notebook for one run, each with what the worked solution tells about it.

Such a value can be compared by its own methods alone, in the kernel. For a check that a worked solution
answers with plain data, no value of a student's own class is asked: its methods could tell what is expected.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from toolkit.exercises.course.cell_identification import parse_code, read_globals, used_names
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
    solution_names: frozenset[str] = frozenset(),
    unfit: Collection[str] = (),
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
    solution_names : frozenset of str
        Global names that the worked solution reads: tests may set them for the answers.
    unfit : collection of str
        The ``grade_id`` of each test that the worked solution fails where the grader interprets it.
    learning : bool
        True for the worked solution: go on after a check that fails.
    """
    cells = [(index, cell) for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    tests = [(index, cell) for index, cell in cells if is_test(cell)]
    found: dict[int, TestRun] = {}
    for index, cell in tests:
        others = solution_names.union(*(used_names(other.source) for place, other in tests if place != index))
        program = _program(cell.source, others, answered, helpers_for(nb.cells, cell))
        if program is None or grade_id(cell) in unfit:
            found[index] = KernelTestRun(cell.source, bound)
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
        self._own: OwnValueChecks = {}
        self._unfit: frozenset[str] = frozenset()
        self._has_learnt = False

    @cached_property
    def _source(self) -> NotebookNode:
        return self._read()

    @cached_property
    def _bound(self) -> frozenset[str]:
        return bound_names(cell.source for cell in self._source.cells if cell.cell_type == "code")

    @cached_property
    def _answered(self) -> frozenset[str]:
        return answered_names(self._source.cells)

    @cached_property
    def _solution_names(self) -> frozenset[str]:
        cells = (cell for cell in self._source.cells if is_solution(cell) and cell.cell_type == "code")
        return frozenset[str]().union(*(read_globals(cell.source) for cell in cells))

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
        tests = self._tests_of(nb)
        execution = run(nb, tests)
        if not self._has_learnt and any(_is_lost(nb.cells[index], test) for index, test in tests.items()):
            # Only now is it worth a run of the worked solution, once for all submissions.
            self._learn(nb, run)
            if any(self._own.values()) or self._unfit:
                tests = self._tests_of(nb)
                execution = run(nb, tests)
        return tests, execution

    def _tests_of(self, nb: NotebookNode, *, learning: bool = False) -> dict[int, TestRun]:
        return split_tests_of(
            nb,
            self._own,
            self._bound,
            self._answered,
            solution_names=self._solution_names,
            unfit=self._unfit,
            learning=learning,
        )

    def _learn(
        self, nb: NotebookNode, run: Callable[[NotebookNode, Mapping[int, TestRun]], Execution]
    ) -> None:
        """Run the worked solution with the tests of a notebook, to know what the grader cannot interpret."""
        solved = copy.deepcopy(self._source)
        sources = {grade_id(cell): cell.source for cell in nb.cells if is_test(cell)}
        for cell in solved.cells:
            if is_test(cell):
                cell.source = sources.get(grade_id(cell), cell.source)
        probes = self._tests_of(solved, learning=True)
        run(solved, probes)
        self._own = {grade_id(solved.cells[index]): probe.opaque for index, probe in probes.items()}
        tests = self._tests_of(solved)
        run(solved, tests)
        tried = ((solved.cells[index], test) for index, test in tests.items())
        self._unfit = frozenset(grade_id(cell) for cell, test in tried if _is_lost(cell, test))
        if self._unfit:
            # A test that the solution fails in the kernel, too, is no matter of interpretation.
            cells = run(solved, self._tests_of(solved)).notebook.cells
            self._unfit -= {grade_id(cell) for cell in cells if _has_error(cell)}
        self._has_learnt = True


def _has_error(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", ()))


def _is_lost(cell: NotebookNode, test: TestRun) -> bool:
    """Return whether a test that the grader interpreted gave less than all its points."""
    if isinstance(test, KernelTestRun):
        return False
    if not test.complete or test.failure[0]:
        return True
    try:
        return test.score is not None and float(test.score) < float(cell.metadata.nbgrader.points)
    except (AttributeError, TypeError, ValueError):
        return False
