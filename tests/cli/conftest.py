"""Run the command in this process."""

from __future__ import annotations

from contextvars import Context

import pytest

from toolkit.cli.main import main


@pytest.fixture
def mentor(capfd, monkeypatch, tmp_path):
    """Run `mentor ARGS` in this process; return (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MENTORING_LANG", "en")
    monkeypatch.setenv("LANGUAGE", "en")

    def run(*args):
        with pytest.raises(SystemExit) as done:
            # As in a process of its own: whatever language the tests of another folder speak.
            Context().run(main, [str(arg) for arg in args])
        code = done.value.code
        out, err = capfd.readouterr()
        return code, out, err

    return run


@pytest.fixture
def on_demo(mentor, demo_practice):
    return lambda *args: mentor("--practice", demo_practice.root, *args)
