"""One server for all the attacks of this folder, and the browsers of both guests.

The attacks of `test_symlink_races.py` come last: they replace the workspace's own files by links.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.live.live_server import Live
from tests.security.live.conftest import attacked


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with attacked(tmp_path_factory.mktemp("attacked")) as running:
        yield running


@pytest.fixture(params=["student", "mentor"])
def guest(request, live) -> httpx.Client:
    return live.guest({"student": "zoe-lefevre"}.get(request.param, request.param))
