"""Which tests share a process where several processes share the work: those that share what is expensive."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

__all__ = ["Spread", "before_others"]

# A course with a batch of submissions, graded once for all of them; a server, and two browsers at some.
_TOGETHER = (
    "tests/exercises/",
    "tests/browser/faults/",
    "tests/browser/views/",
    "tests/security/live/reach/",
)
# Each is a run of tests of its own.
_APART = ("tests/security/test_ordinary.py",)
# Begun last, one of these would go on alone when everything else is done.
_LONG = (
    "tests/security/test_ordinary.py",
    "tests/live/test_ordinary.py",
    "tests/exercises/",
    "tests/journeys/",
    "tests/browser/",
    "tests/security/",
    "tests/kernels/",
    "tests/live/",
    "tests/lab/",
    "tests/cli/",
    "tests/desk/",
)


class Spread(LoadScopeScheduling):
    """Files are handed out one by one, in the order of the collection."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        if file in _APART:
            return nodeid
        return next((folder for folder in _TOGETHER if file.startswith(folder)), file)


def before_others(item: pytest.Item) -> int:
    """Return when the file of a test is begun: those that take long come first."""
    return next((at for at, start in enumerate(_LONG) if item.nodeid.startswith(start)), len(_LONG))
