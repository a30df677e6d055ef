"""A disk that a test can fill."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["mounts", "small_disk"]

_NAME = "disk-of-a-test"


def mounts() -> list[str]:
    """Return the mount table without the disks of tests, so that a test can find leftover mounts."""
    return [
        line for line in Path("/proc/self/mountinfo").read_text().splitlines() if f" {_NAME} " not in line
    ]


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """Return a folder on a disk that a test can fill, if one may be mounted; else any folder."""
    place.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=64m", _NAME, place]
    if os.geteuid() != 0 or subprocess.run(line, check=False, capture_output=True).returncode != 0:
        yield place
        return
    try:
        yield place
    finally:
        # Something may still be about to leave it.
        subprocess.run(["umount", "--lazy", place], check=True)
