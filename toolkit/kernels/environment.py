"""What a kernel's process finds in its environment: an allow-list, and a home of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["MARK", "kernel_environment"]

# Set to a fresh value in every run, so that processes which outlive their kernel can be recognised.
MARK = "MENTORING_RUN"

# Tokens, cloud credentials, proxies and agents of the person who grades are none of the code's business,
# so names are let through rather than kept out. The library paths are needed by Python builds that were
# not installed in a standard place.
_LET_THROUGH = ("TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


def kernel_environment(home: Path, mark: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of one kernel whose home directory is ``home``."""
    _share_font_cache(home)
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "IPYTHONDIR": str(home / ".ipython"),
        "MPLCONFIGDIR": str(home),
        # One run is like the next: the order of sets is part of what a student sees.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        # Several kernels share the machine, and every BLAS thread reserves memory that the limit counts.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        MARK: mark,
        **{name: os.environ[name] for name in _LET_THROUGH if name in os.environ},
        **extra,
    }


def _share_font_cache(home: Path) -> None:
    # Without matplotlib's list of fonts the first plot in an empty home takes seconds. It is copied, not
    # linked: what the code writes there must not reach the next run.
    given = os.environ.get("MPLCONFIGDIR")
    cache = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    for folder in (cache, cache / "matplotlib"):
        for fonts in folder.glob("fontlist-v*.json"):
            shutil.copyfile(fonts, home / fonts.name)
