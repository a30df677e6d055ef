"""How every command is made: its line of help, its examples, the practice it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from toolkit.i18n import _

__all__ = ["command", "group", "json_option"]


def command(name: str, text: str, *examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Return a decorator that makes a command with ``text`` as its help and ``examples`` below it.

    Parameters
    ----------
    text : str
        What it does, in the reader's language.
    examples : str
        Command lines that work as they stand.
    """
    lines = "\n".join(f"  {example}" for example in examples)
    return click.command(
        name,
        help=text,
        epilog="\b\n" + _("Examples:") + "\n" + lines,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def group(name: str, text: str, *commands: click.Command) -> click.Group:
    """Return a group of commands, listed in the order given."""
    made = _InOrder(name, help=text, no_args_is_help=True)
    for each in commands:
        made.add_command(each)
    return made


class _InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))(function)
