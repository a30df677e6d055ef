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
        Private memory of the kernel and of each process it starts, bytes; enforced on Linux alone.
    output_bytes : int
        Output kept of one cell, bytes; what comes after is dropped.
    """

    cell_seconds: float = 20.0
    total_seconds: float = 120.0
    memory_bytes: int | None = 2 * 1024**3
    output_bytes: int = 1_000_000
