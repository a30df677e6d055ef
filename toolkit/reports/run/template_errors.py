"""Error messages for failed templates, with hints for the repair."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from toolkit.errors import ExecutionError
from toolkit.i18n import _

__all__ = ["first_line", "kept_files_hint", "template_error"]

# Python's messages for a missing name, key or attribute.
_MISSING_NAME = {
    "NameError": re.compile(r"name '(\w+)' is not defined"),
    "KeyError": re.compile(r"'(\w+)'"),
    "AttributeError": re.compile(r"has no attribute '(\w+)'"),
}


def template_error(
    template: object, source: str, name: str, reason: str, words: Mapping[str, object]
) -> ExecutionError:
    """Return the error for a cell that failed.

    Parameters
    ----------
    template : object
        Path of the template.
    source : str
        Source of the cell.
    name, reason : str
        Class name and message of the exception.
    words : mapping
        The template's parameters and their parts; similar names are suggested from them.
    """
    reason = reason[:500]
    if not reason.endswith((".", "!", "?", "…")):
        reason = f"{reason}."
    missed = (
        _MISSING_NAME[name].match(reason) or _MISSING_NAME[name].search(reason)
        if name in _MISSING_NAME
        else None
    )
    hint = kept_files_hint()
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
    """Return the first non-empty line of a cell, cut after 80 characters."""
    return next((line for line in source.splitlines() if line.strip()), "")[:80]


def kept_files_hint() -> str:
    """Return the hint that earlier files are kept and that the template needs a repair."""
    return _("What was written before is still there. Correct the template, then try again.")
