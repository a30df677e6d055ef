"""Ticks while one long call in C holds the interpreter's lock, so that no other kernel thread runs.

They are compared with ipywidgets boxes in the same notebook and on the same server, which need the kernel.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from live_bench_session import AGENDA, SETTLED, Table, p95, run_last, table
from measure import Report, Series
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as Unseen

__all__ = ["busy"]

HELD_SECONDS = 20.0
PAUSE_MS = 50.0
BOXES = 4
CHECKBOXES = f"import ipywidgets\nipywidgets.VBox([ipywidgets.Checkbox() for _ in range({BOXES})])"
WIDGETS = ".jp-Notebook .widget-checkbox input"
# One call runs in C from start to end and holds the lock, so no other thread of the kernel runs. Before it,
# the kernel has time to report that it is busy. The start and the end are printed, by the machine's clock.
HOLD = f"""import time
time.sleep(0.5)
clock, began = time.time(), time.monotonic()
_ = any(map((began + {HELD_SECONDS}).__le__, iter(time.monotonic, None)))
print("held", clock, clock + time.monotonic() - began)"""
HELD = """() => {
    const texts = [...document.querySelectorAll(".jp-OutputArea-output")].map(node => node.textContent);
    return texts.findLast(text => text.startsWith("held ")).trim().split(" ").slice(1).map(Number);
}"""
BUSY = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
MARK = """([selector, name]) => document.querySelectorAll(selector).forEach(
    (box, n) => (box.dataset.bench = `${name} ${n}`))"""
# Returns the time of the click by the machine's clock, ms.
CLICK = """name => {
    const at = performance.timeOrigin + performance.now();
    document.querySelector(`[data-bench="${name}"]`).click();
    return at;
}"""
SEEN = "([name, since]) => window.seen.find(([which, at]) => which === name && at >= since)?.[1]"


@dataclass
class Found:
    """The measurements while the kernel was held, in ms except ``held``.

    Parameters
    ----------
    ticks, boxes : list of float
        From a click to the other's screen: on the agenda, in an ipywidgets `Checkbox`.
    unseen : int
        Ticks that did not arrive within ten seconds.
    held : list of float
        How long each call took, s.
    """

    ticks: list[float] = field(default_factory=list)
    boxes: list[float] = field(default_factory=list)
    unseen: int = 0
    held: list[float] = field(default_factory=list)


def busy(report: Report) -> None:
    """Measure ticks while the kernel is held."""
    idle: list[float] = []
    found = Found()
    with table() as shared:
        run_last(shared.mentor, CHECKBOXES)
        for page in shared.pages:
            page.locator(WIDGETS).nth(BOXES - 1).wait_for(state="attached")
            page.evaluate(MARK, [AGENDA, "agenda"])
            page.evaluate(MARK, [WIDGETS, "widget"])
        for _time in range(1 if report.quick else 4):
            idle += [seen - at for at, seen in (_tick(shared, number) for number in range(100))]
            _hold(shared, found)
    series = [
        Series("a tick, kernel idle", idle),
        Series("a tick, kernel held", found.ticks),
        Series("ipywidgets Checkbox, kernel held", found.boxes),
    ]
    report.compare("From a tick to the other's screen", series, series[1].name)
    report.say("  p95 ms: " + ", ".join(f"{one.name} {p95(one.values):.1f}" for one in series))
    n = len(found.ticks) + found.unseen
    report.hold("the shortest call that held it", min(found.held), least=HELD_SECONDS, unit=" s")
    report.hold(f"ticks unseen of {n} while it was held", found.unseen, most=0)
    report.hold(f"a tick while it was held, p95, n = {n}", p95(found.ticks), most=100.0, unit=" ms")


def _hold(shared: Table, found: Found) -> None:
    """Hold the kernel, and tick on both sides until shortly before the call ends."""
    ticks: list[tuple[float, float]] = []
    clicks: list[float] = []
    run_last(shared.mentor, HOLD, wait=False)
    shared.mentor.wait_for_function(BUSY)
    began = time.monotonic() + 1.0
    while (gone := time.monotonic() - began) < 0.9 * HELD_SECONDS:
        # A box of each side at the start, and again after half of the time.
        if len(clicks) < BOXES and gone > len(clicks) // 2 * HELD_SECONDS / 2:
            clicks.append(shared.pages[len(clicks) % 2].evaluate(CLICK, f"widget {len(clicks)}"))
        try:
            ticks.append(_tick(shared, len(ticks)))
        except Unseen:
            found.unseen += 1
    for page in shared.pages:
        page.wait_for_function(SETTLED)
    start, end = (1000 * at for at in shared.mentor.evaluate(HELD))
    found.held.append((end - start) / 1000)
    found.ticks += [seen - at for at, seen in ticks if start < at < end]
    for number, at in enumerate(clicks):
        if start < at < end:
            found.boxes.append(_seen(shared.pages[1 - number % 2], f"widget {number}", at) - at)


def _tick(shared: Table, number: int) -> tuple[float, float]:
    """Tick on alternate sides; return the times of the tick and of its arrival on the other page, ms."""
    clicked, other = shared.pages[:: 1 if number % 2 else -1]
    at: float = clicked.evaluate(CLICK, "agenda 0")
    seen = _seen(other, "agenda 0", at)
    other.wait_for_timeout(PAUSE_MS)
    return at, seen


def _seen(page: Page, name: str, since: float) -> float:
    page.wait_for_function(SEEN, arg=[name, since], timeout=10_000)
    found: float = page.evaluate(SEEN, [name, since])
    return found
