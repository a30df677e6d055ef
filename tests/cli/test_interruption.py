"""Ctrl-C and SIGTERM end a running command at any moment."""

from __future__ import annotations

import signal
import time
import weakref

import pytest

from toolkit.cli.watch import interrupt_on_sigterm


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_during_cleanup_is_heard(number):
    """A signal during cleanup takes effect."""

    class Thing:
        pass

    thing = Thing()
    kept = weakref.ref(thing, lambda _ref: signal.raise_signal(number))

    def work() -> None:
        nonlocal thing
        thing = None
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            pass

    with pytest.raises(KeyboardInterrupt), interrupt_on_sigterm():
        work()
    assert kept() is None


def test_what_else_goes_wrong_there_is_said_as_ever(monkeypatch):
    said = []
    monkeypatch.setattr("sys.unraisablehook", said.append)

    class Thing:
        def __del__(self) -> None:
            raise ValueError

    with interrupt_on_sigterm():
        Thing()
    assert [one.exc_type for one in said] == [ValueError]
    said.clear()
