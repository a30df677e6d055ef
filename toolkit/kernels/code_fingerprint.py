"""Fingerprint of the code that a fork server has imported."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

__all__ = ["file_stamps"]

_CODE_SUFFIXES = {".py", ".mo", ".mplstyle"}


def file_stamps(python: Path, *, all_ours: bool) -> Iterator[tuple[str, int]]:
    """Yield the files of a fork server's code with their mtime (ns); after a change a new server is started.

    Parameters
    ----------
    python : Path
        Interpreter of the fork server.
    all_ours : bool
        True if it preloads modules of this toolkit besides the kernels' own.
    """
    # Installing, upgrading or removing a package changes the mtime of `site-packages`.
    prefix = python.parent.parent
    packages = sorted((prefix / "lib").glob("python3*/site-packages"))
    for path in (
        *map(str, packages),
        *_our_code(all_of_it=all_ours),
        str(python.resolve()),
        f"{prefix}/pyvenv.cfg",
    ):
        with suppress(OSError):
            yield path, os.stat(path).st_mtime_ns  # noqa: PTH116 - faster; runs before every kernel


@cache
def _our_code(*, all_of_it: bool) -> list[str]:
    kernels = Path(__file__).parent
    folders = [kernels]
    if all_of_it:
        # Packages that a preloaded module may import, and the message catalogues.
        folders += [kernels.parent / name for name in ("domain", "reports", "locale")]
    return [
        str(path) for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in _CODE_SUFFIXES
    ]
