"""Shared parts of the benchmarks of a session: a served session and its participants."""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

from browser import chromium
from playwright.sync_api import Browser, Page
from submit import STUDENT, mentor, practice_with_session

from toolkit.practice import Practice

__all__ = [
    "AGENDA", "LISTEN", "SETTLED", "SIZE", "Table", "joined", "p95", "run_last", "shared",
    "table", "wait_until",
]  # fmt: skip

AGENDA = ".mt-panel .mt-agenda input[type=checkbox]"
SIZE = {"width": 1280, "height": 900}
SETTLED = """() => {
    const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
    return session?.isReady && session.session?.kernel?.status === "idle";
}"""
# By default a session's page does not expose JupyterLab's application; this script makes it do so.
_EXPOSE = """document.addEventListener("readystatechange", () => {
    const told = document.getElementById("jupyter-config-data");
    if (!told || told.dataset.exposed || document.readyState !== "interactive") return;
    told.dataset.exposed = "yes";
    told.textContent = JSON.stringify({ ...JSON.parse(told.textContent), exposeAppInBrowser: true });
})"""
# Log every change of a box with the machine's time, ms: without polling, on the same clock in both pages.
LISTEN = """() => {
    window.seen = [];
    const own = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "checked");
    Object.defineProperty(HTMLInputElement.prototype, "checked", {
        ...own,
        set(value) {
            const changed = own.get.call(this) !== value;
            own.set.call(this, value);
            const now = performance.timeOrigin + performance.now();
            if (changed) window.seen.push([this.dataset.bench ?? "", now]);
        },
    });
}"""
_RUN_LAST = """([source, wait]) => {
    const notebook = window.jupyterapp.shell.currentWidget;
    const last = notebook.content.widgets.length - 1;
    notebook.model.sharedModel.insertCell(last + 1, { cell_type: "code", source });
    notebook.content.activeCellIndex = last + 1;
    const ran = window.jupyterapp.commands.execute("notebook:run-cell");
    return wait ? ran : null;
}"""


@dataclass
class Table:
    """A served session, and the two people who have joined it.

    Parameters
    ----------
    pages : list of Page
        The mentor's, the student's.
    """

    practice: Practice
    notebook: Path
    links: list[str]
    pages: list[Page]

    @property
    def mentor(self) -> Page:
        """The mentor's page."""
        return self.pages[0]

    def record(self) -> dict[str, dict[str, Any]]:
        """Return the entries of the session's record on disk."""
        items: dict[str, dict[str, Any]] = json.loads(
            self.notebook.with_name("record.json").read_text("utf-8")
        )["items"]
        return items


@contextmanager
def table() -> Iterator[Table]:
    """Yield a new session, with both people in Chromium."""
    with tempfile.TemporaryDirectory(prefix="mentoring-bench-") as folder:
        practice, notebook = practice_with_session(Path(folder) / "practice")
        with shared(practice) as links, chromium() as browser:
            yield Table(practice, notebook, links, [joined(browser, link) for link in links])


@contextmanager
def shared(practice: Practice) -> Iterator[list[str]]:
    """Serve the student's session, as `mentor live` does; yields the two links, the mentor's first."""
    with mentor(practice, "live", STUDENT) as line:
        said = ""
        while "Ctrl-C" not in said:
            said += line() or "Ctrl-C"
        yield re.findall(r"http://\S+/join/\S+", said)


def joined(browser: Browser, link: str) -> Page:
    """Yield the page of a person who has joined by a link; the page logs the time of each tick."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.add_init_script(_EXPOSE)
    page.set_default_timeout(60_000)
    page.goto(link)
    page.get_by_role("button").click()
    page.locator(AGENDA).first.wait_for()
    page.wait_for_function(SETTLED)
    page.evaluate(LISTEN)
    return page


def run_last(page: Page, source: str, *, wait: bool = True) -> None:
    """Run code in a new cell at the end of the notebook, as a person does."""
    page.evaluate(_RUN_LAST, [source, wait])


def wait_until(true: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait until a condition is true; return whether it became true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return quantiles(values, n=20)[18]
