"""Why a template failed, in words that help to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from toolkit.errors import ExecutionError
from toolkit.i18n import _

__all__ = ["failure", "first_line", "kept"]

# Where Python says what it did not find: a name, a key, an attribute.
_MISSED = {
    "NameError": re.compile(r"name '(\w+)' is not defined"),
    "KeyError": re.compile(r"'(\w+)'"),
    "AttributeError": re.compile(r"has no attribute '(\w+)'"),
}


def failure(
    template: object, source: str, name: str, reason: str, words: Mapping[str, object]
) -> ExecutionError:
    """Return the error for a cell that failed.

    Parameters
    ----------
    source : str
        The cell.
    name, reason : str
        Of the exception.
    words : mapping
        What the template was given, and the parts of it.
    """
    reason = reason[:500]
    if not reason.endswith((".", "!", "?", "…")):
        reason = f"{reason}."
    missed = _MISSED[name].match(reason) or _MISSED[name].search(reason) if name in _MISSED else None
    hint = kept()
    if missed and missed[1] not in words:
        near = get_close_matches(missed[1], list(words), n=3, cutoff=0.6)
        known = _("A template gets: {names}.").format(names=", ".join(sorted(words)))
        meant = _("Did you mean {names}?").format(names=", ".join(near))
        hint = f"{meant if near else known} {hint}"
    return ExecutionError(
        _("{template}: the cell that begins with `{cell}` failed: {name}: {reason}").format(
            template=template, cell=first_line(source), name=name, reason=reason
        ),
        hint,
    )


def first_line(source: str) -> str:
    """Return the first line of a cell that says something."""
    return next((line for line in source.splitlines() if line.strip()), "")[:80]


def kept() -> str:
    """Return what follows from a failure."""
    return _("What was written before is still there. Mend the template, then try again.")
