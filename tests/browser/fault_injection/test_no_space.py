"""A full disk is reported and damages nothing; once there is space again, all changes are saved."""

from __future__ import annotations

import json
import random

from playwright.sync_api import expect

from tests.browser.fault_injection.disk_contents import cells, full
from tests.browser.fault_injection.session_actions import all_there, has_text, seated, whole
from tests.browser.fault_injection.session_pages import Seats, problem
from tests.browser.live_session_browsers import Meeting, until

KEPT = "What you change stays in the notebook, and is tried again."


def parts(data: bytes) -> list[str]:
    """Return the entries of a record, or the cells of a notebook."""
    content = json.loads(data)
    return sorted(content["items"]) if "items" in content else [cell["id"] for cell in content["cells"]]


def test_a_full_disk_is_said_nothing_is_harmed_and_it_goes_on(held: Meeting, seats: Seats) -> None:
    players, cell = seated(seats)
    for page in seats.both:
        expect(page.locator(".mt-panel .mt-status")).to_contain_text("Saved")
    until(lambda: "end" in (held.folder / "session.ipynb").read_text(), "the notebook's file")
    files = [held.folder / name for name in ("record.json", "session.ipynb")]
    server = held.server()
    with full(held):
        before = [path.read_bytes() for path in files]
        dice = random.Random(4)
        for player in players:
            for _deed in range(4):
                player.act(dice)
        for page in seats.both:
            expect(problem(page)).to_contain_text("Not saved.")
            expect(problem(page)).to_contain_text(KEPT)
            expect(page.locator(".mt-panel .mt-status")).to_have_text("Saving…")
        # As before; or whole and newer, where something else left the disk a last bit of room.
        for path, old in zip(files, before, strict=True):
            now = path.read_bytes()
            assert now == old or (held.practice.root.parent.is_mount() and parts(now) == parts(old)), path
        # What one does is the other's all the same.
        for page in seats.both:
            has_text(page, whole(players))
    all_there(players)
    assert held.server() == server
    until(lambda: whole(players) in cells(held)[cell], "the notebook's file")


def test_text_alone_is_not_called_saved_by_a_full_disk(held: Meeting, seats: Seats) -> None:
    players, _cell = seated(seats)
    expect(seats.mentor.locator(".mt-panel .mt-status")).to_contain_text("Saved")
    with full(held):
        seats.mentor.keyboard.type("only words")
        players[0].typed += "only words"
        expect(problem(seats.mentor)).to_contain_text("Not saved.")
    all_there(players)
