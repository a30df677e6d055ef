"""What nbgrader may take for the points of a test: nothing that was slipped in among what its cell shows."""

from __future__ import annotations

import math
from typing import Any

from toolkit.i18n import _
from toolkit.kernels.execution import TAMPERED

__all__ = ["in_order"]

Output = dict[str, Any]


def in_order(outputs: list[Output], most: float) -> list[Output]:
    """Return the outputs of a test's cell as nbgrader should read them.

    nbgrader reads from the first to the last, and stops at a value, which it takes for part of the points:
    so what failed comes first. A test shows one value at most, its last; a value that is no number of points
    from 0 to ``most`` becomes a failure, where nbgrader would give all of them, or give up.
    """
    failures = [output for output in outputs if output["output_type"] == "error"]
    values = [output for output in outputs if output["output_type"] == "execute_result"]
    others = [output for output in outputs if output not in failures and output not in values]
    if values and not failures and not _is_number(values[-1], most):
        text = _("It shows a value that is no number of points from 0 to {most}.").format(most=f"{most:g}")
        failures = [
            {"output_type": "error", "ename": TAMPERED, "evalue": text, "traceback": [f"{TAMPERED}: {text}"]}
        ]
    return [*failures, *others, *([] if failures else values[-1:])]


def _is_number(value: Output, most: float) -> bool:
    try:
        points = float(value["data"]["text/plain"])
    except (KeyError, TypeError, ValueError):
        return False
    return math.isfinite(points) and 0 <= points <= most
