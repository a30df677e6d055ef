"""Actions of both participants of a session (typing, ticking), and checks that no change is lost."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.fault_injection.session_pages import Seats
from tests.patience import PATIENCE_S

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
    """A participant at a browser, and a log of their actions.

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
        """Put the cursor at the end of a line, and make the page log which changes it reports as saved."""
        self.page.evaluate(PLAY, [cell, [self.field(box) for box in self.ticked]])
        has_text(self.page, BEGINNING)
        self.page.evaluate(AT_THE_END_OF, [cell, line])


def notes(page: Page) -> int:
    """Return the index of a Markdown cell that both may write in."""
    return page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
            .findIndex(cell => cell.cell_type === 'markdown')"""
    )


def ids(page: Page, view: str) -> dict[str, bool]:
    return page.locator(f".mt-panel {view}").evaluate(
        """el => Object.fromEntries([...el.querySelectorAll('[data-id]')]
            .filter(row => row.querySelector('.mt-check'))
            .map(row => [row.dataset.id, row.querySelector('.mt-check').checked]))"""
    )


def seated(seats: Seats) -> tuple[list[Player], int]:
    """Give each participant a line in one Markdown cell; return the participants and the cell's index."""
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
    """Return the text of the cell if no change is lost or duplicated."""
    return "".join(f"{player.name}: {player.typed}\n" for player in players) + "end"


def all_there(players: list[Player]) -> None:
    """Expect every page to have all changes of all participants and to report them as saved."""
    for page in (player.page for player in players):
        has_text(page, whole(players))
        expect(page.locator(".mt-panel .mt-status")).to_contain_text("Saved")
        expect(page.locator(".mt-panel header .mt-problem")).to_be_hidden()
        for player in players:
            assert ids(page, player.view) == player.ticked


def has_text(page: Page, text: str) -> None:
    """Expect the shared cell to hold a text once all pending changes have arrived."""
    deadline = time.monotonic() + PATIENCE_S
    while page.evaluate("() => window.text()") != text and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert page.evaluate("() => window.text()") == text
