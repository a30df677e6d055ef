"""Imports the modules for grading and feedback in advance."""

from __future__ import annotations

from toolkit.exercises.nbgrader_worker import autograde, feedback_renderer, gradebook_writer, safe_html

__all__ = ["preload_modules"]


def preload_modules() -> tuple[str, ...]:
    """Return the names of the preloaded modules; calling it in a worker imports them."""
    return tuple(module.__name__ for module in (autograde, feedback_renderer, gradebook_writer, safe_html))
