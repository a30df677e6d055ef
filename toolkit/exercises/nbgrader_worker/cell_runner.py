"""Runs the author's cells in a sandbox and returns their output."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook

from toolkit import kernels
from toolkit.kernels import Limits

__all__ = ["run_cells"]


def run_cells(
    folder: Path, kernel_name: str, sources: Sequence[str], limits: Limits | None
) -> tuple[tuple[str, str], ...]:
    """Run cells in order in one kernel.

    Parameters
    ----------
    folder : Path
        Folder of the exercise; the code runs in a copy of it, without the notebooks.
    kernel_name : str
        Name of the kernel.
    sources : sequence of str
        Sources of the cells.
    limits : Limits or None
        Limits of the run; the defaults of `Limits` if None.

    Returns
    -------
    tuple of (str, str)
        For each cell its standard output, and its error; empty if none.

    Raises
    ------
    ExecutionError
        The sandbox or the kernel does not start.
    """
    nb = new_notebook(cells=[new_code_cell(source) for source in sources])  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory(prefix="cwd-") as cwd:
        ignore = shutil.ignore_patterns("*.ipynb", ".*")
        shutil.copytree(folder, cwd, ignore=ignore, dirs_exist_ok=True)
        done = kernels.execute(
            nb,
            cwd=Path(cwd),
            limits=limits,
            kernel_name=kernel_name,
            variables={"NBGRADER_EXECUTION": "autograde"},
        )
    return tuple((_printed(cell.outputs), _error(cell.outputs)) for cell in done.notebook.cells)


def _printed(outputs: list[dict[str, str]]) -> str:
    return "".join(o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout")


def _error(outputs: list[dict[str, str]]) -> str:
    return next((f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"), "")
