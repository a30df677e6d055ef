"""Advisory file locks with a timeout; the system releases a lock when its process ends."""

from __future__ import annotations

import fcntl
import time

__all__ = ["hold", "try_lock"]

_POLL_INTERVAL_S = 0.01  # about the duration of a write


def hold(descriptor: int) -> None:
    """Take the lock of an open file or folder, however long somebody else holds it."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def try_lock(descriptor: int, patience: float) -> bool:
    """Take the exclusive lock of an open file or folder.

    Parameters
    ----------
    descriptor : int
        Descriptor of the file or folder; closing it releases the lock.
    patience : float
        Timeout, seconds.

    Returns
    -------
    bool
        False if another process held the lock until the timeout.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_INTERVAL_S)
        else:
            return True
