"""What kernels and their servers find in their environment: an allow-list, and a home of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from toolkit.i18n import current_language
from toolkit.kernels.bubblewrap import FONTS
from toolkit.kernels.forkserver.sandbox_setup import HOME

__all__ = ["MARK", "inside_environment", "kernel_environment", "server_environment"]

# Set to a fresh value in every run, so that processes which outlive their kernel can be recognised.
MARK = "MENTORING_RUN"

# Tokens, cloud credentials, proxies and agents of the person who grades are none of the code's business,
# so names are let through rather than kept out. The library paths are needed by Python builds that were
# not installed in a standard place.
_INLINE = "module://matplotlib_inline.backend_inline"
_LET_THROUGH = ("TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


# What every Python of ours is started with.
_ALWAYS = {
    "LANG": "C.UTF-8",
    # One run is like the next: the order of sets is part of what a student sees.
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    # Several kernels share the machine, and every BLAS thread reserves memory that the limit counts.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def server_environment(python: Path) -> dict[str, str]:
    """Return the whole environment of a fork server; what it imports finds this."""
    return {
        **_ALWAYS,
        "PATH": _path(python),
        "HOME": "/tmp",  # noqa: S108 - private: bubblewrap's
        "IPYTHONDIR": "/tmp/ipython",  # noqa: S108
        "MPLBACKEND": _INLINE,
        "MPLCONFIGDIR": FONTS,
        # debugpy warns otherwise, of what does not matter before a debugger is attached.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **_let_through(),
    }


def inside_environment(python: Path, extra: Mapping[str, str], *, network: bool = False) -> dict[str, str]:
    """Return the whole environment of a sandboxed kernel."""
    # pip would try for a while.
    alone = {} if network else {"PIP_RETRIES": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return {
        **_ALWAYS,
        "PATH": _path(python),
        "HOME": HOME,
        "USER": "student",
        "LOGNAME": "student",
        "SHELL": "/bin/sh",
        "TMPDIR": "/tmp",  # noqa: S108 - private
        "MPLBACKEND": _INLINE,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "MENTORING_LANG": current_language(),
        **alone,
        **_let_through(),
        **extra,
    }


def _path(python: Path) -> str:
    return os.pathsep.join([str(python.parent), "/usr/local/bin", "/usr/bin", "/bin"])


def _let_through() -> dict[str, str]:
    return {name: os.environ[name] for name in _LET_THROUGH if name in os.environ}


def kernel_environment(home: Path, mark: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of one kernel whose home directory is ``home``."""
    _share_font_cache(home)
    return {
        **_ALWAYS,
        "PATH": _path(Path(sys.executable)),
        "HOME": str(home),
        "TMPDIR": str(home),
        "IPYTHONDIR": str(home / ".ipython"),
        "MPLCONFIGDIR": str(home),
        MARK: mark,
        **_let_through(),
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
