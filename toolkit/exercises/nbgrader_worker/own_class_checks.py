"""Finds the checks of an exercise that the worked solution answers with values of its own classes.

Such a value can be compared by its own methods alone, in the kernel. For a check that a worked solution
answers with plain data, no value of a student's own class is asked: its methods could tell what is expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

from toolkit.exercises.course.notebook import grade_id, is_test
from toolkit.exercises.grading.split_tests import SplitTestRun, split_test
from toolkit.kernels.value_decoder import ComparedValue, DecodedValue, OpaqueValue

__all__ = ["OwnValueChecks", "find_own_values", "split_tests_of"]

OwnValueChecks = Mapping[str, frozenset[int]]
"""Numbers of the checks by the ``grade_id`` of their cells."""


@dataclass
class _Probe(SplitTestRun):
    """A run that compares nothing."""

    def answer(self, number: int, value: DecodedValue | ComparedValue) -> bool:
        """Note a value that is no plain data."""
        if isinstance(value, DecodedValue) and isinstance(value.plain, OpaqueValue):
            self.opaque.add(number)
        self.heard += 1
        return True


def split_tests_of(nb: NotebookNode, own: OwnValueChecks) -> dict[int, SplitTestRun]:
    """Return a run of each split test of a notebook, by the index of its cell.

    Parameters
    ----------
    nb : NotebookNode
        The notebook to be graded.
    own : mapping of str to frozenset of int
        The checks whose values may be of own classes.
    """
    return {
        index: SplitTestRun(split_test(cell.source), own=own.get(grade_id(cell), frozenset()))
        for index, cell in enumerate(nb.cells)
        if is_test(cell) and cell.cell_type == "code"
    }


def find_own_values(
    source: NotebookNode, run: Callable[[NotebookNode, Mapping[int, SplitTestRun]], object]
) -> OwnValueChecks:
    """Return the checks that the worked solution answers with values of its own classes.

    Parameters
    ----------
    source : NotebookNode
        The exercise's source, with solution and tests.
    run : callable
        Runs it with the given split tests.

    Raises
    ------
    ExecutionError
        The kernel does not start.
    """
    probes = {index: _Probe(test.plan) for index, test in split_tests_of(source, {}).items()}
    run(source, probes)
    return {grade_id(source.cells[index]): frozenset(probe.opaque) for index, probe in probes.items()}
