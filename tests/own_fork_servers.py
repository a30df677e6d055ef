"""Separate fork servers for tests that count or end kernels."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from toolkit.kernels import fork_servers

__all__ = ["own_fork_servers"]


@contextmanager
def own_fork_servers() -> Iterator[None]:
    """Start fork servers in a folder of their own, and end them afterwards."""
    # Its path is short, for a socket's has to be.
    folder = Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MENTORING_RUNTIME_DIR", str(folder))
        yield
        for server in fork_servers.running_fork_servers():
            server.stop()
    shutil.rmtree(folder)
