"""Measure the memory that a piece of code takes, independently of other processes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["memory_peak"]


@contextmanager
def memory_peak() -> Iterator[Callable[[], int]]:
    """Measure the memory that Python allocates in the block: the result returns the peak (bytes) after it."""
    peak = 0
    tracemalloc.start()
    try:
        yield lambda: peak
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
