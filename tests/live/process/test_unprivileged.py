"""The tests of the server's start and end again, with an ordinary user's rights."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.security.unprivileged import again


@pytest.mark.skipif(os.geteuid() != 0, reason="it is an ordinary user who runs these tests")
def test_as_an_ordinary_user():
    here = Path(__file__).parents[1]
    files = (
        "process/test_supervisor",
        "process/test_kernel_broker",
        "process/test_sandbox",
        "server/test_recovery",
    )
    again(*(here / f"{name}.py" for name in files), least=90)
