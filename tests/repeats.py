"""How often the tests that kill processes repeat it."""

from __future__ import annotations

import os

__all__ = ["repeats"]

FEW = 5


def repeats(full: int) -> int:
    """Return `full` under `make test-full`, and a few in `make test`, which has to be quick."""
    return full if os.environ.get("MENTORING_TEST_FULL") else min(full, FEW)
