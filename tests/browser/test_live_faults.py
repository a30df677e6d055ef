"""What may go wrong during a call goes wrong, in two real browsers: nothing that was called saved is lost."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from jupyter_ydoc import YNotebook
from playwright.sync_api import Browser, Locator, Page, expect
from pycrdt import Doc

from tests.browser.meeting import Meeting, come_in, kernels, kill_browser, meeting, own_browser, until
from tests.browser.wire import Wire, wires
from toolkit.journeys import snapshots
from toolkit.practice import Practice

KILLS = 20
PATIENCE = 60_000
OFFLINE_SECONDS = 5.0
END_SECONDS = 20.0
"""From the signal to the end of the mentor's process: 5 s for the server, a snapshot, and what Python takes
to go on a machine that has other things to do."""
PLAY = """
([index, keys]) => {
    const { ydoc, cells } = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
    const clock = () => {
        const structs = ydoc.store.clients.get(ydoc.clientID) ?? [];
        const last = structs[structs.length - 1];
        return last ? last.id.clock + last.length : 0;
    };
    const reached = vector => {
        const bytes = Uint8Array.from(atob(vector), char => char.charCodeAt(0));
        let at = 0;
        const number = () => {
            let value = 0, factor = 1, byte;
            do { byte = bytes[at++]; value += (byte & 127) * factor; factor *= 128; } while (byte > 127);
            return value;
        };
        for (let left = number(); left > 0; left--) {
            const client = number(), known = number();
            if (client === ydoc.clientID) return known;
        }
        return 0;
    };
    const map = ydoc.getMap('mentoring');
    const log = [];
    const note = transaction => {
        if (!transaction.local) return;
        const boxes = Object.fromEntries(keys.map(key => [key, map.get(key)]));
        log.push({ clock: clock(), text: cells[index].getSource(), boxes });
    };
    ydoc.on('afterTransaction', note);
    const told = document.querySelector('.mt-told');
    window.heard = [];
    const everything = { childList: true, characterData: true, subtree: true };
    new MutationObserver(() => window.heard.push(told.textContent)).observe(told, everything);
    window.saved = () => ydoc.getMap('mentoring:server').get('saved')?.at ?? '';
    window.text = () => cells[index].getSource();
    // What this page had done up to where it is called saved, and what it did since.
    window.promise = () => {
        const saved = ydoc.getMap('mentoring:server').get('saved');
        const covered = saved ? reached(saved.vector) : 0;
        const upTo = log.filter(one => one.clock <= covered);
        return { promised: upTo[upTo.length - 1] ?? null, since: log.slice(upTo.length) };
    };
}
"""
AT_THE_END_OF = """
([index, line]) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    notebook.mode = 'edit';
    const editor = notebook.activeCell.editor;
    editor.focus();
    editor.setCursorPosition({ line, column: editor.getLine(line).length });
}
"""
BEGINNING = "m: \ns: \nend"
PRESS = "(el, id) => el.querySelector(`[data-id='${id}'] .mt-check`).click()"


@dataclass
class Player:
    """Somebody at a browser, and what they did.

    Parameters
    ----------
    ticked : dict of str to bool
        By the ids of the boxes that are theirs alone to tick.
    """

    page: Page
    name: str
    ticked: dict[str, bool]
    typed: str = ""
    number: int = 0

    @property
    def view(self) -> str:
        return {"m": ".mt-agenda", "s": ".mt-checklist"}[self.name]

    def field(self, box: str) -> str:
        """Return the field of the record that a box stands for."""
        return f"agenda:{box}/state" if self.name == "m" else f"check:{box}/ticked"

    def act(self, dice: random.Random) -> None:
        """Type a word, or tick a box."""
        self.number += 1
        if dice.random() < 0.6:
            word = f"{self.name}{self.number} "
            self.page.keyboard.type(word)
            self.typed += word
            if dice.random() < 0.2:
                self.page.keyboard.type("?")
                self.page.keyboard.press("Backspace")
        else:
            box = dice.choice(sorted(self.ticked))
            self.page.locator(f".mt-panel {self.view}").evaluate(PRESS, box)
            self.ticked[box] = not self.ticked[box]

    def sit(self, cell: int, line: int) -> None:
        """Put the cursor at the end of a line, and have the page note what is called saved."""
        self.page.evaluate(PLAY, [cell, [self.field(box) for box in self.ticked]])
        has_text(self.page, BEGINNING)
        self.page.evaluate(AT_THE_END_OF, [cell, line])


@pytest.fixture(scope="module")
def held(built_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    folder = tmp_path_factory.mktemp("faults")
    practice = Practice(Path(shutil.copytree(built_demo, folder / "practice")))
    # Servers start meanwhile, on a machine that has two browsers to run.
    expect.set_options(timeout=PATIENCE)
    with meeting(practice, "ben-okafor") as running:
        yield running
    expect.set_options(timeout=20_000)


@dataclass
class Seats:
    """The two pages of a session, each at the end of a wire; the mentor's is of a browser of its own."""

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
        """Start the mentor's browser again, and open the link that was used already."""
        mine = self.stack.enter_context(own_browser(self.browser, self.profile))
        self.mentor = come_in(mine, by(self.wires[0], self.held.links[0]))


def by(wire: Wire, link: str) -> str:
    """Return ``link``, over a wire."""
    return re.sub(r"//localhost:\d+", f"//localhost:{wire.url.rpartition(':')[2]}", link)


@pytest.fixture(scope="module")
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


def notes(page: Page) -> int:
    """Return the index of a Markdown cell that both may write in."""
    return page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
            .findIndex(cell => cell.cell_type === 'markdown')"""
    )


def on_disk(held: Meeting, copy: Path) -> tuple[list[str], dict]:
    """Return the texts of the cells as the store has them, and the record."""
    items = json.loads((held.folder / "record.json").read_text())["items"]
    # To open what was left half written mends it, which is the next server's to do.
    copy.with_name(f"{copy.name}-journal").unlink(missing_ok=True)
    for path in held.state.glob("updates.db*"):
        with suppress(FileNotFoundError):
            shutil.copyfile(path, copy.with_name(path.name))
    doc: Doc = Doc()
    database = sqlite3.connect(copy)
    try:
        for table, column in (("ycheckpoints", "checkpoint"), ("yupdates", "yupdate")):
            for (update,) in database.execute(f"SELECT {column} FROM {table} ORDER BY timestamp"):
                doc.apply_update(update)
    finally:
        database.close()
    texts = [cell["source"] for cell in YNotebook(doc).source["cells"]]
    return texts, items


def cells(held: Meeting) -> list[str]:
    """Return the texts of the cells as the notebook's file has them."""
    return [
        "".join(cell["source"]) for cell in json.loads((held.folder / "session.ipynb").read_text())["cells"]
    ]


def ids(page: Page, view: str) -> dict[str, bool]:
    return page.locator(f".mt-panel {view}").evaluate(
        """el => Object.fromEntries([...el.querySelectorAll('[data-id]')]
            .filter(row => row.querySelector('.mt-check'))
            .map(row => [row.dataset.id, row.querySelector('.mt-check').checked]))"""
    )


def seated(seats: Seats) -> tuple[list[Player], int]:
    """Give both a line of their own in one Markdown cell; return them, and the index of the cell."""
    cell = notes(seats.mentor)
    seats.mentor.evaluate(
        """([index, text]) => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells[index]
            .setSource(text)""",
        [cell, BEGINNING],
    )
    players = [Player(page, name, {}) for page, name in zip(seats.both, "ms", strict=True)]
    for line, player in enumerate(players):
        player.ticked = ids(player.page, player.view)
        player.sit(cell, line)
    return players, cell


def whole(players: list[Player]) -> str:
    """Return what the cell holds when nothing is lost, and nothing there twice."""
    return "".join(f"{player.name}: {player.typed}\n" for player in players) + "end"


def all_there(players: list[Player]) -> None:
    """Expect everything of everybody's on every page, and each page to say that it is saved."""
    for page in (player.page for player in players):
        has_text(page, whole(players))
        expect(page.locator(".mt-panel .mt-status")).to_contain_text("Saved")
        expect(page.locator(".mt-panel header .mt-problem")).to_be_hidden()
        for player in players:
            assert ids(page, player.view) == player.ticked


def has_text(page: Page, text: str) -> None:
    """Expect the cell that both write in to hold a text, once all is there that is on its way."""
    deadline = time.monotonic() + PATIENCE / 1000
    while page.evaluate("() => window.text()") != text and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert page.evaluate("() => window.text()") == text


def problem(page: Page) -> Locator:
    return page.locator(".mt-panel header .mt-problem")


@pytest.mark.timeout(900)  # a minute and a half, on a machine that has nothing else to do
def test_what_was_called_saved_is_there_in_both_and_once_whenever_the_server_is_killed(
    held: Meeting, seats: Seats, tmp_path: Path
) -> None:
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
        until(lambda: held.server() not in {None, server}, f"a server after kill {kill + 1}")
    said = saved()
    seats.mentor.keyboard.type("!")
    players[0].typed += "!"
    until(lambda: saved() != said, "something saved by the last server")
    all_there(players)


def test_a_kernel_that_is_killed_is_said_and_both_go_on(held: Meeting, seats: Seats) -> None:
    run = """code => {
        const panel = window.jupyterapp.shell.currentWidget;
        const cells = panel.content.model.sharedModel.cells;
        panel.content.activeCellIndex = cells.length - 1;
        cells[cells.length - 1].setSource(code);
        return window.jupyterapp.commands.execute('notebook:run-cell');
    }"""
    mentor = seats.mentor
    # Of the document: what is far down a long notebook is not drawn.
    printed = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.at(-1)
        .toJSON().outputs.map(output => [output.text].flat().join(''))"""
    idle = "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
    for page in seats.both:
        page.wait_for_function(idle, timeout=PATIENCE)
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
        page.wait_for_function(idle, timeout=PATIENCE)
    mentor.evaluate(run, "print('there' in globals())")
    for page in seats.both:
        until(lambda: page.evaluate(printed) == ["False\n"], "what was printed, once")  # noqa: B023
    assert [ids(page, ".mt-agenda") for page in seats.both] == before
    expect(mentor.locator(".mt-panel .mt-restarted")).to_be_hidden()


def test_a_browser_that_is_killed_comes_back_by_its_link_to_the_same_state(seats: Seats) -> None:
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


def test_a_full_disk_is_said_nothing_is_harmed_and_it_goes_on(held: Meeting, seats: Seats) -> None:
    players, cell = seated(seats)
    for page in seats.both:
        expect(page.locator(".mt-panel .mt-status")).to_contain_text("Saved")
    until(lambda: "end" in (held.folder / "session.ipynb").read_text(), "the notebook's file")
    files = [held.folder / name for name in ("record.json", "session.ipynb")]
    server = held.server()
    _soft, hard = resource.prlimit(server, resource.RLIMIT_FSIZE)
    # No file of the server's may grow any more: not the record, nor the notebook, nor the store.
    resource.prlimit(server, resource.RLIMIT_FSIZE, (100, hard))
    before = [path.read_bytes() for path in files]
    dice = random.Random(4)
    for player in players:
        for _deed in range(4):
            player.act(dice)
    for page in seats.both:
        expect(problem(page)).to_contain_text("Not saved.")
        expect(problem(page)).to_contain_text("What you change stays in the notebook, and is tried again.")
        expect(page.locator(".mt-panel .mt-status")).to_have_text("Saving…")
    assert [path.read_bytes() for path in files] == before
    # What one does is the other's all the same.
    for page in seats.both:
        has_text(page, whole(players))
    resource.prlimit(server, resource.RLIMIT_FSIZE, (hard, hard))
    all_there(players)
    assert held.server() == server
    until(lambda: whole(players) in cells(held)[cell], "the notebook's file")


def test_text_alone_is_not_called_saved_by_a_full_disk(held: Meeting, seats: Seats) -> None:
    players, _cell = seated(seats)
    expect(seats.mentor.locator(".mt-panel .mt-status")).to_contain_text("Saved")
    server = held.server()
    _soft, hard = resource.prlimit(server, resource.RLIMIT_FSIZE)
    resource.prlimit(server, resource.RLIMIT_FSIZE, (100, hard))
    seats.mentor.keyboard.type("only words")
    players[0].typed += "only words"
    expect(problem(seats.mentor)).to_contain_text("Not saved.")
    resource.prlimit(server, resource.RLIMIT_FSIZE, (hard, hard))
    all_there(players)


def test_what_both_do_offline_is_in_both_afterwards(held: Meeting, seats: Seats) -> None:
    players, cell = seated(seats)
    for wire in seats.wires:
        wire.cut()
    for page in seats.both:
        expect(problem(page)).to_contain_text("Offline since")
    dice = random.Random(6)
    # Not a whole minute: a wire that is cut ends the connections at once, and no clock of ours or of the
    # server's runs from then on. Only how often a page tries again depends on it, at the most every 2.5 s.
    until_then = time.monotonic() + OFFLINE_SECONDS
    while time.monotonic() < until_then:
        for player in players:
            player.act(dice)
            player.page.wait_for_timeout(100)
    for player in players:
        expect(problem(player.page)).to_contain_text("Your changes are kept and will be sent.")
        expect(player.page.locator(".mt-panel .mt-status")).to_have_text("Saving…")
    for wire in seats.wires:
        wire.mend()
    all_there(players)
    for page in seats.both:
        page.wait_for_function("() => window.heard.some(text => text.includes('Connected again.'))")
    until(lambda: whole(players) in cells(held)[cell], "the notebook's file")


def test_sigterm_with_people_in_ends_in_time_and_leaves_all_of_it(held: Meeting, seats: Seats) -> None:
    players, cell = seated(seats)
    dice = random.Random(8)
    for _deed in range(5):
        for player in players:
            player.act(dice)
    for page in seats.both:
        has_text(page, whole(players))
    # What was done last is on its way to the disk still.
    held.process.send_signal(signal.SIGTERM)
    held.process.wait(END_SECONDS)
    for page in seats.both:
        expect(problem(page)).to_contain_text("Offline since")
    items = json.loads((held.folder / "record.json").read_text())["items"]
    for player in players:
        for box, ticked in player.ticked.items():
            entry, _slash, name = player.field(box).partition("/")
            assert (items[entry][name] in {True, "discussed"}) == ticked
    assert whole(players) == cells(held)[cell]
    kept = snapshots.of(held.practice, held.session)
    last = kept.all()[-1]
    for content, name in ((last.notebook, "session.ipynb"), (last.record, "record.json")):
        assert kept.content(content) == (held.folder / name).read_bytes()
