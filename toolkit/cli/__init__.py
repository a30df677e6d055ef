"""The command `mentor` (and `jupyter mentor`), thin over the journeys."""

from toolkit.cli.main import command_group, main

__all__ = ["command_group", "main"]
