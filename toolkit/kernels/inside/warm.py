"""What the fork server does once so that no kernel has to."""

from __future__ import annotations

import contextlib
import io
import sys

from toolkit.kernels.inside.direct import forget, made_ready

__all__ = ["warm"]


def warm() -> None:
    """Run through a first cell, an error and a figure, then forget them: their imports and caches stay."""
    hook, out, err, main = sys.displayhook, sys.stdout, sys.stderr, sys.modules["__main__"]
    kernel = made_ready()
    shell = kernel.shell
    assert shell is not None  # noqa: S101 - a kernel has one from the start
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for code in ("%who", "None", "{'a': [1]}", "1 / 0", "def f(:", *_figure()):
            shell.run_cell(code, silent=True)
            shell.run_cell(code)
    forget(kernel)
    sys.displayhook, sys.stdout, sys.stderr, sys.modules["__main__"] = hook, out, err, main


def _figure() -> tuple[str, ...]:
    if "matplotlib.pyplot" not in sys.modules:
        return ()
    return ("import matplotlib.pyplot as plt\nplt.figure().canvas.draw()\nplt.close('all')",)
