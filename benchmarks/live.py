"""A shared session, in real browsers.

`ticks` measures how soon the other person sees a tick. It is compared, alternately on the same machine, with
the round trip of a bare websocket, and with the same tick in an ipywidgets `Checkbox` of the same notebook,
on the same server and in both browsers. The other parts have a module each: `lost`, `busy`, `join`, `six`.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles

from browser import chromium
from grading import own_servers
from live_bench_session import AGENDA, joined, shared
from live_busy_kernel import busy
from live_concurrent_edits import lost
from live_join import join
from live_six_clients import six
from measure import Report, Series, interleaved, main
from playwright.sync_api import Page
from submit import practice_with_session
from tornado.web import Application
from tornado.websocket import WebSocketHandler

MARK = """([selector, name]) => {
    const box = document.querySelector(selector);
    if (box) box.dataset.bench = name;
    return Boolean(box);
}"""
CLICK = """name => {
    const box = document.querySelector(`[data-bench="${name}"]`);
    window.seen.length = 0;
    const at = performance.timeOrigin + performance.now();
    box.click();
    return at;
}"""
SEEN = "name => window.seen.find(([which]) => which === name)"
ECHO = """port => new Promise(resolve => {
    window.echo = new WebSocket(`ws://127.0.0.1:${port}/`);
    window.echo.onopen = () => resolve(true);
})"""
TRIP = """() => new Promise(resolve => {
    const began = performance.now();
    window.echo.onmessage = () => resolve(performance.now() - began);
    window.echo.send("{}");
})"""
CHECKBOX = """() => {
    const notebook = window.jupyterapp.shell.currentWidget;
    const last = notebook.content.widgets.length - 1;
    notebook.model.sharedModel.insertCell(last + 1, {
        cell_type: "code", source: "import ipywidgets\\nbox = ipywidgets.Checkbox()\\nbox",
    });
    notebook.content.activeCellIndex = last + 1;
    return window.jupyterapp.commands.execute("notebook:run-cell");
}"""
WIDGET = ".jp-Notebook .widget-checkbox input"


class _Echo(WebSocketHandler):
    def check_origin(self, _origin: str) -> bool:
        return True

    def on_message(self, message: str | bytes) -> None:
        self.write_message(message)


@contextmanager
def _echo() -> Iterator[int]:
    """Serve a websocket that echoes messages; yields its port."""
    ready: list[int] = []
    started, loops = threading.Event(), []

    async def serve() -> None:
        server = Application([("/", _Echo)]).listen(0, "127.0.0.1")
        ready.append(next(iter(server._sockets.values())).getsockname()[1])  # noqa: SLF001 - no other way
        loops.append((asyncio.get_running_loop(), end := asyncio.Event()))
        started.set()
        await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    started.wait(10)
    yield ready[0]
    loop, end = loops[0]
    loop.call_soon_threadsafe(end.set)
    thread.join(10)


def ticks(report: Report) -> None:
    """Time from a tick to the other person's screen."""
    rounds = 30 if report.quick else 150
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mentoring-bench-")))
        practice, _notebook = practice_with_session(folder / "practice")
        port = stack.enter_context(_echo())
        links = stack.enter_context(shared(practice))
        browser = stack.enter_context(chromium())
        pages = [joined(browser, link) for link in links]
        pages[0].evaluate(CHECKBOX)
        for page in pages:
            for selector, name in ((AGENDA, "agenda"), (WIDGET, "widget")):
                page.locator(selector).first.wait_for(state="attached")
                page.evaluate(MARK, [selector, name])
        pages[0].evaluate(ECHO, port)
        there_and_back = {
            "raw websocket, round trip": lambda: float(pages[0].evaluate(TRIP)) / 1000,
            "a tick on the agenda": _ticking(pages, "agenda"),
            "ipywidgets Checkbox": _ticking(pages, "widget"),
        }
        # Each arm alternates between both directions.
        times = interleaved(there_and_back, 2 * rounds, warm=4)
    series = [Series.of_seconds(arm, values) for arm, values in times.items()]
    raw, ours, _checkbox = series
    ratios = report.compare("From a tick to the other's screen", series, ours.name)
    late = [quantiles(one.values, n=20)[18] for one in series]
    report.say("  p95 ms: " + ", ".join(f"{one.name} {at:.1f}" for one, at in zip(series, late, strict=True)))
    report.hold("tick, p50, against a raw round trip", ours.times(raw), most=4.0, unit="x")
    report.hold("tick, p95, against a raw round trip's", late[1] / late[0], most=8.0, unit="x")
    report.hold("ipywidgets Checkbox against it, p50", ratios["ipywidgets Checkbox"], least=4.0, unit="x")


def _ticking(pages: list[Page], name: str) -> Callable[[], float]:
    turn = iter(range(1_000_000))

    def tick() -> float:
        clicked, other = pages if next(turn) % 2 else pages[::-1]
        other.evaluate("() => { window.seen.length = 0 }")
        began = clicked.evaluate(CLICK, name)
        # This raises if the tick is not seen within ten seconds.
        other.wait_for_function(SEEN, arg=name, timeout=10_000)
        return (other.evaluate(SEEN, name)[1] - float(began)) / 1000

    return tick


if __name__ == "__main__":
    with own_servers():
        code = main("live", {"ticks": ticks, "lost": lost, "busy": busy, "join": join, "six": six})
    sys.exit(code)
