"""Kills the processes that a kernel without sandbox leaves behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from toolkit.kernels.environment import RUN_MARK_VARIABLE

__all__ = ["end_leftovers", "private_memory"]

_PROC = Path("/proc")


def end_leftovers(kernel: int, mark: str) -> None:
    """Kill every remaining process of an ended kernel.

    Parameters
    ----------
    kernel : int
        Process id of the kernel, which was the leader of its own session and process group.
    mark : str
        Value of `RUN_MARK_VARIABLE` in its environment.
    """
    # The kernel was waited for. While its process group has members, the id is not reused; an existing
    # process with this id is therefore unrelated, and must not be killed.
    if not (_PROC / str(kernel)).exists():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(kernel, signal.SIGKILL)
    # A process with its own session is not in the group, but still has `RUN_MARK_VARIABLE` in its
    # environment.
    for _round in range(5):
        left = list(_marked(mark))
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _marked(mark: str) -> Iterator[int]:
    needle = f"{RUN_MARK_VARIABLE}={mark}".encode()
    for entry in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            if needle in (entry / "environ").read_bytes():
                yield int(entry.name)


def private_memory(pid: int) -> int:
    """Return the private memory of a process, bytes; 0 if unknown."""
    with suppress(OSError, ValueError, IndexError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0
