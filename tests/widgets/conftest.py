"""A record with an entry of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from toolkit.widgets import Record


def items(language: str = "en") -> dict[str, Any]:
    agenda = [
        {"id": f"a{order}", "text": text, "minutes": 5, "order": order}
        for order, text in enumerate(["Check-in", "Recursion", "Recap"])
    ]
    return {
        "session": {
            "id": "s1",
            "student": "Anaïs",
            "language": language,
            "starts_at": "2026-11-24T18:00:00Z",
            "minutes": 45,
        },
        **{f"agenda:{row['id']}": row for row in agenda},
        "check:loops": {"id": "loops", "title": "Loops", "milestone": "Basics"},
        "check:dicts": {"id": "dicts", "title": "Dictionaries", "milestone": "Collections", "order": 1},
        "action:x1": {"id": "x1", "text": "Read chapter 2"},
        "exercise:median": {
            "id": "median",
            "title": "The median",
            "tests": [{"name": "odd", "source": "assert median([3, 1, 2]) == 2"}],
            "hint_count": 2,
        },
    }


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record.create(tmp_path / "record.json", items())


@pytest.fixture
def french_record(tmp_path: Path) -> Record:
    return Record.create(tmp_path / "record.json", items("fr"))
