"""The papermill engine "mentoring": a notebook on a kernel that is warm already, saved once.

`papermill --engine mentoring TEMPLATE OUT -f PARAMETERS` works with any template; where there is no sandbox,
or the notebook asks for a kernel that is no Python, papermill's own engine runs it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TextIO

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.iorw import write_ipynb
from papermill.log import logger

from toolkit.errors import ExecutionError
from toolkit.kernels.containment import unsafe
from toolkit.kernels.fork_servers import PRELOAD
from toolkit.kernels.interpreter import interpreter_of
from toolkit.kernels.limits import Limits
from toolkit.kernels.sandboxed_shell import Reply, Shell

__all__ = ["NAME", "OUTPUT_BYTES", "FloodError", "MentoringEngine"]

NAME = "mentoring"
OUTPUT_BYTES = 20_000_000
"""What one cell may show, bytes: room for many charts."""

_READY = "toolkit.reports.run.preload"
_USUAL = re.compile("|".join(name.partition(".")[0] for name in PRELOAD))
_SECONDS = 600.0  # where nobody says how long a cell may take


class FloodError(RuntimeError):
    """A cell has shown more than anybody would read.

    Parameters
    ----------
    source : str
        The cell.
    """

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source


class MentoringEngine(NBClientEngine):  # type: ignore[misc]
    """Papermill's engine for warm kernels.

    A template runs in the sandbox, in an empty folder and without a network: what it needs comes as
    parameters. It ends at the first cell that fails, as with papermill's own engine, and raises what that one
    raises.
    """

    @classmethod
    def execute_notebook(
        cls,
        nb: NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        **options: Any,  # noqa: ANN401 - papermill's own
    ) -> NotebookNode:
        """Run a notebook; papermill writes the file, and where it would write none, that is done here."""
        try:
            run: NotebookNode = super().execute_notebook(nb, kernel_name, None, **options)
        except Exception:
            if output_path:
                write_ipynb(nb, output_path)
            raise
        return run

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        execution_timeout: float | None = None,
        resources: dict[str, Any] | None = None,
        **options: Any,  # noqa: ANN401 - papermill's own
    ) -> None:
        """Run the cells of a notebook, one after the other.

        Parameters
        ----------
        execution_timeout : float, optional
            For one cell, s.
        resources : dict, optional
            ``{"metadata": {"path": folder}}``: where the code works, on a copy.

        Raises
        ------
        CellTimeoutError, DeadKernelError
            As nbclient has them.
        FloodError
            A cell has shown too much.
        """
        seconds = execution_timeout or _SECONDS
        folder = (resources or {}).get("metadata", {}).get("path")
        shell = _opened(nb_man.nb, kernel_name, Path(folder) if folder else None, seconds)
        if shell is None:
            kept = {} if resources is None else {"resources": resources}
            stock = {"execution_timeout": execution_timeout, **kept, **options}
            super().execute_managed_notebook(nb_man, kernel_name, **stock)
            for cell in nb_man.nb.cells:
                if sum(len(str(output)) for output in cell.get("outputs", ())) > OUTPUT_BYTES:
                    raise FloodError(cell.source)
            return
        with shell:
            nb_man.nb.metadata["language_info"] = shell.language
            _run(nb_man, shell, seconds, _Said(**{name: options.get(name) for name in _Said.NAMES}))


@dataclass(frozen=True)
class _Said:
    """Where else papermill was told to put what cells print."""

    NAMES: ClassVar = ("log_output", "stdout_file", "stderr_file")

    log_output: bool | None = None
    stdout_file: TextIO | None = None
    stderr_file: TextIO | None = None

    def take(self, outputs: Iterable[NotebookNode]) -> None:
        for output in outputs:
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            if self.log_output and text:
                logger.log(logging.WARNING if output.get("name") == "stderr" else logging.INFO, text)
            file = {"stdout": self.stdout_file, "stderr": self.stderr_file}.get(output.get("name", ""))
            if file is not None:
                file.write(text)
                file.flush()


def _opened(nb: NotebookNode, kernel_name: str, folder: Path | None, seconds: float) -> Shell | None:
    """Return a warm kernel; None where there can be none."""
    if unsafe():
        return None
    source = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    preload = (*(PRELOAD if _USUAL.search(source) else ()), _READY)
    limits = Limits(cell_seconds=seconds, output_bytes=OUTPUT_BYTES)
    try:
        return Shell.open(folder, limits=limits, python=interpreter_of(kernel_name), preload=preload)
    except ExecutionError as error:
        # Another language, or no room for one more process: papermill's own engine says what is wrong.
        logger.warning("No warm kernel, so a stock one: %s", error)
        return None


def _run(nb_man: NotebookExecutionManager, shell: Shell, seconds: float, said: _Said) -> None:
    for index, cell in enumerate(nb_man.nb.cells):
        nb_man.cell_start(cell, index)
        try:
            if cell.cell_type == "code" and cell.source.strip():
                reply = shell.run(cell.source, seconds=seconds)
                cell.outputs, cell.execution_count = reply.outputs, reply.execution_count
                said.take(reply.outputs)
                if not _may_go_on(reply, cell, seconds):
                    nb_man.cell_exception(cell, cell_index=index)
                    return
        finally:
            nb_man.cell_complete(cell, cell_index=index)


def _may_go_on(reply: Reply, cell: NotebookNode, seconds: float) -> bool:
    """Whether the next cell may run; what ends more than a cell is raised."""
    if reply.status == "interrupted" or (reply.ended is not None and reply.ended.kind == "time"):
        raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", round(seconds), cell)
    if reply.ended is not None:
        raise DeadKernelError(str(reply.ended))
    if reply.full:
        raise FloodError(cell.source)
    return reply.status == "ok" or "raises-exception" in cell.metadata.get("tags", [])
