"""Ends the processes that a kernel leaves behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from toolkit.kernels.environment import MARK

__all__ = ["end_leftovers", "private_memory"]

_PROC = Path("/proc")


def end_leftovers(kernel: int, mark: str) -> None:
    """End every process of a kernel that is gone itself.

    Parameters
    ----------
    kernel : int
        Process id of the kernel, which led a session and process group of its own.
    mark : str
        What `MARK` was in its environment.
    """
    # The kernel has been waited for. As long as somebody is left in its group the number cannot be given
    # out again; once nobody is, there might be a stranger behind it.
    if not (_PROC / str(kernel)).exists():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(kernel, signal.SIGKILL)
    # A process that made a session of its own is not in the group; it still has our mark.
    for _round in range(5):
        left = list(_marked(mark))
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _marked(mark: str) -> Iterator[int]:
    needle = f"{MARK}={mark}".encode()
    for entry in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            if needle in (entry / "environ").read_bytes():
                yield int(entry.name)


def private_memory(pid: int) -> int:
    """Return the private memory of a process, bytes; 0 where the system does not say."""
    with suppress(OSError, ValueError, IndexError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0
