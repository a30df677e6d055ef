"""click: its messages and exit codes."""

from __future__ import annotations

import inspect

import click
import pytest

from tests.canary.signatures import takes
from toolkit.cli.click_strings import CLICK_MESSAGES

pytestmark = pytest.mark.canary


def test_outside_its_standalone_mode_it_returns_the_code(changed):
    @click.command
    @click.pass_context
    def one(context):
        context.exit(3)

    assert one.main([], standalone_mode=False) == 3, changed("what main returns")


def test_its_words_go_through_gettext(changed):
    modules = (click.core, click.exceptions, click.types, click.formatting, click.decorators, click.parser)
    source = "".join(inspect.getsource(module) for module in modules)
    missing = [word for word in CLICK_MESSAGES if f'"{word}"' not in source and f"'{word}'" not in source]
    assert missing == [], changed(f"the wording of {missing}")
    assert "from gettext import gettext as _" in source, changed(
        "the catalogue that it looks its words up in"
    )


def test_a_group_finds_its_commands_so(changed):
    assert takes(click.Group.get_command, "ctx", "cmd_name"), changed("get_command")
    assert takes(click.Group.list_commands, "ctx"), changed("list_commands")
    assert takes(click.Group.resolve_command, "ctx", "args"), changed("resolve_command")
    assert takes(click.Group.format_commands, "ctx", "formatter"), changed("format_commands")
