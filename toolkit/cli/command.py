"""Decorators that all commands share: help text, examples, and the option `--json`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from toolkit.i18n import _

__all__ = ["command_group", "json_option", "mentor_command"]


def mentor_command(name: str, text: str, *examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Return a decorator that makes a click command with a help text and examples.

    Parameters
    ----------
    name : str
        Name of the command.
    text : str
        Help text, in the current language.
    *examples : str
        Complete command lines, shown below the help text.
    """
    lines = "\n".join(f"  {example}" for example in examples)
    return click.command(
        name,
        help=text,
        epilog="\b\n" + _("Examples:") + "\n" + lines,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def command_group(name: str, text: str, *commands: click.Command) -> click.Group:
    """Return a group of commands, listed in the given order.

    Parameters
    ----------
    name : str
        Name of the group.
    text : str
        Help text, in the current language.
    *commands : click.Command
        The commands.
    """
    made = _InOrder(name, help=text, no_args_is_help=True)
    for each in commands:
        made.add_command(each)
    return made


class _InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option `--json` to a command's callback."""
    return click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))(function)
