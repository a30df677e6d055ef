"""Orders a test cell's outputs so that nbgrader cannot read forged points from them."""

from __future__ import annotations

from typing import Any

from toolkit.i18n import _
from toolkit.kernels.notebook_execution import TAMPERED

__all__ = ["order_outputs", "stderr_as_stdout"]

Output = dict[str, Any]


def order_outputs(outputs: list[Output], most: float) -> list[Output]:
    """Return the outputs of a test cell in the order in which nbgrader must read them.

    nbgrader reads the outputs in order and stops at the first value: a number is taken as partial points,
    anything else is ignored. So errors come first, and of the values only the last stays, which is the
    test's own. A number above ``most``, or a value without text, would make nbgrader reject the whole
    submission; here only this test fails.

    Parameters
    ----------
    outputs : list of dict
        Outputs of the cell.
    most : float
        Maximum points of the test.
    """
    failures = [output for output in outputs if output["output_type"] == "error"]
    values = [output for output in outputs if output["output_type"] == "execute_result"]
    others = [output for output in outputs if output not in failures and output not in values]
    if values and not failures and _is_invalid_score(values[-1], most):
        text = _("It shows a value that is no number of points from 0 to {most}.").format(most=f"{most:g}")
        failures = [
            {"output_type": "error", "ename": TAMPERED, "evalue": text, "traceback": [f"{TAMPERED}: {text}"]}
        ]
    return [*failures, *others, *([] if failures else values[-1:])]


def stderr_as_stdout(outputs: list[Output]) -> list[Output]:
    """Return outputs with the text on stderr as one on stdout: nbgrader takes all points for the former.

    Parameters
    ----------
    outputs : list of dict
        Outputs of a test cell.
    """
    return [{**output, "name": "stdout"} if output.get("name") == "stderr" else output for output in outputs]


def _is_invalid_score(value: Output, most: float) -> bool:
    text = value["data"].get("text/plain")
    if not isinstance(text, str):
        return True
    try:
        return float(text) > most
    except ValueError:
        return False
