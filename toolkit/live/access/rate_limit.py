"""A limit on how many links may be guessed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

__all__ = ["Guesses"]

_ADDRESSES = 10_000  # that are remembered; more than that only a flood has


class Guesses:
    """Counts wrong links, for each address and for all together.

    No token of 256 bits is ever guessed; what this spares is the machine, and the log.

    Parameters
    ----------
    each, together : int
        Wrong links within ``seconds`` from one address, and from all.
    seconds : float
        How long a wrong link counts.
    now : callable, optional
        A clock that never goes back, in seconds.
    """

    def __init__(
        self,
        each: int = 20,
        together: int = 200,
        seconds: float = 60.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self._each = each
        self._together = together
        self._now = now
        self._all: deque[float] = deque()
        self._by: dict[str, deque[float]] = {}

    def too_many(self, address: str) -> bool:
        """Whether no more links are looked at, for this address, just now."""
        since = self._now() - self.seconds
        _forget(self._all, since)
        own = self._by.get(address, deque())
        _forget(own, since)
        return len(own) >= self._each or len(self._all) >= self._together

    def add(self, address: str) -> None:
        """Count a wrong link."""
        now = self._now()
        if len(self._by) >= _ADDRESSES:
            self._by.clear()
        self._by.setdefault(address, deque(maxlen=self._each)).append(now)
        self._all.append(now)


def _forget(moments: deque[float], since: float) -> None:
    while moments and moments[0] <= since:
        moments.popleft()
