"""Environment variables of kernels and fork servers: an allow list, never the caller's whole environment."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from toolkit.i18n import current_language
from toolkit.kernels.bubblewrap import FONTS
from toolkit.kernels.forkserver.sandbox_setup import HOME

__all__ = ["RUN_MARK_VARIABLE", "kernel_environment", "sandbox_environment", "server_environment"]

# Has a unique value in every run, which identifies processes that outlive their kernel.
RUN_MARK_VARIABLE = "MENTORING_RUN"

_INLINE = "module://matplotlib_inline.backend_inline"
# An allow list, not a deny list, keeps tokens, credentials, proxies and agents of the caller from the code.
# Python builds outside the standard folders need the library paths.
_PASSED_VARIABLES = ("TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


# Variables of every Python process that this package starts.
_COMMON_VARIABLES = {
    "LANG": "C.UTF-8",
    # Makes runs reproducible: the order of sets is visible in outputs.
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    # Several kernels share the machine, and the memory limit counts the reservation of every BLAS thread.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def server_environment(python: Path) -> dict[str, str]:
    """Return the complete environment of a fork server."""
    return {
        **_COMMON_VARIABLES,
        "PATH": _path(python),
        "HOME": "/tmp",  # noqa: S108 - private: bubblewrap's
        "IPYTHONDIR": "/tmp/ipython",  # noqa: S108
        "MPLBACKEND": _INLINE,
        "MPLCONFIGDIR": FONTS,
        # Silences a warning of debugpy that is irrelevant until a debugger is attached.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **_passed_variables(),
    }


def sandbox_environment(python: Path, extra: Mapping[str, str], *, network: bool = False) -> dict[str, str]:
    """Return the complete environment of a sandboxed kernel.

    Parameters
    ----------
    python : Path
        Interpreter of the kernel.
    extra : mapping of str to str
        Further variables; override the defaults.
    network : bool
        True if the kernel can use the machine's network.
    """
    # Without network pip would retry for a long time.
    alone = {} if network else {"PIP_RETRIES": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return {
        **_COMMON_VARIABLES,
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
        **_passed_variables(),
        **extra,
    }


def _path(python: Path) -> str:
    return os.pathsep.join([str(python.parent), "/usr/local/bin", "/usr/bin", "/bin"])


def _passed_variables() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ}


def kernel_environment(home: Path, mark: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the complete environment of a kernel without sandbox.

    Parameters
    ----------
    home : Path
        Its temporary home folder.
    mark : str
        Value of `RUN_MARK_VARIABLE`, unique for the run.
    extra : mapping of str to str
        Further variables; override the defaults.
    """
    _share_font_cache(home)
    return {
        **_COMMON_VARIABLES,
        "PATH": _path(Path(sys.executable)),
        "HOME": str(home),
        "TMPDIR": str(home),
        "IPYTHONDIR": str(home / ".ipython"),
        "MPLCONFIGDIR": str(home),
        RUN_MARK_VARIABLE: mark,
        **_passed_variables(),
        **extra,
    }


def _share_font_cache(home: Path) -> None:
    # Without matplotlib's font cache the first plot takes seconds. A copy, not a link, so that the code
    # cannot change the cache of the next run.
    given = os.environ.get("MPLCONFIGDIR")
    cache = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    for folder in (cache, cache / "matplotlib"):
        for fonts in folder.glob("fontlist-v*.json"):
            shutil.copyfile(fonts, home / fonts.name)
