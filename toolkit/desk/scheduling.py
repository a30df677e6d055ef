"""Scheduled calls in a notebook's kernel: periodic, or as soon as the kernel is free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

from IPython import get_ipython

from toolkit.errors import MentoringError

__all__ = ["call_after_message", "call_periodically"]


def call_periodically(seconds: float, look: Callable[[], bool]) -> None:
    """Call a bound method periodically in the kernel's event loop.

    It ends when the method returns False or its object is garbage-collected. Without a kernel nothing is
    called.

    Parameters
    ----------
    seconds : float
        Interval between two calls, seconds.
    look : callable
        The bound method; a `MentoringError` of it is ignored until the next call.
    """
    loop = _event_loop()
    if loop is None:
        return
    # A weak reference, since the widget is replaced when its cell is run again.
    reference = WeakMethod(look)

    def again() -> None:
        method = reference()
        try:
            if method is None or not method():
                return
        except MentoringError:
            pass  # the disk or the database may work at the next call
        loop.call_later(seconds, again)

    loop.add_callback(again)


def call_after_message(run: Callable[[], None]) -> None:
    """Call ``run`` after the current message is answered (0.05 s); at once if there is no kernel."""
    loop = _event_loop()
    if loop is None:
        run()
    else:
        loop.call_later(0.05, run)


def _event_loop() -> Any:  # noqa: ANN401 - tornado's event loop, or None
    return getattr(getattr(get_ipython(), "kernel", None), "io_loop", None)
