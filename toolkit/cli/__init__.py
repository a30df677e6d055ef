"""The command `mentor` (and `jupyter mentor`), thin over the services."""

from toolkit.cli.main import main

__all__ = ["main"]
