"""The fork server's memory in large pages: a fork copies one entry for each rather than five hundred.

Every kernel is two forks, and what they take longest for is to copy the tables of pages. What a child then
writes to is still copied in small ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from toolkit.kernels.forkserver import syscalls

__all__ = ["enlarge"]

_LARGE = 2 << 20
# Private memory that can be written to and is of no file.
_OWN = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0 *(?:\[heap\])?$")


def enlarge() -> int:
    """Gather this process's memory in large pages, where the system has them; return how many there are now.

    Whatever cannot be gathered stays as it is: it costs time and nothing else.
    """
    maps = Path("/proc/self/maps").read_text()
    return sum(syscalls.collapse(start, _LARGE) for start in _places(maps))


def _places(maps: str) -> Iterator[int]:
    """Yield where a large page would fit into what this process alone has."""
    for found in map(_OWN.match, maps.splitlines()):
        if found:
            begin, end = int(found[1], 16), int(found[2], 16)
            yield from range(-(-begin // _LARGE) * _LARGE, end - _LARGE + 1, _LARGE)
