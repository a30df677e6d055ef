"""How a long service call reports its progress."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Step", "silent"]


class Step(Protocol):
    """Called as each thing is done: what it was, how many are done, of how many."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Tell it."""


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""
