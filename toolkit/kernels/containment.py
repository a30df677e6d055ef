"""How the code that runs here is contained."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.i18n import _

__all__ = ["Containment", "containment"]


@dataclass(frozen=True)
class Containment:
    """What stands between the code and the machine.

    Parameters
    ----------
    summary : str
        One sentence for people, in the current language.
    """

    sandboxed: bool
    summary: str


def containment() -> Containment:
    """Return how code run by `toolkit.kernels.execute` is contained on this machine."""
    return Containment(
        sandboxed=False,
        summary=_(
            "Code runs in a stock kernel with your own rights; nothing contains it. "
            "Grade only the work of people you trust."
        ),
    )
