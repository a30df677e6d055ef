"""Memory is moved to huge pages if the system has them, and its content is unchanged."""

from __future__ import annotations

import mmap
import os
import re
from pathlib import Path

import pytest

from toolkit.kernels.forkserver.huge_pages import use_huge_pages

_LARGE = 2 << 20


def _large_kb() -> int:
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return sum(map(int, re.findall(r"^AnonHugePages: +(\d+)", rollup, re.MULTILINE)))


def _in_a_child() -> bool:
    """Use huge pages in a child; return whether its content is unchanged, and moved pages are huge now."""
    with mmap.mmap(-1, 4 * _LARGE) as memory:
        for place in range(0, len(memory), mmap.PAGESIZE):
            memory[place : place + 8] = place.to_bytes(8, "little")
        before = _large_kb()
        count = use_huge_pages()
        kept = all(
            int.from_bytes(memory[place : place + 8], "little") == place
            for place in range(0, len(memory), mmap.PAGESIZE)
        )
        return kept and (count == 0 or _large_kb() > before)


@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_memory_is_gathered_and_keeps_what_is_in_it() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0 if _in_a_child() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
