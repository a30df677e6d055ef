"""The elements on the page of a shared session, and the actions of two people on them."""

from __future__ import annotations

import time

from playwright.sync_api import Locator, Page

from tests.browser.shared_notebook import panel

__all__ = ["SOON", "announced", "at_once", "check", "output", "row", "run"]

SOON = 5_000  # ms; what is slower than that is not "at once" on any machine


def row(page: Page, text: str) -> Locator:
    return panel(page).locator(".mt-agenda .mt-row", has_text=text)


def check(page: Page, text: str) -> Locator:
    return row(page, text).locator(".mt-check")


def announced(page: Page) -> Locator:
    return page.locator(".mt-told")


def at_once(*doings: tuple[Locator, str]) -> None:
    """Run each script on its element, all at the same time."""
    moment = time.time() * 1000 + 400
    for locator, script in doings:
        locator.evaluate(
            """(el, [script, moment]) => {
                window.acted = new Promise(done => setTimeout(() => {
                    try { Function('el', script)(el); } finally { done(); }
                }, moment - Date.now()));
            }""",
            [script, moment],
        )
    for locator, _script in doings:
        locator.page.evaluate("() => window.acted")


def run(page: Page, index: int) -> None:
    page.evaluate(
        """index => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.deselectAll();
            notebook.activeCellIndex = index;
            return window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        index,
    )


def output(page: Page, index: int) -> Locator:
    return page.locator(f".jp-Cell[data-windowed-list-index='{index}'] .jp-OutputArea-output")
