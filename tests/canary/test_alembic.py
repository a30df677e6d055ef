"""alembic: its options, and the table that stores the revision."""

from __future__ import annotations

import pytest
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from tests.canary.signatures import mentions

pytestmark = pytest.mark.canary


def test_an_option_is_read_as_an_ini_file_s(changed):
    config = Config()
    config.set_main_option("script_location", "a%%b")
    assert config.get_main_option("script_location") == "a%b", changed("the meaning of % in an option")


def test_the_revision_is_in_this_table(changed):
    assert mentions(MigrationContext, '"version_table", "alembic_version"'), changed("the name of its table")
