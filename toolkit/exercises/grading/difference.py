"""Line-by-line difference between two versions of an answer."""

from __future__ import annotations

from difflib import SequenceMatcher

__all__ = ["line_difference"]

# `SequenceMatcher` takes quadratic time, and nobody reads a longer comparison.
_MAX_LINES = 2000


def line_difference(before: str, now: str) -> tuple[tuple[str, str], ...]:
    r"""Return every line of both versions as "same", "added" or "removed"; empty if they are too long.

    Parameters
    ----------
    before, now : str
        The earlier and the later version.

    Examples
    --------
    >>> difference("a\nb", "a\nc")
    (('same', 'a'), ('removed', 'b'), ('added', 'c'))
    """
    old, new = before.splitlines(), now.splitlines()
    if len(old) + len(new) > _MAX_LINES:
        return ()
    lines: list[tuple[str, str]] = []
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        if what == "equal":
            lines += [("same", line) for line in new[j1:j2]]
        else:
            lines += [("removed", line) for line in old[i1:i2]]
            lines += [("added", line) for line in new[j1:j2]]
    return tuple(lines)
