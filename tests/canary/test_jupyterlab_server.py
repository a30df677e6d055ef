"""jupyterlab-server: the page configuration, and settings."""

from __future__ import annotations

import pytest
from jupyterlab_server.handlers import LabHandler
from jupyterlab_server.settings_handler import SettingsHandler

from tests.canary.signatures import mentions, takes

pytestmark = pytest.mark.canary


def test_a_hook_changes_the_page_s_configuration(changed):
    assert mentions(LabHandler, "page_config_hook(self, page_config)"), changed("page_config_hook")


def test_settings_are_found_by_a_name(changed):
    assert takes(SettingsHandler.get, "schema_name"), changed("SettingsHandler.get")
    assert mentions(SettingsHandler.get, "ids_only"), changed("ids_only")
