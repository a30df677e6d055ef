"""Writes every result in an exercise's notebook anew: what its worked solution gives, when it is run."""

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
    Check,
    Docstring,
    checks,
    docstrings,
    edited,
    instrumented,
    message_for,
    plain,
    rewritten_check,
    rewritten_example,
    said,
    written,
)
from toolkit.exercises.course.notebook import Cell, Notebook, grade_id, is_solution, is_test
from toolkit.exercises.worker_pool import call
from toolkit.i18n import _
from toolkit.kernels.limits import Limits

__all__ = ["Recomputed", "kernel_of", "recompute"]

# What begins the line on which the results are printed; what the exercise itself prints stands before it.
_MARK = "mentoring-results:"


@dataclass(frozen=True)
class Recomputed:
    """A notebook whose results are those of its solution.

    Parameters
    ----------
    wrong_answers : tuple of WrongAnswer
        Those that the test which they name still catches, each with what that test says now.
    seconds : float
        Processor time that the solution and its tests took, s.
    """

    notebook: Notebook
    wrong_answers: tuple[WrongAnswer, ...]
    seconds: float


def recompute(
    nb: Notebook,
    wrong_answers: Sequence[WrongAnswer],
    folder: Path,
    *,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> Recomputed:
    """Return a source notebook with every result written anew, after one run in one sandboxed kernel.

    Results are: what a test compares with, in ``assert VALUE == LITERAL``, and the same in its message; what
    follows an example in a docstring; in a statement, what a call gives (```CALL` gives `VALUE```, in French
    *donne*).

    Parameters
    ----------
    folder : Path
        Where the exercise's data files and modules are.

    Raises
    ------
    InputError
        A result is no plain data, or an example or a call of a statement fails.
    ExecutionError
        The solution or a test fails, or the kernel.
    """
    run = _Run(copy.deepcopy(nb), wrong_answers)
    run.read(call(executor, "cell_runner:run_cells", folder, kernel_of(nb), run.sources(), limits))
    run.rewrite()
    return Recomputed(run.nb, tuple(run.answers()), run.seconds)


def kernel_of(nb: Notebook) -> str:
    """Return the name of the kernel that a notebook asks for."""
    return nb.get("metadata", {}).get("kernelspec", {}).get("name") or "python3"


class _Run:
    def __init__(self, nb: Notebook, wrong_answers: Sequence[WrongAnswer]) -> None:
        self.nb = nb
        self.wrong_answers = wrong_answers
        self.code: list[Cell] = [cell for cell in nb["cells"] if cell["cell_type"] == "code"]
        self.said = [
            (cell, *found)
            for cell in nb["cells"]
            if cell["cell_type"] == "markdown"
            for found in said(cell["source"])
        ]
        self.docstrings: list[tuple[Cell, Docstring]] = [
            (cell, docstring) for cell in self.code for docstring in docstrings(cell["source"])
        ]
        self.checks = self._checks()
        self.first_test = next((i for i, cell in enumerate(self.code) if is_test(cell)), len(self.code))
        self.seconds = 0.0
        self.values: list[object] = []
        self.came: list[list[tuple[int, bool, str, str]]] = []
        self.given: list[tuple[str, str]] = []
        self.wrong: list[tuple[int, str] | None] = []

    def _checks(self) -> list[tuple[Cell, Check]]:
        return [
            (cell, check) for cell in self.code if not is_solution(cell) for check in checks(cell["source"])
        ]

    def sources(self) -> list[str]:
        """Return the cells to run: ours, the notebook's, the results', one for each wrong answer."""
        helper = (files("toolkit.exercises.authoring") / "result_probe.py").read_text(encoding="utf-8")
        own = [_reporting(cell) for cell in self.code]
        # Statements and docstrings are read before the tests: their names mean what they do there.
        remember = "_mentoring_names.update(globals())"
        calls = [told[1] for told in self.said]
        texts = [docstring.text for _cell, docstring in self.docstrings]
        results = (
            "(_mentoring_time.process_time() - _mentoring_begun, _mentoring_seen, "
            f"_mentoring_calls({calls!r}), _mentoring_doctests({texts!r}))"
        )
        return [
            helper,
            *own[: self.first_test],
            remember,
            *own[self.first_test :],
            _printing(results),
            *(_printing(f"_mentoring_answer({self._answered(wrong)!r})") for wrong in self.wrong_answers),
        ]

    def _answered(self, wrong: WrongAnswer) -> list[str]:
        return [
            str(wrong.cells.get(grade_id(cell), cell["source"])) if is_solution(cell) else _reporting(cell)
            for cell in self.code
        ]

    def read(self, replies: Sequence[tuple[str, str]]) -> None:
        """Take what the run printed; raises as `recompute` does."""
        first, count = self.first_test, len(self.code)
        own = [*replies[1 : 1 + first], *replies[2 + first : 2 + count]]
        for cell, (_text, error) in zip(self.code, own, strict=True):
            if error:
                raise ExecutionError(
                    _("Cell '{cell}' fails with the worked solution: {why}").format(
                        cell=_name(cell), why=error
                    )
                )
        results, *self.wrong = [_results(*reply) for reply in replies[2 + count :]]
        if results is None:
            raise ExecutionError(
                _("The results of the worked solution cannot be read: {why}").format(
                    why=replies[2 + count][1] or "?"
                )
            )
        self.seconds, seen, self.given, self.came = results
        self.values = [
            _plain(ast.unparse(check.value), text)
            for (_cell, check), text in zip(self.checks, seen, strict=True)
        ]

    def rewrite(self) -> None:
        """Write the results into the notebook; raises as `recompute` does."""
        edits: dict[int, list[tuple[int, int, str]]] = {}
        for (cell, check), value in zip(self.checks, self.values, strict=True):
            new = rewritten_check(check, value)
            if new != ast.unparse(check.node):
                edits.setdefault(id(cell), []).append((check.begin, check.end, new))
        for (cell, docstring), came in zip(self.docstrings, self.came, strict=True):
            for _line, _as_written, _got, error in came:
                if error:
                    raise InputError(
                        _("An example in the docstring of cell '{cell}' fails: {why}").format(
                            cell=_name(cell), why=error
                        )
                    )
            end = docstring.begin + len(docstring.text.encode())
            new = rewritten_example(docstring, came)
            edits.setdefault(id(cell), []).append((docstring.begin, end, new))
        for (cell, expression, result, begin, end), (got, error) in zip(self.said, self.given, strict=True):
            if error:
                raise InputError(
                    _("The statement tells what `{call}` gives, and that fails: {why}").format(
                        call=expression, why=error
                    )
                )
            value = _plain(expression, got)
            if plain(result) != (value,):
                edits.setdefault(id(cell), []).append((begin, end, written(value)))
        for cell in self.nb["cells"]:
            cell["source"] = edited(cell["source"], edits.get(id(cell), ()))
        self.checks = self._checks()

    def answers(self) -> list[WrongAnswer]:
        """Return the wrong answers that are still caught where they say."""
        kept = []
        for wrong, found in zip(self.wrong_answers, self.wrong, strict=True):
            if found is None:
                continue
            place, got = found
            cell, check = self.checks[place]
            message = message_for(check, got)
            if grade_id(cell) == wrong.fails and message is not None:
                kept.append(wrong.model_copy(update={"message": message}))
        return kept


def _name(cell: Cell) -> str:
    return grade_id(cell) or str(cell.get("id", "?"))


def _reporting(cell: Cell) -> str:
    # An answer's own assertions are its own.
    return cell["source"] if is_solution(cell) else instrumented(cell["source"])


def _printing(expression: str) -> str:
    return f"print('\\n{_MARK}' + repr({expression}))"


def _results(printed: str, error: str) -> Any:  # noqa: ANN401 - whatever the cell printed
    line = printed.rpartition(f"\n{_MARK}")[2].strip()
    found = plain(line) if not error and _MARK in printed else None
    return found[0] if found else None


def _plain(expression: str, text: str) -> object:
    value = plain(text)
    if value is None:
        raise InputError(
            _("`{expression}` gives {value}, which is no plain data.").format(
                expression=expression, value=text[:80]
            ),
            _("Let the test turn it into numbers, texts, lists or dictionaries, and round floats."),
        )
    return value[0]
