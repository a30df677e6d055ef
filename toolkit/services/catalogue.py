"""What can be learned in a practice: its exercises and its paths."""

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
    """The exercises and paths of a practice, read once.

    Parameters
    ----------
    practice : Practice
        Whose.
    """

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.course = Course(practice.root)
        self._paths: dict[str, LearningPath] = {}

    @cached_property
    def cards(self) -> list[Card]:
        """Every exercise's card."""
        return self.course.cards()

    def title(self, name: str) -> str:
        """Return an exercise's title; its name where its card cannot be read."""
        try:
            return str(self.course.card(name).title)
        except MentoringError:
            return name  # a card with a slip in it shall keep nobody from what is done with it

    def released(self, name: str) -> None:
        """See to it that an exercise is released."""
        if not self.course.is_released(self.course.card(name).id):
            with self.practice.writing("mentor exercise release"):
                exercises.release(self.course, name)

    def path(self, name: str) -> LearningPath:
        """Return one learning path; `NotFoundError` with near names where there is none."""
        if name not in self._paths:
            self._paths[name] = load_path(self.practice.root, name)
        return self._paths[name]
