"""Attempts and live observations as evidence of skills."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from toolkit.domain.attempt_evidence import AttemptEvidence, evidence_from_attempts
from toolkit.domain.mastery import Evidence

if TYPE_CHECKING:
    # For annotations only: a notebook's kernel must not wait for the import of the database.
    from toolkit.store import Observation

__all__ = ["OBSERVATION_PREFIX", "AttemptEvidence", "evidence_from_attempts", "evidence_from_observation"]

OBSERVATION_PREFIX = "session:"
"""Prefix of the source of evidence from a live observation; the session's id follows."""


def evidence_from_observation(observation: Observation, zone: tzinfo) -> Evidence:
    """Return an observation as evidence: a success on the day of the observation.

    Parameters
    ----------
    observation : Observation
        The mentor's live observation.
    zone : tzinfo
        Time zone in which a day begins and ends.
    """
    day = observation.seen_at.astimezone(zone).date()
    return Evidence(
        day, success=True, aided=observation.aided, source=OBSERVATION_PREFIX + observation.session_id
    )
