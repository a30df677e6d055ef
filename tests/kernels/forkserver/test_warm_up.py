"""A kernel does not import again the modules that the fork server has loaded in its warm-up."""

from __future__ import annotations

from toolkit.kernels import Limits, SandboxedShell

_USUAL = """import sys
before = set(sys.modules)
import pandas as pd
import matplotlib.pyplot as plt
table = pd.DataFrame({"day": pd.to_datetime(["2026-03-02", "2026-03-03"]), "mark": [1.0, 2.0]})
table.groupby("mark").agg(count=("day", "size"))
table.set_index("day").resample("W")["mark"].mean()
table.plot(x="day", y="mark")
plt.show()
print(sorted(set(sys.modules) - before))"""


def test_a_table_and_its_figure_import_nothing() -> None:
    with SandboxedShell.open(limits=Limits(cell_seconds=60)) as shell:
        reply = shell.run(_USUAL)
    assert reply.status == "ok", reply
    assert [output["text"] for output in reply.outputs if output["output_type"] == "stream"] == ["[]\n"]
    assert any("image/png" in output.get("data", {}) for output in reply.outputs)
