"""Waiting for a lock, which ends with the process that holds it."""

from __future__ import annotations

import fcntl
import time

__all__ = ["taken"]

_BETWEEN = 0.01  # seconds between two tries: a write takes about as long


def taken(descriptor: int, patience: float) -> bool:
    """Take the lock of an open file or folder, and return whether it could be had.

    Parameters
    ----------
    descriptor : int
        It is given back when this is closed.
    patience : float
        Seconds that somebody else may hold it.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_BETWEEN)
        else:
            return True
