"""Reasons for the end of a kernel, with messages for the student."""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from toolkit.i18n import _, ngettext
from toolkit.kernels.format_size import format_bytes
from toolkit.kernels.limits import Limits

__all__ = ["KernelExit"]


@dataclass(frozen=True)
class KernelExit:
    """Reason for the end of a kernel.

    Parameters
    ----------
    kind : str
        "exit" or "signal" (by itself); "memory", "cpu", "disk" or "time" (a limit was exceeded); "garbled"
        (it sent invalid messages); "lost" (the fork server is gone).
    value : int
        Exit code or signal number.
    """

    kind: str
    value: int = 0

    @classmethod
    def of(cls, message: dict[str, Any]) -> Self:
        """Return the reason in a fork server's ``ended`` message."""
        kind, value = message["ended"]
        return cls(str(kind), int(value))

    def sentence(self, limits: Limits, seconds: float | None = None) -> str:
        """Return a sentence for the student.

        Parameters
        ----------
        limits : Limits
            Limits of the kernel.
        seconds : float, optional
            Time limit that was exceeded, s; the limit of a cell if None.
        """
        name = str(self.value)
        with suppress(ValueError):
            name = signal.Signals(self.value).name
        sentences = {
            "memory": _("Your code used more than {size} of memory.").format(
                size=format_bytes(limits.memory_bytes or 0)
            ),
            "cpu": _("Your code used more than {seconds} of processor time.").format(
                seconds=format_duration(limits.cpu_seconds or 0)
            ),
            "disk": _("Your files may take {size} here, and there may be {n} of them.").format(
                size=format_bytes(limits.disk_bytes), n=limits.files
            ),
            "time": _("Stopped after {seconds}: is there a loop that never ends?").format(
                seconds=format_duration(limits.cell_seconds if seconds is None else seconds)
            ),
            "exit": _("Your code ended Python (exit code {code}).").format(code=self.value),
            "signal": _("Python crashed ({signal}).").format(signal=name),
            "garbled": _("Your code wrote into the connection of its own kernel, which was ended for it."),
        }
        return sentences.get(self.kind) or _("The server of the kernels is gone.")

    def __str__(self) -> str:
        return self.sentence(Limits())


def format_duration(value: float) -> str:
    """Return a number of seconds as text in the current language."""
    return ngettext("{n} second", "{n} seconds", round(value)).format(n=round(value))
