"""IPython: the shell."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.canary.signatures import mentions, takes

pytestmark = pytest.mark.canary

CODE = """
import json
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.display_formatter.format(None)
def last():
    return shell.user_ns["_"], dict(shell.user_ns["Out"])
shell.run_cell("41", store_history=True)
found = {"before": last()}
shell.run_cell("2", silent=True, store_history=False)
found["silent"] = last()
shell.run_cell("x = 3", store_history=False)
found["without a value"] = last()
shell.run_cell("4", store_history=False)
found["with a value"] = last()
mode = shell.InteractiveTB.mode
shell.InteractiveTB.set_mode("Minimal")
found["mode"] = shell.InteractiveTB.mode
said = []
shell.events.register("pre_run_cell", said.append)
shell.run_cell("5")
found["events"] = len(said)
shell.history_manager.enabled = False
print("FOUND", json.dumps(found))
"""


@pytest.fixture(scope="module")
def found():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    return json.loads(run.stdout.split("FOUND")[1])


def test_a_value_without_history_takes_the_place_of_the_last(changed, found):
    assert found["before"] == [41, {"1": 41}], changed("`_` and `Out`")
    assert found["with a value"] == [4, {"1": 41, "2": 4}] or found["with a value"] == [4, {"1": 4}], changed(
        "the overwriting of `_` and `Out[n]` by a run without history"
    )


def test_a_silent_run_or_one_without_a_value_leaves_none(changed, found):
    assert found["silent"] == found["before"], changed("what a silent run leaves in `_` and `Out`")
    assert found["without a value"] == found["before"], changed("what a run without a value leaves there")


def test_tracebacks_and_events(changed, found):
    assert found["mode"] == "Minimal", changed("the mode of tracebacks")
    assert found["events"] == 1, changed("the event `pre_run_cell`")


def test_what_is_overridden_is_called_so(changed):
    assert takes(InteractiveShell._showtraceback, "etype", "evalue", "stb"), changed("_showtraceback")
    assert takes(InteractiveShell.transform_cell, "raw_cell"), changed("transform_cell")
    assert mentions(InteractiveShell, "= self.transform_cell(raw_cell)"), changed(
        "the second transformation of a cell"
    )
    for name in ("atexit_operations", "init_magics", "showtraceback"):
        assert hasattr(InteractiveShell, name), changed(name)
    assert mentions(InteractiveShell.init_magics, "self.register_magics"), changed("register_magics")
