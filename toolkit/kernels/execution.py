"""Runs one notebook in a kernel of its own, and says how that ended."""

from __future__ import annotations

import asyncio
import copy
import signal
import tempfile
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, from_dict

from toolkit.i18n import _, ngettext
from toolkit.kernels.kernel import Client, started
from toolkit.kernels.limits import Limits
from toolkit.kernels.processes import private_memory

__all__ = ["NOT_RUN", "TIMED_OUT", "Execution", "execute"]

# The names of the errors that stand in the outputs of cells which did not end by themselves. nbgrader
# gives a test cell without any error its full points, so a cell that was not run must have one.
TIMED_OUT = "CellTimeoutError"
NOT_RUN = "CellNotRun"


@dataclass(frozen=True)
class Execution:
    """What came out of a run.

    Parameters
    ----------
    notebook : NotebookNode
        A copy of the notebook with its outputs. A cell that was stopped or not run has an error output.
    timed_out : tuple of int
        Cells, by their place in the notebook, that ran out of time.
    not_run : tuple of int
        Code cells that did not run to their end because the kernel was gone.
    out_of_memory : bool
        Whether the code asked for more memory than it may have.
    stopped : str
        Why the kernel did not reach the last cell, in a sentence; empty where it did.
    environment : str
        "Python 3.11.7, not sandboxed".
    """

    notebook: NotebookNode
    timed_out: tuple[int, ...] = ()
    not_run: tuple[int, ...] = ()
    out_of_memory: bool = False
    stopped: str = ""
    environment: str = ""


def execute(
    nb: NotebookNode,
    *,
    cwd: Path,
    limits: Limits | None = None,
    kernel_name: str = "python3",
    variables: Mapping[str, str] | None = None,
) -> Execution:
    """Run every code cell of a notebook, whatever happens in it.

    Errors in cells are outputs, not exceptions; a cell that loops is interrupted and the next one is run;
    a kernel that dies leaves the remaining cells unrun. No process outlives the call.

    Parameters
    ----------
    nb : NotebookNode
        Left as it is.
    cwd : Path
        Working directory of the code. It should be private to this run: the code may write there.
    limits : Limits, optional
        Time, memory, output.
    kernel_name : str
        Name of an installed kernelspec.
    variables : mapping of str to str, optional
        Environment variables beside the few that every run has.

    Raises
    ------
    ExecutionError
        There is no kernel of that name, or it does not start.
    """
    run = _Run(copy.deepcopy(nb), limits or Limits())
    with tempfile.TemporaryDirectory(prefix="run-") as scratch:
        execution: Execution = run_sync(run.execute)(kernel_name, cwd, Path(scratch), variables or {})
    return execution


class _Run:
    def __init__(self, nb: NotebookNode, limits: Limits) -> None:
        self.nb = nb
        self.limits = limits
        self.timed_out: list[int] = []
        self.not_run: list[int] = []
        self.stopped = ""
        self.out_of_memory = False
        self.peak = 0
        self.nonce = uuid.uuid4().hex

    async def execute(
        self, kernel_name: str, cwd: Path, scratch: Path, variables: Mapping[str, str]
    ) -> Execution:
        async with started(
            self.nb,
            kernel_name,
            cwd=cwd,
            scratch=scratch,
            limits=self.limits,
            variables=variables,
            nonce=self.nonce,
            on_cell_executed=self._on_executed,
        ) as client:
            language = await client.language()
            self.nb.metadata["language_info"] = language
            watch = asyncio.ensure_future(self._watch(client.pid))
            try:
                await self._cells(client)
            finally:
                watch.cancel()
        return Execution(
            notebook=self.nb,
            timed_out=tuple(self.timed_out),
            not_run=tuple(self.not_run),
            out_of_memory=self.out_of_memory,
            stopped=self.stopped,
            environment=_("{language} {version}, not sandboxed").format(
                language=str(language.get("name", "?")).capitalize(), version=language.get("version", "?")
            ),
        )

    async def _watch(self, pid: int) -> None:
        while True:
            self.peak = max(self.peak, private_memory(pid))
            await asyncio.sleep(0.1)

    async def _cells(self, client: Client) -> None:
        deadline = time.monotonic() + self.limits.total_seconds
        code = [index for index, cell in enumerate(self.nb.cells) if cell.cell_type == "code"]
        for number, index in enumerate(code, start=1):
            cell = self.nb.cells[index]
            cell.outputs = []
            cell.execution_count = None
            if self.stopped:
                self._mark_not_run(index)
                continue
            try:
                left = max(0.0, deadline - time.monotonic())
                await asyncio.wait_for(client.async_execute_cell(cell, index), left)
            except CellTimeoutError:
                self._mark_timed_out(index, self.limits.cell_seconds)
                self.stopped = _("Code cell {number} could not be interrupted.").format(number=number)
            except (DeadKernelError, TimeoutError):
                # nbclient takes the cancellation for a death, so the clock decides which it was.
                if time.monotonic() >= deadline:
                    self._mark_timed_out(index, self.limits.total_seconds)
                    self.stopped = _("The notebook as a whole took longer than {seconds}.").format(
                        seconds=_seconds(self.limits.total_seconds)
                    )
                else:
                    self.stopped = self._why_dead(await client.exit_code(), number)
                    self._mark_not_run(index)
            else:
                self.out_of_memory |= any(output.get("ename") == "MemoryError" for output in cell.outputs)

    def _on_executed(self, *, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        reply = execute_reply["content"]
        if reply.get("evalue") == self.nonce:
            self._mark_timed_out(cell_index, self.limits.cell_seconds)
        elif reply["status"] == "error" and not any(o.output_type == "error" for o in cell.outputs):
            # Code that switches off `showtraceback` fails without a trace; it fails all the same.
            cell.outputs.append(_error(str(reply.get("ename")), str(reply.get("evalue"))))

    def _mark_timed_out(self, index: int, limit: float) -> None:
        if index in self.timed_out:
            return
        self.timed_out.append(index)
        cell = self.nb.cells[index]
        interrupts = [o for o in cell.outputs if o.get("ename") == "KeyboardInterrupt"]
        text = _("This cell was stopped after {seconds}.").format(seconds=_seconds(limit))
        # The traceback of the interrupt says in which loop it was.
        note = _error(TIMED_OUT, text, *(line for output in interrupts for line in output.traceback))
        cell.outputs = [*(o for o in cell.outputs if o not in interrupts), note]

    def _mark_not_run(self, index: int) -> None:
        cell = self.nb.cells[index]
        if cell.source.strip():
            self.not_run.append(index)
            cell.outputs = [*cell.outputs, _error(NOT_RUN, _("Not run. {why}").format(why=self.stopped))]

    def _why_dead(self, code: int | None, number: int) -> str:
        limit = self.limits.memory_bytes
        # libzmq and CPython abort where they get no memory, so the signal alone does not tell.
        if code == -signal.SIGKILL or (limit is not None and self.peak > 0.75 * limit):
            self.out_of_memory = True
            return _("Code cell {number} took more memory than there is.").format(number=number)
        if code is not None and code < 0:
            name = str(-code)
            with suppress(ValueError):
                name = signal.Signals(-code).name
            return _("Code cell {number} crashed the kernel ({signal}).").format(number=number, signal=name)
        return _("Code cell {number} ended the kernel (exit code {code}).").format(number=number, code=code)


def _error(name: str, value: str, *traceback: str) -> NotebookNode:
    trace = [f"{name}: {value}", *traceback]
    error = {"output_type": "error", "ename": name, "evalue": value, "traceback": trace}
    node: NotebookNode = from_dict(error)  # type: ignore[no-untyped-call]
    return node


def _seconds(value: float) -> str:
    return ngettext("{n} second", "{n} seconds", round(value)).format(n=round(value))
