"""Warm-up of the fork server for reports; only the fork server imports this module.

Most of a report's cost is lazy set-up on first use: imports, fonts, the names of the months, the message
catalogue. The fork server pays it once, and the forked kernels inherit the result.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from toolkit.i18n import LANGUAGES
from toolkit.reports.render.progress_page import Page

__all__ = ["preload_reports"]

_EXAMPLE_TIME = datetime(2026, 1, 5, 12, tzinfo=UTC)


def preload_reports() -> None:
    """Make every part of a minimal report, in every language."""
    for language in LANGUAGES:
        page = Page(_example_snapshot(language))
        for part in (page.letter, page.news, page.map, page.key, page.path, page.attempts, page.points):
            part()
        for part in (page.failing, page.actions, page.kept, page.sessions, page.next_steps, page.reviews):
            part()


def _example_snapshot(language: str) -> dict[str, Any]:
    skill = {"id": "a", "title": "A", "state": "shown", "word": "shown", "shown_on": "2026-01-05"}
    attempt = {
        "id": 1,
        "exercise": "a",
        "title": "A",
        "received_at": _EXAMPLE_TIME,
        "verdict": "graded",
        "word": "solved",
    }
    points = {"points": 1.0, "max_points": 1.0, "hints_used": 0}
    return {
        "student": {"id": "a", "name": "A", "given_name": "A", "language": language, "address": "vous"},
        "generated_at": _EXAMPLE_TIME,
        "path": "a",
        "path_title": "A",
        "milestones": [{"id": "a", "title": "A", "skills": [skill]}],
        "attempts": [{**attempt, **points, "aided": False, "solved": True}],
        "exercises": [{"id": "a", "title": "A", "attempts": 1, **points, "solved_on": "2026-01-05"}],
        "sessions": [
            {
                "id": "a-1",
                "starts_at": _EXAMPLE_TIME,
                "minutes": 30,
                "kind": "regular",
                "state": "held",
                "word": "held",
                "recap": "A *word*.",
            }
        ],
    }


preload_reports()
