"""Recomputes every result stated in an exercise's notebook by running its worked solution."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from toolkit.domain.learning_path import WrongAnswer
from toolkit.errors import ExecutionError, InputError
from toolkit.exercises.authoring.result_literals import (
    DoctestDocstring,
    LiteralAssertion,
    apply_edits,
    assertion_message,
    find_assertions,
    find_docstrings,
    format_literal,
    instrument_cell,
    parse_literals,
    rewrite_assertion,
    rewrite_examples,
    stated_results,
)
from toolkit.exercises.course.notebook import Cell, Notebook, grade_id, is_solution, is_test
from toolkit.exercises.worker_pool import run_in_worker
from toolkit.i18n import _
from toolkit.kernels.limits import Limits

__all__ = ["RefreshedNotebook", "kernel_name_of", "refresh_notebook"]

# Prefix of the printed line with the results; separates them from the output of the exercise itself.
_RESULTS_PREFIX = "mentoring-results:"


@dataclass(frozen=True)
class RefreshedNotebook:
    """A notebook whose stated results equal those of its solution.

    Parameters
    ----------
    notebook : dict
        Source notebook with the new results.
    wrong_answers : tuple of WrongAnswer
        Wrong answers that still fail the test they name, each with the test's new message.
    seconds : float
        Processor time that the solution and its tests took, s.
    """

    notebook: Notebook
    wrong_answers: tuple[WrongAnswer, ...]
    seconds: float


def refresh_notebook(
    nb: Notebook,
    wrong_answers: Sequence[WrongAnswer],
    folder: Path,
    *,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> RefreshedNotebook:
    """Return a copy of a source notebook with every result recomputed, after one run in one sandboxed kernel.

    Results are: the expected value of a test, in ``assert VALUE == LITERAL``, and the same value in its
    message; the output of an example in a docstring; in the exercise's text, the value of a call
    (```CALL` gives `VALUE```, in French *donne*).

    Parameters
    ----------
    nb : dict
        Source notebook, solution included; not changed.
    wrong_answers : sequence of WrongAnswer
        Wrong answers of the card; each is run against the tests.
    folder : Path
        Folder with the exercise's data files and modules.
    executor : Executor, optional
        Worker processes; one is started for this call if None.
    limits : Limits, optional
        Limits of the run; the defaults of `Limits` if None.

    Raises
    ------
    InputError
        A result is not a Python literal, or an example or a call in the text raises.
    ExecutionError
        The solution, a test or the kernel fails.
    """
    run = _Run(copy.deepcopy(nb), wrong_answers)
    run.read(
        run_in_worker(executor, "cell_runner:run_cells", folder, kernel_name_of(nb), run.sources(), limits)
    )
    run.rewrite()
    return RefreshedNotebook(run.nb, tuple(run.answers()), run.seconds)


def kernel_name_of(nb: Notebook) -> str:
    """Return the kernel name in a notebook's metadata; "python3" if missing."""
    return nb.get("metadata", {}).get("kernelspec", {}).get("name") or "python3"


class _Run:
    """One recomputation: builds the cells to run, parses their output, rewrites the notebook."""

    def __init__(self, nb: Notebook, wrong_answers: Sequence[WrongAnswer]) -> None:
        self.nb = nb
        self.wrong_answers = wrong_answers
        self.code: list[Cell] = [cell for cell in nb["cells"] if cell["cell_type"] == "code"]
        self.said = [
            (cell, *found)
            for cell in nb["cells"]
            if cell["cell_type"] == "markdown"
            for found in stated_results(cell["source"])
        ]
        self.docstrings: list[tuple[Cell, DoctestDocstring]] = [
            (cell, docstring) for cell in self.code for docstring in find_docstrings(cell["source"])
        ]
        self.checks = self._checks()
        self.first_test = next((i for i, cell in enumerate(self.code) if is_test(cell)), len(self.code))
        self.seconds = 0.0
        self.values: list[object] = []
        self.doctest_results: list[list[tuple[int, bool, str, str]]] = []
        self.call_results: list[tuple[str, str]] = []
        self.wrong: list[tuple[int, str] | None] = []

    def _checks(self) -> list[tuple[Cell, LiteralAssertion]]:
        return [
            (cell, check)
            for cell in self.code
            if not is_solution(cell)
            for check in find_assertions(cell["source"])
        ]

    def sources(self) -> list[str]:
        """Return the cells to run: the probe, the notebook's code, the results, one per wrong answer."""
        probe = (files("toolkit.exercises.authoring") / "result_probe.py").read_text(encoding="utf-8")
        own = [_instrumented_source(cell) for cell in self.code]
        # Calls in the text and in docstrings run with the names as they are before the tests.
        remember = "_mentoring_names.update(globals())"
        calls = [stated[1] for stated in self.said]
        texts = [docstring.text for _cell, docstring in self.docstrings]
        results = (
            "(_mentoring_time.process_time() - _mentoring_begun, _mentoring_seen, "
            f"_mentoring_calls({calls!r}), _mentoring_doctests({texts!r}))"
        )
        return [
            probe,
            *own[: self.first_test],
            remember,
            *own[self.first_test :],
            _print_call(results),
            *(
                _print_call(f"_mentoring_answer({self._sources_with(wrong)!r})")
                for wrong in self.wrong_answers
            ),
        ]

    def _sources_with(self, wrong: WrongAnswer) -> list[str]:
        return [
            str(wrong.cells.get(grade_id(cell), cell["source"]))
            if is_solution(cell)
            else _instrumented_source(cell)
            for cell in self.code
        ]

    def read(self, replies: Sequence[tuple[str, str]]) -> None:
        """Parse the output of the run; raises the errors of `refresh_notebook`."""
        first, count = self.first_test, len(self.code)
        own = [*replies[1 : 1 + first], *replies[2 + first : 2 + count]]
        for cell, (_text, error) in zip(self.code, own, strict=True):
            if error:
                raise ExecutionError(
                    _("Cell '{cell}' fails with the worked solution: {why}").format(
                        cell=_name(cell), why=error
                    )
                )
        results, *self.wrong = [_parse_results(*reply) for reply in replies[2 + count :]]
        if results is None:
            raise ExecutionError(
                _("The results of the worked solution cannot be read: {why}").format(
                    why=replies[2 + count][1] or "?"
                )
            )
        self.seconds, seen, self.call_results, self.doctest_results = results
        self.values = [
            _parse_literal(ast.unparse(check.value), text)
            for (_cell, check), text in zip(self.checks, seen, strict=True)
        ]

    def rewrite(self) -> None:
        """Write the results into the notebook; raises the errors of `refresh_notebook`."""
        edits: dict[int, list[tuple[int, int, str]]] = {}
        for (cell, check), value in zip(self.checks, self.values, strict=True):
            new = rewrite_assertion(check, value)
            if new != ast.unparse(check.node):
                edits.setdefault(id(cell), []).append((check.begin, check.end, new))
        for (cell, docstring), doctest_results in zip(self.docstrings, self.doctest_results, strict=True):
            for _line, _as_written, _got, error in doctest_results:
                if error:
                    raise InputError(
                        _("An example in the docstring of cell '{cell}' fails: {why}").format(
                            cell=_name(cell), why=error
                        )
                    )
            end = docstring.begin + len(docstring.text.encode())
            new = rewrite_examples(docstring, doctest_results)
            edits.setdefault(id(cell), []).append((docstring.begin, end, new))
        for (cell, expression, result, begin, end), (got, error) in zip(
            self.said, self.call_results, strict=True
        ):
            if error:
                raise InputError(
                    _("The statement tells what `{call}` gives, and that fails: {why}").format(
                        call=expression, why=error
                    )
                )
            value = _parse_literal(expression, got)
            if parse_literals(result) != (value,):
                edits.setdefault(id(cell), []).append((begin, end, format_literal(value)))
        for cell in self.nb["cells"]:
            cell["source"] = apply_edits(cell["source"], edits.get(id(cell), ()))
        self.checks = self._checks()

    def answers(self) -> list[WrongAnswer]:
        """Return the wrong answers that still fail the test they name."""
        kept = []
        for wrong, found in zip(self.wrong_answers, self.wrong, strict=True):
            if found is None:
                continue
            place, got = found
            cell, check = self.checks[place]
            message = assertion_message(check, got)
            if grade_id(cell) == wrong.fails and message is not None:
                kept.append(wrong.model_copy(update={"message": message}))
        return kept


def _name(cell: Cell) -> str:
    return grade_id(cell) or str(cell.get("id", "?"))


def _instrumented_source(cell: Cell) -> str:
    # Assertions inside a solution are not tests: they stay unchanged.
    return cell["source"] if is_solution(cell) else instrument_cell(cell["source"])


def _print_call(expression: str) -> str:
    return f"print('\\n{_RESULTS_PREFIX}' + repr({expression}))"


def _parse_results(printed: str, error: str) -> Any:  # noqa: ANN401 - whatever the cell printed
    line = printed.rpartition(f"\n{_RESULTS_PREFIX}")[2].strip()
    found = parse_literals(line) if not error and _RESULTS_PREFIX in printed else None
    return found[0] if found else None


def _parse_literal(expression: str, text: str) -> object:
    value = parse_literals(text)
    if value is None:
        raise InputError(
            _("`{expression}` gives {value}, which is no plain data.").format(
                expression=expression, value=text[:80]
            ),
            _("Let the test turn it into numbers, texts, lists or dictionaries, and round floats."),
        )
    return value[0]
