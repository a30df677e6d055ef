"""How long tests wait for an event before they call it missing.

A wait ends with its event, so the length costs a passing test nothing. It is long because these tests judge
results, and a busy machine may take its time. Speed is measured in `benchmarks/`.
"""

from __future__ import annotations

__all__ = ["PATIENCE_MS", "PATIENCE_S"]

PATIENCE_S = 120.0
PATIENCE_MS = 1000 * PATIENCE_S
