"""Runs typical code once in the fork server, so that kernels inherit warm imports and caches."""

from __future__ import annotations

import contextlib
import io
import sys

from toolkit.kernels.forkserver.direct_executor import clear_kernel_instance, prepare_kernel

__all__ = ["warm_up_kernel"]

# Typical use of each library, which imports and caches parts of it at first use.
_TYPICAL_CODE = {
    "pandas": """import io, pandas
table = pandas.DataFrame({"name": ["a", "a", "b"], "mark": [1.0, None, 2.0]})
table = pandas.read_csv(io.StringIO(table.to_csv(index=False))).dropna()
table.groupby("name")["mark"].mean(), table.describe(), table.sort_values("mark").merge(table, on="name")
table["day"] = pandas.to_datetime(["2026-03-02T09:00:00+00:00", "2026-03-03T09:00:00+00:00"])
table.set_index("day").resample("W")["mark"].agg(["count", "sum"])
table
""",
    "matplotlib.pyplot": """import sys
import matplotlib.pyplot as plt
from IPython.core.pylabtools import print_figure
figure, (left, right) = plt.subplots(1, 2)
drawn = left.plot([0.5, 10, 200], label="1"), left.legend(), right.bar(["a", "b"], [1, 2])
title = right.set_title("a")
png = print_figure(figure)
if pandas := sys.modules.get("pandas"):
    drawn = pandas.Series([1, 2]).plot(), pandas.Series([1, 2]).plot.barh()
plt.close("all")
""",
}


def warm_up_kernel() -> None:
    """Run typical cells (an error, a table, a figure) in a temporary kernel; imports and caches stay."""
    hook, out, err, main = sys.displayhook, sys.stdout, sys.stderr, sys.modules["__main__"]
    kernel = prepare_kernel()
    shell = kernel.shell
    assert shell is not None  # noqa: S101 - a kernel has one from the start
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        libraries = [code for name, code in _TYPICAL_CODE.items() if name in sys.modules]
        for code in ("%who", "None", "{'a': [1]}", "1 / 0", "def f(:", *libraries):
            shell.run_cell(code, silent=True)
            shell.run_cell(code)
    clear_kernel_instance(kernel)
    _close_fonts()
    sys.displayhook, sys.stdout, sys.stderr, sys.modules["__main__"] = hook, out, err, main


def _close_fonts() -> None:
    # matplotlib closes open fonts in every forked process; closing them here saves that twice per kernel.
    fonts = sys.modules.get("matplotlib.font_manager")
    if fonts is not None and hasattr(fonts, "_get_font"):
        fonts._get_font.cache_clear()  # noqa: SLF001
