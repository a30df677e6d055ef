"""Resource limits of a run."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """Resource limits of one run.

    Parameters
    ----------
    cell_seconds : float
        Time for one cell, s; after that the cell is interrupted and the next one runs.
    total_seconds : float
        Time for all cells together, s; after that the kernel is ended and the other cells do not run.
    memory_bytes : int or None
        Private memory of the kernel and its child processes, bytes; None for no limit.
    cpu_seconds : float or None
        CPU time of the kernel and its child processes, s; None for no limit.
    processes : int
        Number of processes and threads at a time.
    file_bytes : int
        Size of one file, bytes.
    disk_bytes : int
        Total size of the files outside the workspace, or growth of a writable workspace, bytes.
    files : int
        Number of these files.
    output_bytes : int
        Kept output of one cell, bytes; the rest is dropped.
    """

    cell_seconds: float = 20.0
    total_seconds: float = 120.0
    memory_bytes: int | None = 2 * 1024**3
    cpu_seconds: float | None = None
    processes: int = 256
    file_bytes: int = 256 * 1024**2
    disk_bytes: int = 512 * 1024**2
    files: int = 20_000
    output_bytes: int = 1_000_000
