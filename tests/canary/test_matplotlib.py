"""matplotlib: its cache of open fonts."""

from __future__ import annotations

import pytest
from matplotlib import font_manager

pytestmark = pytest.mark.canary


def test_open_fonts_are_in_a_cache(changed):
    assert callable(getattr(font_manager._get_font, "cache_clear", None)), changed("the cache `_get_font`")
