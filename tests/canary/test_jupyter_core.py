"""jupyter_core: the search path of configuration."""

from __future__ import annotations

import jupyter_core.paths
import pytest

from tests.canary.signatures import mentions

pytestmark = pytest.mark.canary


def test_configuration_of_the_machine_is_in_two_lists(changed):
    for name in ("SYSTEM_CONFIG_PATH", "ENV_CONFIG_PATH"):
        assert isinstance(getattr(jupyter_core.paths, name), list), changed(name)
        assert mentions(jupyter_core.paths.jupyter_config_path, name), changed(f"the use of {name}")
