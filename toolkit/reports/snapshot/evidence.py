"""From attempts and what was seen live to evidence: what says something about a skill, and with what help."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from toolkit.domain.attempt_evidence import Trial, trials
from toolkit.domain.mastery import Evidence

if TYPE_CHECKING:
    # The database is not asked, and a notebook's kernel is not to wait for it.
    from toolkit.store import Observation

__all__ = ["SEEN_IN", "Trial", "seen_live", "trials"]

SEEN_IN = "session:"
"""What the source of evidence begins with that was seen in a session; the session's id follows."""


def seen_live(observation: Observation, zone: tzinfo) -> Evidence:
    """Return what an observation is worth as evidence: a success, on the day it was seen.

    Parameters
    ----------
    zone : tzinfo
        Whose days count.
    """
    day = observation.seen_at.astimezone(zone).date()
    return Evidence(day, success=True, aided=observation.aided, source=SEEN_IN + observation.session_id)
