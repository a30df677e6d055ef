"""The command `mentor` (and `jupyter mentor`), thin over the journeys."""

from toolkit.cli.main import main

__all__ = ["main"]
