"""Paths of the feedback pages in a student's workspace."""

from __future__ import annotations

from pathlib import Path

from toolkit.domain.attempt import Attempt
from toolkit.practice import Practice

__all__ = ["feedback_page_path"]


def feedback_page_path(practice: Practice, attempt: Attempt) -> Path:
    """Return the path of the feedback page on an attempt; the file may not exist yet.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    attempt : Attempt
        A stored attempt.
    """
    return practice.workspace(attempt.student_id) / "feedback" / f"{attempt.exercise_id}-{attempt.id}.html"
