"""What happens by itself in a notebook's kernel: again and again, or as soon as the kernel is free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

from IPython import get_ipython

from toolkit.errors import MentoringError

__all__ = ["call_after_message", "call_periodically"]


def call_periodically(seconds: float, look: Callable[[], bool]) -> None:
    """Call the bound method ``look`` every so often, until it returns False or its object is gone.

    Without a kernel nothing is called.
    """
    loop = _loop()
    if loop is None:
        return
    # The widget may be dropped: its cell was run again.
    reference = WeakMethod(look)

    def again() -> None:
        method = reference()
        try:
            if method is None or not method():
                return
        except MentoringError:
            pass  # the disk or the database may say yes the next time
        loop.call_later(seconds, again)

    loop.add_callback(again)


def call_after_message(run: Callable[[], None]) -> None:
    """Call ``run`` once what is being dealt with is answered; at once where there is no kernel."""
    loop = _loop()
    if loop is None:
        run()
    else:
        loop.call_later(0.05, run)


def _loop() -> Any:  # noqa: ANN401 - tornado's, where there is a kernel
    return getattr(getattr(get_ipython(), "kernel", None), "io_loop", None)
