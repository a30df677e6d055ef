"""Kills of server, kernel and browser lose no change reported as saved, and both participants continue."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.fault_injection.disk_contents import on_disk
from tests.browser.fault_injection.session_actions import PLAY, all_there, has_text, ids, seated, whole
from tests.browser.fault_injection.session_pages import Seats
from tests.browser.live_session_browsers import Meeting, kernels, kill_browser, until
from tests.patience import PATIENCE_MS, PATIENCE_S
from tests.repeats import repeats

KILLS = repeats(20)


@pytest.mark.timeout(900)  # a minute and a half, on a machine that has nothing else to do
@pytest.mark.kills
def test_saved_changes_survive_a_killed_server_once(held: Meeting, seats: Seats, tmp_path: Path) -> None:
    """Each change that was reported as saved exists exactly once after every kill of the server."""
    dice = random.Random(5)
    players, cell = seated(seats)

    def look_at_the_disk() -> None:
        texts, items = on_disk(held, tmp_path / "updates.db")
        for player in players:
            told = player.page.evaluate("() => window.promise()")
            if told["promised"] is None:
                continue
            line = next(line for line in told["promised"]["text"].split("\n") if line[0] == player.name)
            # What is taken back at once may be gone already.
            assert line.rstrip("?") in texts[cell]
            for name, value in told["promised"]["boxes"].items():
                # A later one may be there, too, that had not been called saved yet.
                values = [value, *(one["boxes"][name] for one in told["since"])]
                entry, _slash, field = name.partition("/")
                assert items[entry][field] in values, name

    def saved() -> str:
        return seats.mentor.evaluate("() => window.saved()")

    for kill in range(KILLS):
        server, said = held.server(), saved()
        moment = None
        # Not before it served anybody: a server that ends unasked for is not started for ever.
        while moment is None or time.monotonic() < moment:
            for player in players:
                player.act(dice)
            # As quick as people type; quicker, and it is their machine that is tried.
            seats.mentor.wait_for_timeout(100)
            if moment is None and saved() != said:
                moment = time.monotonic() + dice.uniform(0, 1.5)
        os.kill(server, signal.SIGKILL)
        look_at_the_disk()
        until(lambda: held.server() not in {None, server}, f"a server after kill {kill + 1}")  # noqa: B023 - within the turn
    said = saved()
    seats.mentor.keyboard.type("!")
    players[0].typed += "!"
    until(lambda: saved() != said, "something saved by the last server")
    all_there(players)


@pytest.mark.kills
def test_a_kernel_that_is_killed_is_said_and_both_go_on(held: Meeting, seats: Seats) -> None:
    run = """code => {
        const panel = window.jupyterapp.shell.currentWidget;
        const cells = panel.content.model.sharedModel.cells;
        panel.content.activeCellIndex = cells.length - 1;
        cells[cells.length - 1].setSource(code);
        void window.jupyterapp.commands.execute('notebook:run-cell');
    }"""
    mentor = seats.mentor
    # Of the document: what is far down a long notebook is not drawn.
    printed = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.at(-1)
        .toJSON().outputs.map(output => [output.text].flat().join(''))"""
    idle = "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
    for page in seats.both:
        page.wait_for_function(idle, timeout=PATIENCE_MS)
    mentor.evaluate(
        """() => void window.jupyterapp.shell.currentWidget.content.model.sharedModel
            .addCell({ cell_type: 'code', source: '' })"""
    )
    mentor.evaluate(run, "import os\nthere = 6 * 7\nprint(f'pid {os.getpid()} .')")
    for page in seats.both:
        until(lambda: "pid" in "".join(page.evaluate(printed)), "the number")  # noqa: B023 - within the turn
    inner = int(mentor.evaluate(printed)[0].split()[1])
    before = [ids(page, ".mt-agenda") for page in seats.both]
    (kernel,) = kernels(held.folder, inner)
    for page in seats.both:
        # From when the server was killed, which took the kernel along.
        page.locator(".mt-panel .mt-restarted button").evaluate("el => el.click()")
        expect(page.locator(".mt-panel .mt-restarted")).to_be_hidden()
    os.kill(kernel, signal.SIGKILL)
    for page in seats.both:
        expect(page.locator(".mt-panel .mt-restarted")).to_be_visible()
        expect(page.locator(".mt-panel .mt-restarted")).to_contain_text("The kernel was restarted")
        # Nothing lies over the page that would take what is typed.
        expect(page.locator(".jp-Dialog")).to_have_count(0)
        page.wait_for_function(idle, timeout=PATIENCE_MS)
    deadline = time.monotonic() + PATIENCE_S
    while mentor.evaluate(printed) != ["False\n"]:
        # What a kernel is sent while it restarts can be lost: JupyterLab's page waits for the answer then.
        assert time.monotonic() < deadline, mentor.evaluate(printed)
        mentor.evaluate(run, "print('there' in globals())")
        mentor.wait_for_timeout(3000)
    for page in seats.both:
        until(lambda: page.evaluate(printed) == ["False\n"], "what was printed, once")  # noqa: B023 - within the turn
    assert [ids(page, ".mt-agenda") for page in seats.both] == before
    expect(mentor.locator(".mt-panel .mt-restarted")).to_be_hidden()


@pytest.mark.kills
def test_killed_browser_returns_by_its_link_to_the_same_state(seats: Seats) -> None:
    """A killed browser returns by its link to the same state."""
    players, cell = seated(seats)
    dice = random.Random(3)
    for _deed in range(8):
        for player in players:
            player.act(dice)
    expect(seats.mentor.locator(".mt-panel .mt-status")).to_contain_text("Saved")
    has_text(seats.student, whole(players))
    kill_browser(seats.profile)
    away = seats.student.locator(".mt-panel .mt-person", has_text="Ada")
    expect(away).to_contain_text("not here")
    players[1].act(dice)
    seats.reopen()
    players[0].page = seats.mentor
    players[0].page.evaluate(PLAY, [cell, []])
    all_there(players)
    expect(away).not_to_contain_text("not here")
