"""Ticks while the kernel is held by one long call in C, which lets no other thread of it run.

Beside them, in the same notebook and over the same server, boxes of ipywidgets: these need the kernel.
"""

from __future__ import annotations

import time

from live_table import AGENDA, SETTLED, Table, p95, run_last, table
from measure import Report, Series
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as Unseen

__all__ = ["busy"]

HELD_SECONDS = 20.0
PAUSE_MS = 50.0
BOXES = 4
CHECKBOXES = f"import ipywidgets\nipywidgets.VBox([ipywidgets.Checkbox() for _ in range({BOXES})])"
WIDGETS = ".jp-Notebook .widget-checkbox input"
# One call, in C, that releases the lock at no time; how far it has to count is found out before.
MEASURE = """import time

def held(n):
    began = time.perf_counter()
    sum(range(n))
    return time.perf_counter() - began

steps = 10_000_000
steps = int(steps / min(held(steps) for _ in range(3)))"""
HOLD = f"print('held for', held(int({HELD_SECONDS} * steps)), 's')"
HELD = """() => {
    const texts = [...document.querySelectorAll(".jp-OutputArea-output")].map(node => node.textContent);
    return Number(texts.findLast(text => text.includes("held for"))?.split(" ")[2] ?? 0);
}"""
STATUS = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
MARK = """([selector, name]) => document.querySelectorAll(selector).forEach(
    (box, n) => (box.dataset.bench = n ? `${name} ${n}` : name))"""
# Returns when, by the machine's clock, ms.
CLICK = """name => {
    const at = performance.timeOrigin + performance.now();
    document.querySelector(`[data-bench="${name}"]`).click();
    return at;
}"""
SEEN = "([name, since]) => window.seen.find(([which, at]) => which === name && at >= since)?.[1]"


def busy(report: Report) -> None:
    """Ticks while the kernel is held."""
    times = 1 if report.quick else 4
    idle: list[float] = []
    during: list[float] = []
    boxes: list[float] = []
    held: list[float] = []
    unseen = 0
    with table() as shared:
        run_last(shared.mentor, MEASURE)
        run_last(shared.mentor, CHECKBOXES)
        for page in shared.pages:
            page.locator(WIDGETS).nth(BOXES - 1).wait_for(state="attached")
            page.evaluate(MARK, [AGENDA, "agenda"])
            page.evaluate(MARK, [WIDGETS, "widget"])
        for _time in range(times):
            for _number in range(100):
                idle.append(_tick(shared, len(idle)))
            clicks: list[tuple[str, float]] = []
            run_last(shared.mentor, HOLD, wait=False)
            shared.mentor.wait_for_function(f"() => ({STATUS})() === 'busy'")
            began = time.monotonic()
            while (gone := time.monotonic() - began) < 0.9 * HELD_SECONDS:
                # A box of each side at first, and again at half time.
                if len(clicks) < BOXES and gone > len(clicks) // 2 * HELD_SECONDS / 2:
                    name = f"widget {len(clicks)}" if clicks else "widget"
                    clicks.append((name, shared.pages[len(clicks) % 2].evaluate(CLICK, name)))
                try:
                    during.append(_tick(shared, len(during)))
                except Unseen:
                    unseen += 1
            if shared.mentor.evaluate(STATUS) != "busy":
                raise RuntimeError("The kernel was not held long enough.")
            for page in shared.pages:
                page.wait_for_function(SETTLED)
            for number, (name, at) in enumerate(clicks):
                boxes.append(_seen(shared.pages[1 - number % 2], name, at) - at)
            held.append(shared.mentor.evaluate(HELD))
    series = [
        Series("a tick, kernel idle", idle),
        Series("a tick, kernel held", during),
        Series("ipywidgets Checkbox, kernel held", boxes),
    ]
    title = f"From a tick to the other's screen while the kernel is held for {min(held):.1f} s or more"
    report.compare(title, series, series[1].name)
    report.say("  p95 ms: " + ", ".join(f"{one.name} {p95(one.values):.1f}" for one in series))
    report.hold("the shortest that the kernel was held", min(held), least=0.9 * HELD_SECONDS, unit=" s")
    report.hold(f"ticks unseen of {len(during) + unseen} while it was held", unseen, most=0)
    report.hold(f"a tick while it was held, p95, n = {len(during)}", p95(during), most=100.0, unit=" ms")


def _tick(shared: Table, number: int) -> float:
    """Tick on one side by turns, and return when the other has seen it, ms."""
    clicked, other = shared.pages[:: 1 if number % 2 else -1]
    at: float = clicked.evaluate(CLICK, "agenda")
    seen = _seen(other, "agenda", at)
    other.wait_for_timeout(PAUSE_MS)
    return seen - at


def _seen(page: Page, name: str, since: float) -> float:
    page.wait_for_function(SEEN, arg=[name, since], timeout=10_000)
    found: float = page.evaluate(SEEN, [name, since])
    return found
