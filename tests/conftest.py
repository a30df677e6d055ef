"""What several parts of the tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from toolkit.i18n import use_language
from toolkit.journeys import demo
from toolkit.practice import Practice


@pytest.fixture(scope="session")
def built_demo(tmp_path_factory) -> Path:
    """The demo practice, built once with every real part; not to be changed."""
    folder = tmp_path_factory.mktemp("demo") / "practice"
    with use_language("en"):
        demo.build(folder)
    return folder


@pytest.fixture
def demo_practice(built_demo, tmp_path) -> Practice:
    """A copy of the demo practice, to do anything with."""
    return Practice(Path(shutil.copytree(built_demo, tmp_path / "practice")))
