"""ipywidgets: how state from a page is applied."""

from __future__ import annotations

import pytest
from ipywidgets import Widget

from tests.canary.signatures import mentions, takes

pytestmark = pytest.mark.canary


def test_a_page_s_state_comes_by_set_state(changed):
    assert takes(Widget.set_state, "sync_data"), changed("set_state")
    assert mentions(Widget, "def _handle_msg", "self.set_state(state)"), changed("the way of a page's state")
    assert takes(Widget.send_state, "key"), changed("send_state")
    assert mentions(Widget.set_state, "_lock_property(**sync_data)", "echo_update"), changed(
        "the echo of what a page sent"
    )
    assert callable(Widget.hold_sync), changed("hold_sync")
