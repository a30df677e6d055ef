"""JupyterLab: the plugins that we disable, and the APIs that our extension uses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.canary.shipped import scripts
from toolkit.live.server.jupyter_config import DISABLED_PLUGINS

pytestmark = pytest.mark.canary

OWN = Path(__file__).parents[2] / "toolkit" / "lab"


def has(text, folder="lab/static"):
    return bool(scripts(folder, text))


def test_the_plugins_that_are_switched_off_are_there(changed):
    for name in DISABLED_PLUGINS:
        package, _colon, plugin = name.partition(":")
        folder = "labextensions/@jupyter" if package.startswith("@jupyter/") else "lab/static"
        assert has(name if plugin else f'"{package}:', folder), changed(
            f"the plugin {name}, which is not there,"
        )


def test_another_may_run_the_cells(changed):
    disabled = json.loads((OWN / "package.json").read_text())["jupyterlab"]["disabledExtensions"]
    assert disabled[0] == "@jupyterlab/notebook-extension:cell-executor"
    assert has(disabled[0]), changed("the plugin that runs cells")
    assert has("INotebookCellExecutor"), changed("the token of what runs cells")


def test_a_notebook_tells_of_its_dead_kernel_by_this(changed):
    assert has("_onSessionStatusChanged"), changed("`_onSessionStatusChanged`, which `revival.ts` takes off,")


def test_outputs_are_drawn_by_what_the_model_calls_trusted(changed):
    assert has("preferredMimeType("), changed("preferredMimeType, which `trust.ts` stands before,")
    assert has("createRenderer("), changed("createRenderer")
