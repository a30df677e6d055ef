"""Rate limit for requests with unknown links."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

__all__ = ["GuessLimiter"]

_MAX_ADDRESSES = 10_000  # more addresses occur only in an attack


class GuessLimiter:
    """Counts unknown links, per address and in total.

    A token of 256 bits cannot be guessed; the limit protects the machine's load and the log.

    Parameters
    ----------
    each, together : int
        Maximum number of unknown links within ``seconds``, from one address and in total.
    seconds : float
        Length of the time window, s.
    now : callable, optional
        A monotonic clock, s.
    """

    def __init__(
        self,
        each: int = 20,
        together: int = 200,
        seconds: float = 60.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self._max_per_address = each
        self._max_total = together
        self._now = now
        self._all: deque[float] = deque()
        self._by_address: dict[str, deque[float]] = {}

    def is_limited(self, address: str) -> bool:
        """Return True if no further link of this address is checked at present."""
        since = self._now() - self.seconds
        _forget(self._all, since)
        own = self._by_address.get(address, deque())
        _forget(own, since)
        return len(own) >= self._max_per_address or len(self._all) >= self._max_total

    def add(self, address: str) -> None:
        """Count an unknown link."""
        now = self._now()
        if len(self._by_address) >= _MAX_ADDRESSES:
            self._by_address.clear()
        self._by_address.setdefault(address, deque(maxlen=self._max_per_address)).append(now)
        self._all.append(now)


def _forget(moments: deque[float], since: float) -> None:
    while moments and moments[0] <= since:
        moments.popleft()
