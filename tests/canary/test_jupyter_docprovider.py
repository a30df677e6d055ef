"""jupyter-docprovider: its own cell executor."""

from __future__ import annotations

import json

import pytest

from tests.canary.shipped import scripts
from tests.canary.test_jupyterlab import OWN

pytestmark = pytest.mark.canary


def test_it_provides_an_executor_too(changed):
    name = json.loads((OWN / "package.json").read_text())["jupyterlab"]["disabledExtensions"][1]
    assert scripts("labextensions/@jupyter", name), changed(f"the plugin {name}")
