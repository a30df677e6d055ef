"""A command names the extra that it needs before it does anything."""

from __future__ import annotations

import pytest

from toolkit._internal import extras
from toolkit.cli.main import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_without_extras_each_command_names_the_one_it_needs(mentor, monkeypatch, name):
    """Without the extras, each command names the extra that it needs."""
    monkeypatch.setattr(extras, "find_spec", lambda _module: None)
    code, out, err = mentor(name)
    assert (code, out) == (5, "")
    assert err.startswith("Error: This needs the extra '")
    assert err.count("\n") == 1
    assert 'Install it: pip install "mentoring-toolkit[' in err


def test_help_and_version_need_none(mentor, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda _module: None)
    assert mentor("--help")[0] == mentor("--version")[0] == 0


def test_the_practice_is_enough_for_what_needs_no_more(mentor, monkeypatch, tmp_path):
    beyond = {extras.EXTRAS["reports"], extras.EXTRAS["live"]}
    monkeypatch.setattr(extras, "find_spec", lambda module: None if module in beyond else module)
    (tmp_path / "mentoring.toml").write_text("")
    assert mentor("student", "list")[0] == 0
    assert "[reports]" in mentor("report", "--all")[2]
    assert "[live]" in mentor("live", "ana")[2]
