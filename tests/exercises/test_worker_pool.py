"""Workers are forked from a process that has nbgrader loaded already."""

from __future__ import annotations

import sys

from toolkit.exercises import WorkerPool


def _loaded() -> bool:
    return "nbgrader.api" in sys.modules


def test_a_worker_starts_with_nbgrader_loaded():
    with WorkerPool(1) as workers:
        assert workers.submit(_loaded).result()
