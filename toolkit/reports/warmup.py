"""What a session begins with: two earlier skills, from memory."""

from __future__ import annotations

from datetime import date

from toolkit.i18n import _, use_language
from toolkit.reports.snapshot import Snapshot

__all__ = ["warm_up"]


def warm_up(snapshot: Snapshot, count: int = 2) -> tuple[str, ...]:
    """Return questions in the student's language: skills due for a refresh, then those shown longest ago.

    Parameters
    ----------
    count : int
        How many at most.
    """
    due = [review.title for review in snapshot.reviews]
    shown = sorted(
        (skill for skill in snapshot.skills if skill.shown_on and skill.title not in due),
        key=lambda skill: skill.shown_on or date.max,
    )
    with use_language(snapshot.student.language):
        return tuple(
            _("{skill}: in one sentence, then the smallest example that shows it.").format(skill=title)
            for title in [*due, *(skill.title for skill in shown)][:count]
        )
