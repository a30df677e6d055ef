"""`mentor watch`, run in this process or as a command of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from toolkit.services.grading.watch_submissions import WatchEvent, watch_submissions


class Watching:
    """Run `watch_submissions` in this process, collect its events, and end it after enough of them."""

    def __init__(self, practice, until, *, ready=lambda: None, seconds=120.0):
        self.news: list[WatchEvent] = []
        deadline = time.monotonic() + seconds

        def goes_on():
            assert time.monotonic() < deadline, self.news
            return not until(self.news)

        watch_submissions(practice, self.news.append, ready=ready, goes_on=goes_on)


def start(practice):
    return subprocess.Popen(
        [Path(sys.executable).with_name("mentor"), "--practice", practice.root, "--lang", "en", "watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
