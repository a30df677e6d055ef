"""The pages of the two participants of a session, each behind a proxy that can be cut."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from tests.browser.cuttable_connection import Wire
from tests.browser.live_session_browsers import Meeting, come_in, own_browser


@dataclass
class Seats:
    """The two pages of a session, each behind a proxy; the mentor's is in a separate browser process."""

    browser: Browser
    held: Meeting
    profile: Path
    wires: list[Wire]
    mentor: Page
    student: Page
    stack: ExitStack

    @property
    def both(self) -> tuple[Page, Page]:
        return self.mentor, self.student

    def reopen(self) -> None:
        """Restart the mentor's browser, and open the link that was used already."""
        mine = self.stack.enter_context(own_browser(self.browser, self.profile))
        self.mentor = come_in(mine, by(self.wires[0], self.held.links[0]))


def by(wire: Wire, link: str) -> str:
    """Return ``link``, routed through a proxy."""
    return re.sub(r"//localhost:\d+", f"//localhost:{wire.url.rpartition(':')[2]}", link)


def problem(page: Page) -> Locator:
    return page.locator(".mt-panel header .mt-problem")
