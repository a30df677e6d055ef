"""A case of the hostile submissions: a submitted notebook and its allowed outcomes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from toolkit.domain.attempt import Verdict

__all__ = ["ANY", "HONEST", "Case", "code_cell"]

#: What the exercises are worth, and an answer that is right.
HONEST = {
    "add-up": (3.0, {"total": "def total(numbers):\n    return sum(numbers)"}),
    "spread": (6.0, {"spread": "def spread(numbers):\n    return max(numbers) - min(numbers)"}),
}
#: Verdicts of a notebook that was run, whatever became of it.
ANY = (Verdict.GRADED, Verdict.TAMPERED, Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY)


@dataclass(frozen=True)
class Case:
    """One notebook.

    Parameters
    ----------
    data : bytes
        As it is handed in.
    verdicts : tuple of Verdict
        Any of these may come out.
    sentence : str
        A piece of what is said, in the reason, in the notes or of a test.
    at_most, at_least : float
        Points.
    """

    name: str
    exercise: str
    data: bytes
    verdicts: tuple[Verdict, ...] = (Verdict.GRADED,)
    sentence: str = ""
    at_most: float = 0.0
    at_least: float = 0.0


def code_cell(source: str, **more: object) -> dict:
    """Return a cell as a student adds it."""
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    return cell | more


def changed(data: bytes, change: Callable[[dict[str, dict], dict], object]) -> bytes:
    """Return a notebook, edited by ``change(cells by grade_id, notebook)``."""
    nb = json.loads(data)
    change({cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in nb["cells"]}, nb)
    return json.dumps(nb).encode()
