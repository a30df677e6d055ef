"""Workers are forked from a process that has already loaded nbgrader, and stop without any output."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.patience import PATIENCE_S
from toolkit.exercises import WorkerPool

_POOL = """
import sys
from toolkit.exercises import WorkerPool, preload_worker

try:
    with WorkerPool(1) as workers:
        print("started", flush=True)
        preload_worker(workers)
        preload_worker(workers)
        sys.stdin.read()
except KeyboardInterrupt:
    sys.exit(3)
"""


def _loaded() -> bool:
    return "nbgrader.api" in sys.modules


def test_a_worker_starts_with_nbgrader_loaded():
    with WorkerPool(1) as workers:
        assert workers.submit(_loaded).result()


@pytest.mark.parametrize("delay_s", [0.0, 0.5, 1.0, 1.5, 2.0])
def test_a_pool_that_is_interrupted_while_it_starts_prints_nothing(delay_s):
    """The moments are during the fork server's imports, the fork, and the worker's own imports."""
    process = subprocess.Popen(
        [sys.executable, "-c", _POOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"started\n"
    time.sleep(delay_s)
    process.send_signal(signal.SIGINT)
    # The end of standard error is that of every process that could write to it.
    _out, err = process.communicate(timeout=PATIENCE_S)
    assert err == b""
    assert process.returncode == 3
