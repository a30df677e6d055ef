"""One server, and the pages of two people on it, shared by all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import chromium, wait_for_kernel
from tests.browser.cuttable_connection import Wire
from tests.browser.shared_notebook import Table, panel, shared_table

CUT = ("Failed to fetch", "Loading chunk")
"""What JupyterLab itself complains of when the wire is cut."""
HEAR = """() => {
    const told = document.querySelector('.mt-told');
    const note = () => { window.heardAt = performance.now(); };
    new MutationObserver(note).observe(told, { childList: true, characterData: true, subtree: true });
}"""
HUSHED = "() => performance.now() - (window.heardAt ?? -Infinity) > 2200"
"""Nothing is left to be said of the test before: one line is read out in 2 s, and more of them together."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser of the other tests, but closed at the end of the folder."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def table(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    folder, home = tmp_path_factory.mktemp("table"), tmp_path_factory.mktemp("home")
    with shared_table(browser, folder, home) as running:
        yield running


@contextmanager
def seats(table: Table) -> Iterator[Callable[..., Page]]:
    contexts: list[BrowserContext] = []
    pages: list[tuple[Page, Wire | None]] = []

    def open_page(person: str, wire: Wire | None = None, **options) -> Page:
        contexts.append(table.context(person, **options))
        page = table.sit(contexts[-1], wire.url if wire else "")
        pages.append((page, wire))
        return page

    yield open_page
    complaints = [
        text
        for page, wire in pages
        for text in page.complaints
        if not (wire and wire.was_cut and text.startswith(CUT))
    ]
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def sit(table: Table) -> Iterator[Callable[..., Page]]:
    """Return a function that opens the notebook as a person; an error in such a page fails the test."""
    table.begin()
    with seats(table) as open_page:
        yield open_page


@pytest.fixture(scope="package")
def pages(table: Table) -> Iterator[tuple[Page, Page]]:
    with seats(table) as open_page:
        opened = open_page("mentor"), open_page("zoe")
        for page in opened:
            wait_for_kernel(page)
            page.evaluate(HEAR)
        yield opened


@pytest.fixture
def pair(pages: tuple[Page, Page], table: Table) -> tuple[Page, Page]:
    """The mentor's page and the student's, with a record in its initial state."""
    table.begin()
    mentor, student = pages
    for page in pages:
        page.wait_for_function(HUSHED)
        expect(panel(page).locator(".mt-agenda .mt-check:checked")).to_have_count(0)
        expect(panel(page).locator(".mt-steering")).to_contain_text("Nobody drives")
    expect(panel(mentor).locator(".mt-person", has_text="Zoé")).to_contain_text("here")
    expect(panel(student).locator(".mt-person", has_text="Ada")).to_contain_text("here")
    return mentor, student
