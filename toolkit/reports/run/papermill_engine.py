"""The papermill engine "mentoring": runs a notebook in a pre-started kernel and saves it once.

`papermill --engine mentoring TEMPLATE OUT -f PARAMETERS` works with any template. Without a sandbox, or for a
kernel of another language, papermill's own engine runs the notebook.
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
from toolkit.kernels.containment import is_unsafe
from toolkit.kernels.fork_servers import PRELOADED_MODULES
from toolkit.kernels.interpreter import interpreter_of
from toolkit.kernels.limits import Limits
from toolkit.kernels.sandboxed_shell import CellReply, SandboxedShell

__all__ = ["ENGINE_NAME", "MAX_OUTPUT_BYTES", "MentoringEngine", "OutputLimitError"]

ENGINE_NAME = "mentoring"
MAX_OUTPUT_BYTES = 20_000_000
"""Maximum size of one cell's output, bytes; enough for many charts."""

_PRELOAD_MODULE = "toolkit.reports.run.preload"
_PRELOADED_NAMES = re.compile("|".join(name.partition(".")[0] for name in PRELOADED_MODULES))
_DEFAULT_TIMEOUT_S = 600.0  # for one cell


class OutputLimitError(RuntimeError):
    """The output of a cell exceeds `MAX_OUTPUT_BYTES`.

    Parameters
    ----------
    source : str
        Source of the cell.
    """

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source


class MentoringEngine(NBClientEngine):  # type: ignore[misc]
    """Papermill engine for pre-started kernels.

    A template runs in the sandbox, in an empty folder and without network: its input comes as parameters. It
    ends at the first cell that fails and raises the same errors as papermill's own engine.
    """

    @classmethod
    def execute_notebook(
        cls,
        nb: NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        **options: Any,  # noqa: ANN401 - papermill's signature
    ) -> NotebookNode:
        """Run a notebook and return it; if it fails, write it to ``output_path`` first.

        Papermill writes the file after a success only.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        kernel_name : str
            Name of the kernel.
        output_path : str, optional
            The file that is written if the run fails.
        **options
            Further options of papermill.
        """
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
        **options: Any,  # noqa: ANN401 - papermill's signature
    ) -> None:
        """Run the cells of a notebook in order.

        Parameters
        ----------
        nb_man : NotebookExecutionManager
            Papermill's manager of the notebook.
        kernel_name : str
            Name of the kernel.
        execution_timeout : float, optional
            Time limit for one cell, seconds; 600 if None.
        resources : dict, optional
            ``{"metadata": {"path": folder}}``: the code works in a copy of this folder.
        **options
            Further options of papermill.

        Raises
        ------
        CellTimeoutError, DeadKernelError
            Under the same conditions as with nbclient.
        OutputLimitError
            If the output of a cell is too large.
        """
        seconds = execution_timeout or _DEFAULT_TIMEOUT_S
        folder = (resources or {}).get("metadata", {}).get("path")
        shell = _open_shell(nb_man.nb, kernel_name, Path(folder) if folder else None, seconds)
        if shell is None:
            kept = {} if resources is None else {"resources": resources}
            stock = {"execution_timeout": execution_timeout, **kept, **options}
            super().execute_managed_notebook(nb_man, kernel_name, **stock)
            for cell in nb_man.nb.cells:
                if sum(len(str(output)) for output in cell.get("outputs", ())) > MAX_OUTPUT_BYTES:
                    raise OutputLimitError(cell.source)
            return
        with shell:
            nb_man.nb.metadata["language_info"] = shell.language
            _run(
                nb_man,
                shell,
                seconds,
                _OutputForwarder(**{name: options.get(name) for name in _OutputForwarder.NAMES}),
            )


@dataclass(frozen=True)
class _OutputForwarder:
    """Forwards the text output of cells to papermill's log and files, as papermill's options ask."""

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


def _open_shell(
    nb: NotebookNode, kernel_name: str, folder: Path | None, seconds: float
) -> SandboxedShell | None:
    """Return a pre-started kernel; None if none is available."""
    if is_unsafe():
        return None
    source = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    preload = (*(PRELOADED_MODULES if _PRELOADED_NAMES.search(source) else ()), _PRELOAD_MODULE)
    limits = Limits(cell_seconds=seconds, output_bytes=MAX_OUTPUT_BYTES)
    try:
        return SandboxedShell.open(folder, limits=limits, python=interpreter_of(kernel_name), preload=preload)
    except ExecutionError as error:
        # Another language, or no memory for one more process: papermill's own engine reports the reason.
        logger.warning("No warm kernel, so a stock one: %s", error)
        return None


def _run(
    nb_man: NotebookExecutionManager, shell: SandboxedShell, seconds: float, forwarder: _OutputForwarder
) -> None:
    for index, cell in enumerate(nb_man.nb.cells):
        nb_man.cell_start(cell, index)
        try:
            if cell.cell_type == "code" and cell.source.strip():
                reply = shell.run(cell.source, seconds=seconds)
                cell.outputs, cell.execution_count = reply.outputs, reply.execution_count
                forwarder.take(reply.outputs)
                if not _may_go_on(reply, cell, seconds):
                    nb_man.cell_exception(cell, cell_index=index)
                    return
        finally:
            nb_man.cell_complete(cell, cell_index=index)


def _may_go_on(reply: CellReply, cell: NotebookNode, seconds: float) -> bool:
    """Return True if the next cell may run; raise an error that ends the whole run."""
    if reply.status == "interrupted" or (reply.ended is not None and reply.ended.kind == "time"):
        raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", round(seconds), cell)
    if reply.ended is not None:
        raise DeadKernelError(str(reply.ended))
    if reply.full:
        raise OutputLimitError(cell.source)
    return reply.status == "ok" or "raises-exception" in cell.metadata.get("tags", [])
