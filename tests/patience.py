"""The time that tests wait for an event before they report it missing.

A wait ends with its event, so a long limit costs a passing test nothing. The limit is long because these
tests check results, and a busy machine may be slow. Speed is measured in `benchmarks/`.
"""

from __future__ import annotations

__all__ = ["PATIENCE_MS", "PATIENCE_S"]

PATIENCE_S = 120.0
PATIENCE_MS = 1000 * PATIENCE_S
