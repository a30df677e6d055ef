"""Functions that calculate with dates take the current time from the caller."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import toolkit

PACKAGE = Path(toolkit.__file__).parent
PARTS = ("domain", "live", "reports", "services", "store")
# A default for the caller's clock, or a default clock itself.
GIVEN = re.compile(r"\bor datetime\.now\(UTC\)|return datetime\.now\(UTC\)$")
# Not compared with any other time: a throw-away grade, the name of a copy, the time of a message.
ALONE = {"services/grading/watch_submissions.py": 1, "live/sync/ydoc_adapter.py": 2, "store/store.py": 1}


@pytest.mark.parametrize("part", PARTS)
def test_system_clock_is_read_only_without_a_given_time(part):
    """The system clock is read only if the caller gave no time."""
    asked = {}
    for path in sorted((PACKAGE / part).rglob("*.py")):
        lines = [line for line in path.read_text().splitlines() if "datetime.now(" in line]
        left = [line.strip() for line in lines if not GIVEN.search(line)]
        if len(left) > ALONE.get(path.relative_to(PACKAGE).as_posix(), 0):
            asked[path.name] = left
    assert not asked
