"""Distribution of tests to processes: tests that share an expensive fixture run in the same process."""

from __future__ import annotations

import os

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

__all__ = ["Spread", "before_others", "processors"]

# A course with a batch of submissions, graded once for all of them; a server, and two browsers at some.
_TOGETHER = (
    "tests/exercises/",
    "tests/browser/fault_injection/",
    "tests/browser/shared_views/",
    "tests/security/live/reach/",
)
# Each is a run of tests of its own.
_APART = ("tests/security/test_unprivileged.py",)
# Begun last, one of these would go on alone when everything else is done.
_LONG = (
    "tests/security/test_unprivileged.py",
    "tests/live/process/test_unprivileged.py",
    "tests/exercises/",
    "tests/services/",
    "tests/browser/",
    "tests/security/",
    "tests/kernels/",
    "tests/live/",
    "tests/lab/",
    "tests/cli/",
    "tests/desk/",
)
# These wait more than they work, for what they start to be ended: for a process beside those that are busy.
_WAITING = ("tests/security/", "tests/live/process/test_unprivileged.py")


def processors() -> int:
    """Return the number of processes to use: too many browsers at a time would hit their timeouts."""
    return min(len(os.sched_getaffinity(0)), 6) if hasattr(os, "sched_getaffinity") else 2


class Spread(LoadScopeScheduling):
    """Distributes files one by one in the order of the collection, except for the tests that wait.

    If there is one more process than processors, that process takes the waiting tests first, then the files
    at the end of the order.
    """

    def __init__(self, config: pytest.Config, log: object) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        if file in _APART:
            return nodeid
        return next((folder for folder in _TOGETHER if file.startswith(folder)), file)

    def _assign_work_unit(self, node: WorkerController) -> None:
        waits = int(node.gateway.id.removeprefix("gw")) >= processors()
        scopes = list(self.workqueue)
        wanted = (scope for scope in scopes if scope.startswith(_WAITING) == waits)
        self.workqueue.move_to_end(next(wanted, scopes[-1]), last=False)
        super()._assign_work_unit(node)


def before_others(item: pytest.Item) -> int:
    """Return the start order of a test's file: long files start first."""
    return next((at for at, start in enumerate(_LONG) if item.nodeid.startswith(start)), len(_LONG))
