"""The exercises and learning paths of a practice."""

from __future__ import annotations

from functools import cached_property

from toolkit import exercises
from toolkit.domain.learning_path import Card, LearningPath
from toolkit.errors import MentoringError
from toolkit.exercises import Course
from toolkit.exercises.course.path_files import load_path
from toolkit.practice import Practice

__all__ = ["Catalogue"]


class Catalogue:
    """The exercises and learning paths of a practice, read once.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    """

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.course = Course(practice.root)
        self._paths: dict[str, LearningPath] = {}

    @cached_property
    def cards(self) -> list[Card]:
        """The cards of all exercises."""
        return self.course.cards()

    def title(self, name: str) -> str:
        """Return an exercise's title; its name if its card cannot be read."""
        try:
            return str(self.course.card(name).title)
        except MentoringError:
            return name  # an error in a card must not stop work on the submissions to its exercise

    def released(self, name: str) -> None:
        """Release an exercise if it is not released yet."""
        if not self.course.is_released(self.course.card(name).id):
            with self.practice.writing("mentor exercise release"):
                exercises.release_exercise(self.course, name)

    def path(self, name: str) -> LearningPath:
        """Return one learning path; raise `NotFoundError` with similar names if it is missing."""
        if name not in self._paths:
            self._paths[name] = load_path(self.practice.root, name)
        return self._paths[name]
