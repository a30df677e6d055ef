"""SIGTERM ends `mentor live` while guests are connected. It runs last, because it ends the session."""

from __future__ import annotations

import json
import random
import signal

from playwright.sync_api import expect

from tests.browser.fault_injection.disk_contents import cells
from tests.browser.fault_injection.session_actions import has_text, seated, whole
from tests.browser.fault_injection.session_pages import Seats, problem
from tests.browser.live_session_browsers import Meeting
from tests.patience import PATIENCE_S
from toolkit.services.sessions import session_snapshots


def test_sigterm_with_guests_ends_in_time_without_loss(held: Meeting, seats: Seats) -> None:
    """SIGTERM with guests connected ends the session in time, without loss."""
    players, cell = seated(seats)
    dice = random.Random(8)
    for _deed in range(5):
        for player in players:
            player.act(dice)
    for page in seats.both:
        has_text(page, whole(players))
    # What was done last is on its way to the disk still.
    held.process.send_signal(signal.SIGTERM)
    held.process.wait(PATIENCE_S)
    for page in seats.both:
        expect(problem(page)).to_contain_text("Offline since")
    items = json.loads((held.folder / "record.json").read_text())["items"]
    for player in players:
        for box, ticked in player.ticked.items():
            entry, _slash, name = player.field(box).partition("/")
            assert (items[entry][name] in {True, "discussed"}) == ticked
    assert whole(players) == cells(held)[cell]
    kept = session_snapshots.snapshots_of_session(held.practice, held.session)
    last = kept.all()[-1]
    for content, name in ((last.notebook, "session.ipynb"), (last.record, "record.json")):
        assert kept.content(content) == (held.folder / name).read_bytes()
