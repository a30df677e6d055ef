"""The Chromium of the benchmarks: the one that MENTORING_CHROMIUM names, or the system's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

__all__ = ["chromium", "program"]

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def program() -> str | None:
    """Return the path of the browser, or None if there is none: Playwright then looks for its own."""
    return os.environ.get("MENTORING_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium, and end it."""
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root.
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program(), args=flags)
        yield browser
        browser.close()
