"""Where the pages lie that are written for a student."""

from __future__ import annotations

from pathlib import Path

from toolkit.domain.attempt import Attempt
from toolkit.practice import Practice

__all__ = ["page_of"]


def page_of(practice: Practice, attempt: Attempt) -> Path:
    """Return where the feedback on an attempt lies, once it is written."""
    return practice.workspace(attempt.student_id) / "feedback" / f"{attempt.exercise_id}-{attempt.id}.html"
