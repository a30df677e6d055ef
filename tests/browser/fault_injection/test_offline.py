"""Both participants work offline; after reconnection both pages have the changes of both."""

from __future__ import annotations

import random
import time

from playwright.sync_api import expect

from tests.browser.fault_injection.disk_contents import cells
from tests.browser.fault_injection.session_actions import all_there, seated, whole
from tests.browser.fault_injection.session_pages import Seats, problem
from tests.browser.live_session_browsers import Meeting, until

OFFLINE_SECONDS = 60.0


def test_what_both_do_offline_is_in_both_afterwards(held: Meeting, seats: Seats) -> None:
    players, cell = seated(seats)
    for wire in seats.wires:
        wire.cut()
    for page in seats.both:
        expect(problem(page)).to_contain_text("Offline since")
    dice = random.Random(6)
    until_then = time.monotonic() + OFFLINE_SECONDS
    while time.monotonic() < until_then:
        for player in players:
            player.act(dice)
            # As quick as people act.
            player.page.wait_for_timeout(500)
    for player in players:
        expect(problem(player.page)).to_contain_text("Your changes are kept and will be sent.")
        expect(player.page.locator(".mt-panel .mt-status")).to_have_text("Saving…")
    for wire in seats.wires:
        wire.mend()
    all_there(players)
    for page in seats.both:
        page.wait_for_function("() => window.heard.some(text => text.includes('Connected again.'))")
    until(lambda: whole(players) in cells(held)[cell], "the notebook's file")
