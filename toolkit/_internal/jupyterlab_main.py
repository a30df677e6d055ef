"""JupyterLab as `python -m jupyterlab` starts it, but sooner, and sure to end when it is told to."""

from __future__ import annotations

import asyncio

from toolkit._internal.lazy_imports import without_slow_formats

__all__ = ["cancel_leftover_tasks"]

_PATIENCE_S = 5


def cancel_leftover_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel the tasks that a stopped event loop left behind, as `asyncio.run` does, and wait for their end.

    JupyterLab only stops its loop. If a page's request is being answered then, AnyIO's thread that reads the
    file waits for this request to end, and Python waits for the thread: the process would go on for ever.
    """
    tasks = asyncio.all_tasks(loop)
    if tasks and not loop.is_closed():
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks, timeout=_PATIENCE_S))


def _main() -> None:
    with without_slow_formats():
        from jupyterlab.labapp import main
        from tornado.ioloop import IOLoop
    main()
    stopped = IOLoop.current(instance=False)
    if stopped is not None:
        cancel_leftover_tasks(stopped.asyncio_loop)  # type: ignore[attr-defined]


if __name__ == "__main__":
    _main()
