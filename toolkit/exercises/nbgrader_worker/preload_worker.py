"""What a worker imports before anybody waits for it."""

from __future__ import annotations

from toolkit.exercises.nbgrader_worker import autograde, feedback_renderer, gradebook_writer, safe_html

__all__ = ["warm"]


def warm() -> tuple[str, ...]:
    """Return the names of the modules that are imported by now."""
    return tuple(module.__name__ for module in (autograde, feedback_renderer, gradebook_writer, safe_html))
