"""The callback with which a long call reports its progress."""

from __future__ import annotations

from typing import Protocol

__all__ = ["ProgressCallback", "ignore_progress"]


class ProgressCallback(Protocol):
    """Callback that a long call uses to report its progress."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Report the progress.

        Parameters
        ----------
        what : str
            Current item, in the reader's language; empty at the end.
        done : int
            Number of finished items.
        total : int
            Number of all items.
        """


def ignore_progress(what: str, done: int, total: int) -> None:
    """Report nothing.

    Parameters
    ----------
    what : str
        Current item.
    done : int
        Number of finished items.
    total : int
        Number of all items.
    """
