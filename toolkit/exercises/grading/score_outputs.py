"""What nbgrader may take for the points of a test: nothing that was slipped in among what its cell shows."""

from __future__ import annotations

from typing import Any

from toolkit.i18n import _
from toolkit.kernels.notebook_execution import TAMPERED

__all__ = ["in_order"]

Output = dict[str, Any]


def in_order(outputs: list[Output], most: float) -> list[Output]:
    """Return the outputs of a test's cell as nbgrader should read them.

    nbgrader reads from the first to the last, and stops at a value: a number is part of the points, anything
    else is as good as nothing. So what failed comes first, and of values the last, which is the test's own.
    At a number above ``most``, or a value without text, nbgrader would give up on the whole submission: that
    is a failure of this test alone.
    """
    failures = [output for output in outputs if output["output_type"] == "error"]
    values = [output for output in outputs if output["output_type"] == "execute_result"]
    others = [output for output in outputs if output not in failures and output not in values]
    if values and not failures and _is_too_much(values[-1], most):
        text = _("It shows a value that is no number of points from 0 to {most}.").format(most=f"{most:g}")
        failures = [
            {"output_type": "error", "ename": TAMPERED, "evalue": text, "traceback": [f"{TAMPERED}: {text}"]}
        ]
    return [*failures, *others, *([] if failures else values[-1:])]


def _is_too_much(value: Output, most: float) -> bool:
    text = value["data"].get("text/plain")
    if not isinstance(text, str):
        return True
    try:
        return float(text) > most
    except ValueError:
        return False
