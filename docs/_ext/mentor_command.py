"""The command `mentor` as sphinx-click reads it: an object, made with English words."""

from toolkit.cli import command_group

mentor = command_group()
