"""The command `mentor` (and `jupyter mentor`), thin over the services."""

from toolkit.cli.main import command_group, main

__all__ = ["command_group", "main"]
