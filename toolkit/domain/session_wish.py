"""What a student wishes for before a session: one win, one block, one goal."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Wish"]


@dataclass(frozen=True)
class Wish:
    """The student's side of the preparation; each part may be empty.

    Parameters
    ----------
    win : str
        What went well since the last session.
    block : str
        What they are stuck on.
    goal : str
        What should work at the end of the session.
    words : str
        What the mentor wrote down of it, from a message or a call.
    """

    win: str = ""
    block: str = ""
    goal: str = ""
    words: str = ""
