"""The same record as in the tests of the widgets."""

from __future__ import annotations

from tests.widgets.conftest import record

__all__ = ["record"]
