"""What changed between two versions of an answer, line by line."""

from __future__ import annotations

from difflib import SequenceMatcher

__all__ = ["difference"]

# Beyond it comparing takes longer than anybody waits, and nobody reads the result.
_MOST_LINES = 2000


def difference(before: str, now: str) -> tuple[tuple[str, str], ...]:
    r"""Return every line of both, each "same", "added" or "removed"; nothing where they are too long.

    >>> difference("a\nb", "a\nc")
    (('same', 'a'), ('removed', 'b'), ('added', 'c'))
    """
    old, new = before.splitlines(), now.splitlines()
    if len(old) + len(new) > _MOST_LINES:
        return ()
    lines: list[tuple[str, str]] = []
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        if what == "equal":
            lines += [("same", line) for line in new[j1:j2]]
        else:
            lines += [("removed", line) for line in old[i1:i2]]
            lines += [("added", line) for line in new[j1:j2]]
    return tuple(lines)
