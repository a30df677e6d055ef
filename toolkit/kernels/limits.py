"""What one run may take."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """What one run may take before it is stopped.

    Parameters
    ----------
    cell_seconds : float
        Time for one cell; past it the cell is interrupted and the run goes on with the next.
    total_seconds : float
        Time for all cells together; past it the kernel is ended and the other cells stay unrun.
    memory_bytes : int or None
        Private memory of the kernel and all the processes that it starts, bytes; None for no limit.
    cpu_seconds : float or None
        Processor time of the kernel and all the processes that it starts, s; None for no limit.
    processes : int
        Processes and threads at a time.
    file_bytes : int
        Size of one file, bytes.
    disk_bytes : int
        All files outside the workspace, or the growth of a writable workspace, bytes.
    files : int
        The number of these files.
    output_bytes : int
        Output kept of one cell, bytes; what comes after is dropped.
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
