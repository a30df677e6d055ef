"""matplotlib-inline: how the backend finds its shell."""

from __future__ import annotations

import pytest
from matplotlib_inline import backend_inline
from matplotlib_inline.config import InlineBackend

from tests.canary.signatures import mentions

pytestmark = pytest.mark.canary


def test_it_hooks_into_the_shell_when_it_is_told(changed):
    assert mentions(backend_inline._enable_matplotlib_integration, "configure_inline_support(ip"), changed(
        "_enable_matplotlib_integration"
    )
    assert mentions(backend_inline.configure_inline_support, "configure_inline_support.current_backend"), (
        changed("what it remembers")
    )
    assert backend_inline.InlineBackend is InlineBackend, changed("the name InlineBackend")
    assert callable(InlineBackend.clear_instance), changed("clear_instance")
