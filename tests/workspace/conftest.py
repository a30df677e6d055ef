"""The record that the widgets' tests have, too."""

from __future__ import annotations

from tests.widgets.conftest import record

__all__ = ["record"]
