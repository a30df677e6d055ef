"""An empty database."""

from __future__ import annotations

import pytest

from toolkit.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "practice.db")
