"""One session served by `mentor live`, with two browsers, shared by all tests of this folder.

The files run in the order of their names: the kernel is killed after the server, and `test_sigterm.py` ends
the session.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import chromium
from tests.browser.cuttable_connection import wires
from tests.browser.fault_injection.session_pages import Seats, by
from tests.browser.live_session_browsers import Meeting, come_in, meeting, own_browser
from tests.patience import PATIENCE_MS
from tests.small_disk import small_disk
from toolkit.practice import Practice


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser of the other tests, but closed at the end of the folder."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def held(built_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    with small_disk(tmp_path_factory.mktemp("faults") / "disk") as disk:
        practice = Practice(Path(shutil.copytree(built_demo, disk / "practice")))
        # Servers start meanwhile, on a machine that has two browsers to run.
        expect.set_options(timeout=PATIENCE_MS)
        with meeting(practice, "ben-okafor") as running:
            yield running
        expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def seats(browser: Browser, held: Meeting, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seats]:
    profile = tmp_path_factory.mktemp("profile")
    address = held.links[0].partition("/join/")[0]
    with ExitStack() as stack:
        laid = stack.enter_context(wires(address, 2))
        theirs = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        stack.callback(theirs.close)
        mine = stack.enter_context(own_browser(browser, profile))
        pages = [
            come_in(context, by(wire, link))
            for context, wire, link in zip((mine, theirs), laid, held.links, strict=True)
        ]
        yield Seats(browser, held, profile, laid, *pages, stack)
