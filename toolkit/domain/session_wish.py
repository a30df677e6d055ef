"""A student's wish before a session: one win, one block, one goal."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SessionWish"]


@dataclass(frozen=True)
class SessionWish:
    """The student's preparation of a session; each part may be empty.

    Parameters
    ----------
    win : str
        A success since the last session.
    block : str
        A problem on which the student is stuck.
    goal : str
        The result that the student wants at the end of the session.
    words : str
        The mentor's notes of the wish, from a message or a call.
    """

    win: str = ""
    block: str = ""
    goal: str = ""
    words: str = ""
