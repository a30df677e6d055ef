"""When the code changed that a fork server has imported."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

__all__ = ["stamps"]

_CODE = {".py", ".mo", ".mplstyle"}


def stamps(python: Path, *, all_ours: bool) -> Iterator[tuple[str, int]]:
    """Yield files, and when each was changed, ns: what a fork server is no longer asked after.

    Parameters
    ----------
    all_ours : bool
        Whether it preloads a module of ours beside the kernels' own.
    """
    # Installing, upgrading or removing a package changes the folder that the packages lie in.
    prefix = python.parent.parent
    packages = sorted((prefix / "lib").glob("python3*/site-packages"))
    for path in (
        *map(str, packages),
        *_our_code(all_of_it=all_ours),
        str(python.resolve()),
        f"{prefix}/pyvenv.cfg",
    ):
        with suppress(OSError):
            yield path, os.stat(path).st_mtime_ns  # noqa: PTH116 - this runs before every kernel


@cache
def _our_code(*, all_of_it: bool) -> list[str]:
    kernels = Path(__file__).parent
    folders = [kernels]
    if all_of_it:
        # What a preloaded module of ours may import in turn, and the words that it speaks.
        folders += [kernels.parent / name for name in ("domain", "reports", "locale")]
    return [str(path) for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in _CODE]
