"""Rate limit for requests with unknown links."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from hashlib import sha256

__all__ = ["GuessLimiter"]

_MAX_ADDRESSES = 10_000  # more addresses occur only in an attack


class GuessLimiter:
    """Counts unknown links, per address, per browser and in total.

    A token of 256 bits cannot be guessed; the limit protects the machine's load and the log. Everybody may
    have one address, behind a tunnel, so an invitation's own link is refused by no count but its browser's.

    Parameters
    ----------
    each, together : int
        Maximum number of unknown links within ``seconds``, from one address or browser and in total.
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
        """Return True if no further unknown link of this address is answered at present."""
        _forget(self._all, self._now() - self.seconds)
        return self._count(address) >= self._max_per_address or len(self._all) >= self._max_total

    def is_guessing(self, browser: str) -> bool:
        """Return True if this browser, known by a cookie of its own, tried too many unknown links."""
        return bool(browser) and self._count(_key(browser)) >= self._max_per_address

    def add(self, address: str, browser: str = "") -> None:
        """Count an unknown link.

        Parameters
        ----------
        address : str
            The address that it came from.
        browser : str
            The value of a cookie that only this browser has; empty if it has none.
        """
        now = self._now()
        if len(self._by_address) >= _MAX_ADDRESSES:
            self._by_address.clear()
        for key in (address, _key(browser)) if browser else (address,):
            self._by_address.setdefault(key, deque(maxlen=self._max_per_address)).append(now)
        self._all.append(now)

    def _count(self, key: str) -> int:
        own = self._by_address.get(key, deque())
        _forget(own, self._now() - self.seconds)
        return len(own)


def _key(browser: str) -> str:
    # No address looks like this. The cookie may be long, and is somebody's secret.
    return f"browser {sha256(browser.encode()).hexdigest()}"


def _forget(moments: deque[float], since: float) -> None:
    while moments and moments[0] <= since:
        moments.popleft()
