"""What may go wrong during a call goes wrong, in two real browsers: nothing that was called saved is lost."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from jupyter_ydoc import YNotebook
from playwright.sync_api import Browser, Error, Page, expect
from pycrdt import Doc

from tests.browser.meeting import Meeting, come_in, kill_browser, meeting, own_browser, until
from toolkit.practice import Practice

KILLS = 20
PLAY = """
index => {
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
    window.told = () => {
        const saved = ydoc.getMap('mentoring:server').get('saved');
        return { clock: clock(), saved: saved ? reached(saved.vector) : 0, at: saved?.at ?? '' };
    };
    window.text = () => cells[index].getSource();
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
PRESS = "(el, id) => el.querySelector(`[data-id='${id}'] .mt-check`).click()"


@dataclass
class Player:
    """Somebody at a browser, what they did, and what the page says of it."""

    page: Page
    name: str
    line: int
    boxes: list[str]
    ticked: dict[str, bool] = field(default_factory=dict)
    typed: str = ""
    deeds: list[tuple[int, str, dict[str, bool]]] = field(default_factory=list)
    number: int = 0

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
            box = dice.choice(self.boxes)
            self.page.locator(f".mt-panel {VIEWS[self.name]}").evaluate(PRESS, box)
            self.ticked[box] = not self.ticked[box]
        self.deeds.append((self.told()["clock"], self.typed, dict(self.ticked)))

    def told(self) -> dict:
        """Return how far this page's changes go, and how far they are called saved."""
        return self.page.evaluate("() => window.told()")

    def promised(self) -> tuple[str, dict[str, bool]]:
        """Return what had been typed and ticked of what is called saved."""
        saved = self.told()["saved"]
        return next(((text, boxes) for clock, text, boxes in reversed(self.deeds) if clock <= saved), ("", {}))


    def later(self) -> set[str]:
        """Return the boxes that were ticked since what is called saved."""
        saved = self.told()["saved"]
        since = [boxes for clock, _text, boxes in self.deeds if clock > saved]
        return {box for boxes in since for box, ticked in boxes.items() if ticked != self.promised()[1].get(box)}


VIEWS = {"m": ".mt-agenda", "s": ".mt-checklist"}


@pytest.fixture(scope="module")
def held(built_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    folder = tmp_path_factory.mktemp("faults")
    practice = Practice(Path(shutil.copytree(built_demo, folder / "practice")))
    with meeting(practice) as running:
        yield running


@dataclass
class Seats:
    """The two pages of a session; the mentor's is of a browser of its own."""

    profile: Path
    mentor: Page
    student: Page

    @property
    def both(self) -> tuple[Page, Page]:
        return self.mentor, self.student


@pytest.fixture(scope="module")
def seats(browser: Browser, held: Meeting, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seats]:
    profile = tmp_path_factory.mktemp("profile")
    theirs = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    with own_browser(browser, profile) as mine:
        yield Seats(profile, come_in(mine, held.links[0]), come_in(theirs, held.links[1]))
    theirs.close()


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


def ids(page: Page, view: str) -> dict[str, bool]:
    return page.locator(f".mt-panel {view}").evaluate(
        """el => Object.fromEntries([...el.querySelectorAll('[data-id]')]
            .filter(row => row.querySelector('.mt-check'))
            .map(row => [row.dataset.id, row.querySelector('.mt-check').checked]))"""
    )


def test_what_was_called_saved_is_there_in_both_and_once_whenever_the_server_is_killed(
    held: Meeting, seats: Seats, tmp_path: Path
) -> None:
    dice = random.Random(5)
    cell = notes(seats.mentor)
    seats.mentor.evaluate(
        """index => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells[index]
            .setSource('m: \\ns: \\nend')""",
        cell,
    )
    expect(seats.student.locator(".jp-MarkdownCell").first).to_contain_text("end")
    players = []
    for line, (page, name) in enumerate(zip(seats.both, "ms", strict=True)):
        page.evaluate(PLAY, cell)
        page.evaluate(AT_THE_END_OF, [cell, line])
        there = ids(page, VIEWS[name])
        players.append(Player(page, name, line, list(there), dict(there)))

    def look_at_the_disk() -> None:
        texts, items = on_disk(held, tmp_path / 'updates.db')
        for player in players:
            text, boxes = player.promised()
            assert f"{player.name}: {text}" in texts[cell], (texts[cell], text)
            for box, ticked in boxes.items():
                entry = items[f"agenda:{box}" if player.name == "m" else f"check:{box}"]
                there = entry["ticked"] if player.name == "s" else entry["state"] == "discussed"
                # A later one may be there, too, that had not been called saved yet.
                assert there == ticked or box in player.later(), (box, entry)

    began = time.monotonic()
    kills, moment, before = 0, time.monotonic() + dice.uniform(0.2, 1.5), ""
    while kills < KILLS:
        for player in players:
            player.act(dice)
        if moment is None:
            told = players[0].told()["at"]
            if told == before:
                continue
            moment = time.monotonic() + dice.uniform(0, 1.5)
        if time.monotonic() < moment:
            continue
        server = held.server()
        if server is None:
            continue
        os.kill(server, signal.SIGKILL)
        kills += 1
        print(kills, time.monotonic() - began, players[0].number)
        look_at_the_disk()
        before, moment = players[0].told()["at"], None
    expected = "".join(f"{player.name}: {player.typed}\n" for player in players) + "end"
    for page in seats.both:
        page.wait_for_function("text => window.text() === text", arg=expected)
        expect(page.locator(".mt-panel .mt-status")).to_contain_text("Saved")
        expect(page.locator(".mt-panel header .mt-problem")).to_be_hidden()
    for player in players:
        for page in seats.both:
            assert ids(page, VIEWS[player.name]) == player.ticked
