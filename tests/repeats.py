"""Numbers of repetitions that are higher in `make test-full` than in `make test`."""

from __future__ import annotations

import os

__all__ = ["is_full", "repeats"]

FEW = 5


def is_full() -> bool:
    """Return whether this is `make test-full`."""
    return bool(os.environ.get("MENTORING_TEST_FULL"))


def repeats(full: int) -> int:
    """Return `full` under `make test-full`, and a few in `make test`, which has to be quick."""
    return full if is_full() else min(full, FEW)
