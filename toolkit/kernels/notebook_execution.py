"""Executes one notebook in its own kernel, and reports the outcome."""

from __future__ import annotations

import ast
import copy
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from nbformat import NotebookNode, from_dict

from toolkit.i18n import _
from toolkit.kernels.containment import is_unsafe
from toolkit.kernels.fork_servers import PRELOADED_MODULES
from toolkit.kernels.interpreter import interpreter_of
from toolkit.kernels.kernel_exit import KernelExit, format_duration
from toolkit.kernels.kernel_steps import KernelSteps, StepResult
from toolkit.kernels.limits import Limits
from toolkit.kernels.sandboxed_shell import CellReply, SandboxedShell
from toolkit.kernels.unsafe_shell import StockShell

__all__ = ["NOT_RUN", "TAMPERED", "TIMED_OUT", "CellTest", "Execution", "execute"]

# Names of the error outputs of cells that did not end by themselves. nbgrader gives a test cell without an
# error full points, so a cell that did not run must have one.
TIMED_OUT = "CellTimeoutError"
NOT_RUN = "CellNotRun"
TAMPERED = "CellTampered"
_INTERRUPTS = {"KeyboardInterrupt", "CancelledError"}  # a cell that awaits is cancelled
_UNANSWERED = "StdinNotImplementedError"


@dataclass(frozen=True)
class Execution:
    """Result of executing a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        Copy of the notebook with outputs. A cell that was stopped or did not run has an error output.
    timed_out : tuple of int
        Indices of the cells that exceeded the time limit.
    not_run : tuple of int
        Indices of the code cells that did not run to their end because the kernel had ended.
    out_of_memory : bool
        True if the code exceeded the memory limit.
    stopped : str
        Reason why the kernel did not reach the last cell, one sentence; empty if it did.
    environment : str
        Python version and protection, "Python 3.11.7, sandboxed".
    tampered : tuple of int
        Indices of the tests during which student code had changed Python's own behaviour.
    unanswered : tuple of int
        Indices of the cells that asked with `input`, which nobody answers.
    """

    notebook: NotebookNode
    timed_out: tuple[int, ...] = ()
    not_run: tuple[int, ...] = ()
    out_of_memory: bool = False
    stopped: str = ""
    environment: str = ""
    tampered: tuple[int, ...] = ()
    unanswered: tuple[int, ...] = ()


class CellTest(Protocol):
    """A test that is interpreted outside the kernel, which only computes values for it."""

    @property
    def guarded(self) -> bool:
        """Whether the kernel decides part of the test, so that it must be checked for tampering."""

    @property
    def shown(self) -> bool:
        """Whether the kernel displays the value of the test's last expression."""

    @property
    def failure(self) -> tuple[str, str]:
        """Name and message of the error that ended the test outside the kernel; empty if none did."""

    @property
    def score(self) -> str | None:
        """The text of the test's last value, if it was computed outside the kernel."""

    @property
    def complete(self) -> bool:
        """Whether the test came to its end."""

    def first(self) -> KernelSteps | None:
        """Return the first steps for the kernel; None to run the cell as it stands."""

    def answer(self, result: StepResult) -> KernelSteps:
        """Take the result of the last steps and return the next ones.

        Parameters
        ----------
        result : StepResult
            What the kernel has sent.
        """


def execute(
    nb: NotebookNode,
    *,
    cwd: Path | None,
    limits: Limits | None = None,
    kernel_name: str = "python3",
    preload: Sequence[str] | None = None,
    variables: Mapping[str, str] | None = None,
    tests: Mapping[int, CellTest] | None = None,
) -> Execution:
    """Run every code cell of a notebook in a sandbox.

    Errors in cells become outputs, not exceptions. A cell that exceeds its time is interrupted and the next
    one runs. If the kernel dies, the remaining cells do not run. No process outlives the call.

    Parameters
    ----------
    nb : NotebookNode
        Notebook; not changed.
    cwd : Path or None
        Working directory; the code works on a copy, and its changes are discarded.
    limits : Limits, optional
        Limits of the run; the defaults of `Limits` if None.
    kernel_name : str
        Name of an installed Python kernelspec, whose environment the code uses.
    preload : sequence of str, optional
        Modules to import in advance. If None, `PRELOADED_MODULES` if the notebook or a module in ``cwd``
        mentions one of them, else none, because a smaller kernel forks faster.
    variables : mapping of str to str, optional
        Further environment variables.
    tests : mapping of int to CellTest, optional
        Tests by the index of their cell. An unsafe kernel ignores them and runs the cells unchanged.

    Raises
    ------
    ExecutionError
        There is no sandbox, or the kernel does not exist or does not start.
    """
    limits = limits or Limits()
    if is_unsafe():
        with StockShell.open(
            cwd or Path.cwd(), kernel_name=kernel_name, limits=limits, variables=variables or {}
        ) as stock:
            language = stock.language
            return _Run(copy.deepcopy(nb), limits, stock).execute(language, _("unsafe: not sandboxed"))
    python = interpreter_of(kernel_name)
    if preload is None:
        preload = _preload_for(nb, cwd)
    with SandboxedShell.open(
        cwd, limits=limits, python=python, preload=preload, variables=variables
    ) as shell:
        language = shell.language
        return _Tested(copy.deepcopy(nb), limits, shell, tests or {}).execute(language, _("sandboxed"))


_USES_PRELOADED = re.compile("|".join(name.partition(".")[0] for name in PRELOADED_MODULES))


def _preload_for(nb: NotebookNode, cwd: Path | None) -> Sequence[str]:
    if any(_USES_PRELOADED.search(cell.source) for cell in nb.cells if cell.cell_type == "code"):
        return PRELOADED_MODULES
    for module in cwd.glob("*.py") if cwd is not None else ():
        with suppress(OSError):
            if _USES_PRELOADED.search(module.read_text(encoding="utf-8", errors="replace")):
                return PRELOADED_MODULES
    return ()


class _Run:
    def __init__(self, nb: NotebookNode, limits: Limits, shell: SandboxedShell | StockShell) -> None:
        self.nb = nb
        self.limits = limits
        self.shell = shell
        self.timed_out: list[int] = []
        self.not_run: list[int] = []
        self.tampered: list[int] = []
        self.unanswered: list[int] = []
        self.stopped = ""
        self.out_of_memory = False

    def execute(self, language: dict[str, Any], contained: str) -> Execution:
        self.nb.metadata["language_info"] = language
        self._cells()
        name = str(language.get("name", "?")).capitalize()
        return Execution(
            notebook=self.nb,
            timed_out=tuple(self.timed_out),
            not_run=tuple(self.not_run),
            out_of_memory=self.out_of_memory,
            stopped=self.stopped,
            tampered=tuple(self.tampered),
            unanswered=tuple(self.unanswered),
            environment=f"{name} {language.get('version', '?')}, {contained}",
        )

    def _cells(self) -> None:
        deadline = time.monotonic() + self.limits.total_seconds
        code = [index for index, cell in enumerate(self.nb.cells) if cell.cell_type == "code"]
        for number, index in enumerate(code, start=1):
            cell = self.nb.cells[index]
            cell.outputs = []
            cell.execution_count = None
            if self.stopped:
                self._mark_not_run(index)
                continue
            if not cell.source.strip():
                continue
            left = max(0.0, deadline - time.monotonic())
            reply = self._reply(index, cell.source, min(self.limits.cell_seconds, left))
            cell.outputs = reply.outputs
            cell.execution_count = reply.execution_count
            self.out_of_memory |= reply.error is not None and reply.error[0] == "MemoryError"
            self._judge(reply, number, index, over=time.monotonic() >= deadline)
            if reply.error is not None and reply.error[0] == _UNANSWERED:
                self._mark_unanswered(index)

    def _reply(self, index: int, source: str, seconds: float) -> CellReply:  # noqa: ARG002 - see `_Tested`
        return self.shell.run(source, seconds=seconds)

    def _judge(self, reply: CellReply, number: int, index: int, *, over: bool) -> None:
        if reply.status == "interrupted" or (reply.ended is not None and reply.ended.kind == "time"):
            self._mark_timed_out(index, self.limits.total_seconds if over else self.limits.cell_seconds)
            if over:
                self.stopped = _("The notebook as a whole took longer than {seconds}.").format(
                    seconds=format_duration(self.limits.total_seconds)
                )
            elif reply.ended is not None:
                self.stopped = _("Code cell {number} could not be interrupted.").format(number=number)
        elif reply.ended is not None:
            self.out_of_memory |= reply.ended.kind == "memory"
            self.stopped = _("Code cell {number}: {why}").format(
                number=number, why=reply.ended.sentence(self.limits)
            )
            self._mark_not_run(index)
        elif reply.error is not None and not any(o.output_type == "error" for o in reply.outputs):
            # Code that disables `showtraceback` fails without an error output, so one is added.
            self.nb.cells[index].outputs.append(_error(*reply.error))

    def _mark_unanswered(self, index: int) -> None:
        self.unanswered.append(index)

    def _mark_timed_out(self, index: int, limit: float) -> None:
        self.timed_out.append(index)
        cell = self.nb.cells[index]
        interrupts = [o for o in cell.outputs if o.get("ename") in _INTERRUPTS]
        text = KernelExit("time").sentence(self.limits, limit)
        # The traceback of the interrupt shows the loop that was running.
        note = _error(TIMED_OUT, text, *(line for output in interrupts for line in output.traceback))
        cell.outputs = [*(o for o in cell.outputs if o not in interrupts), note]

    def _mark_not_run(self, index: int) -> None:
        cell = self.nb.cells[index]
        if cell.source.strip():
            self.not_run.append(index)
            cell.outputs = [*cell.outputs, _error(NOT_RUN, _("Not run. {why}").format(why=self.stopped))]


class _Tested(_Run):
    """A run with tests that are interpreted outside the kernel."""

    shell: SandboxedShell

    def __init__(
        self, nb: NotebookNode, limits: Limits, shell: SandboxedShell, tests: Mapping[int, CellTest]
    ) -> None:
        super().__init__(nb, limits, shell)
        self.tests = tests

    def _reply(self, index: int, source: str, seconds: float) -> CellReply:
        test = self.tests.get(index)
        if test is None:
            return super()._reply(index, source, seconds)
        honest = not test.guarded or self._is_honest(seconds)
        steps = test.first()
        if steps is None:
            reply = self.shell.run(source, seconds=seconds)
        else:
            reply = self.shell.run("", seconds=seconds, steps=steps, answer=test.answer)
        name, text = test.failure
        if name or not test.shown or test.score is not None:
            # nbgrader would read a value that student code has sent as points.
            shown = [output for output in reply.outputs if output.output_type != "execute_result"]
            reply = replace(reply, outputs=shown)
        if name and reply.ended is None:
            kept = [output for output in reply.outputs if output.output_type != "error"]
            return replace(reply, outputs=[*kept, _error(name, text)], error=(name, text))
        if reply.status == "ok" and honest:
            honest = test.complete and (not test.guarded or self._is_honest(seconds))
        if not honest:
            self.tampered.append(index)
            text = _("Python did not do here what Python does: the answer has changed how it works.")
            return replace(reply, outputs=[*reply.outputs, _error(TAMPERED, text)])
        if reply.status == "ok" and test.score is not None:
            reply = replace(reply, outputs=[*reply.outputs, _value(test.score, reply.execution_count)])
        return reply

    def _mark_unanswered(self, index: int) -> None:
        """Say that nobody answers `input`, and define what the rest of the cell defines."""
        super()._mark_unanswered(index)
        if not self.tests:
            return  # a notebook that is only run says what every kernel says
        cell = self.nb.cells[index]
        for output in cell.outputs:
            if output.output_type == "error":
                text = _("`input()` has no answer here: nobody is there to type one.")
                output.evalue = text
                output.traceback = [*output.traceback[:-1], f"{_UNANSWERED}: {text}"]
        definitions = _definitions(cell.source)
        if definitions:
            self.shell.run(definitions, seconds=self.limits.cell_seconds)

    def _is_honest(self, seconds: float) -> bool:
        """Return whether a random true assertion passes, and a random false one fails with its message."""
        left, right = secrets.randbelow(10**9), secrets.randbelow(10**9)
        passes, fails = secrets.token_hex(8), secrets.token_hex(8)
        tried = f"assert {left} == {left}, {passes!r}\nassert {left} == {10**9 + right}, {fails!r}"
        reply = self.shell.run(tried, seconds=seconds, numbered=False)
        # A kernel that has ended is reported elsewhere.
        return reply.status == "ended" or reply.error == ("AssertionError", fails)


def _definitions(source: str) -> str:
    """Return the imports, functions, classes and constants of a cell, at its top level."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return ""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return "\n".join(
        ast.unparse(one)
        for one in body
        if isinstance(one, kinds) or (isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant))
    )


def _value(text: str, count: int | None) -> NotebookNode:
    data = {"text/plain": text}
    output = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": count}
    node: NotebookNode = from_dict(output)  # type: ignore[no-untyped-call]
    return node


def _error(name: str, value: str, *traceback: str) -> NotebookNode:
    trace = [f"{name}: {value}", *traceback]
    error = {"output_type": "error", "ename": name, "evalue": value, "traceback": trace}
    node: NotebookNode = from_dict(error)  # type: ignore[no-untyped-call]
    return node
