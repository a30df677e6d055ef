"""Waiting for a file lock ends with a timeout."""

from __future__ import annotations

import threading

from toolkit._internal.file_lock import try_lock


def test_whoever_holds_it_lets_go_in_time_or_not(tmp_path):
    path = tmp_path / "lock"
    with path.open("w") as other:
        mine = path.open("w")
        assert try_lock(other.fileno(), 0)
        assert not try_lock(mine.fileno(), 0)
        assert not try_lock(mine.fileno(), 0.05)
        timer = threading.Timer(0.05, other.close)
        timer.start()
        assert try_lock(mine.fileno(), 10)
        timer.join()
        mine.close()
