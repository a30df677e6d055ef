"""One server for the attacks of a file, with secrets around its workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.live_server import Live, plant, serving

SECRET = "only the mentor knows"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with attacked(tmp_path_factory.mktemp("attacked")) as running:
        yield running


@contextmanager
def attacked(folder: Path) -> Iterator[Live]:
    """Start a server in ``folder``, with secrets around its workspace."""
    (folder / "secret.txt").write_text(SECRET)
    (folder / "other").mkdir()
    (folder / "other" / "secret.ipynb").write_text(f'{{"cells": [], "metadata": {{"it": "{SECRET}"}}}}')
    root = folder / "workspace"
    plant(root)
    (root / ".hidden").mkdir()
    (root / ".hidden" / "secret.txt").write_text(SECRET)
    (root / ".secret").write_text(SECRET)
    with serving(folder) as running:
        yield running
