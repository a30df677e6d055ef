"""Six clients in one session for ten minutes, two actions a second each.

It checks that all clients have the same state at the end, and that the server does not grow. Two of the six
are windows of Chromium, with clicks and key presses; four speak the same protocol without a page. A session
is for two people, so each of them is in it three times.

A shared document keeps its whole history, and the server has it twice. The memory of this history is measured
as well, on the updates of the run; the rest of the server must stay as large as it was.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import linear_regression
from typing import Any, TypeVar

import psutil
from live_bench_session import AGENDA, Table, run_last, table, wait_until
from live_client import Client, State
from measure import Report
from playwright.sync_api import Page
from pycrdt import Doc
from submit import STUDENT

from toolkit.services.sessions import live_session

__all__ = ["six"]

PEERS = (("mentor", "Ada"), ("student", "Ada Byron")) * 2
ACTION_SECONDS = 0.5
SETTLE_SECONDS = 20.0
OWN = 3  # the actions that a peer keeps, of those that it has added
LONGEST = 400  # characters of the cell that all clients type in
SERVER_PSS, SERVER_RSS, MENTOR_PSS = "server, PSS", "server, RSS", "mentor live, PSS"
FLAT = 1.05
Result = TypeVar("Result")
STATE = """() => {
    const { ydoc } = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
    const cells = ydoc.getArray("cells").toJSON();
    return [ydoc.getMap("mentoring").toJSON(), cells.map(cell => cell.source)];
}"""
TYPE_LAST = """async () => {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.activeCellIndex = content.widgets.length - 1;
    await content.scrollToItem(content.activeCellIndex);
    content.mode = "edit";
    content.activeCell.editor.focus();
}"""
TICK = """([selector, turn]) => {
    const boxes = document.querySelectorAll(selector);
    boxes[turn % boxes.length].click();
}"""


def six(report: Report) -> None:
    """Run six clients at once."""
    minutes, every = (1, 10.0) if report.quick else (10, 60.0)
    with table() as shared, _background() as start:
        run_last(shared.mentor, "# all type here: ")
        for page in shared.pages:
            page.evaluate(TYPE_LAST)
        peers = start(_peers(shared)).result(60)
        taken, at = [_memory()], [time.time()]

        def look() -> None:
            taken.append(_memory())
            at.append(time.time())

        until = time.monotonic() + 60.0 * minutes
        acting = [start(_act(peer, number, until)) for number, peer in enumerate(peers)]
        acted = [_use(shared.pages, until, every, look)]
        acted += [one.result(60) for one in acting]

        def states() -> list[State]:
            return [tuple(page.evaluate(STATE)) for page in shared.pages] + start(_states(peers)).result(10)

        wait_until(lambda: _all_alike(states()), SETTLE_SECONDS)
        found = states()
        unlike = sum(one != found[0] for one in found[1:])
        unkept = _unkept(found[0], shared)
        cut = sum(not peer.connected for peer in peers)
        start(_leave(peers)).result(10)
        history = 2 * _history(shared.practice.private, at[1])
    _say(report, taken, every)
    first, last = taken[1][SERVER_PSS], taken[-1][SERVER_PSS]
    report.say(f"  from the second look on: {last - first:.1f} MiB more, {last / first:.2f}x")
    report.say(f"  of that, what was done in the document, and in its copy: {history:.1f} MiB")
    report.hold(
        "the server's memory but for that, last look against second",
        (last - history) / first,
        most=FLAT,
        unit="x",
    )
    grown = 1024 * (taken[-1][SERVER_PSS] - taken[0][SERVER_PSS]) / sum(acted)
    report.say(f"  from the first look to the last, the server has {grown:.1f} KiB more an action")
    report.say(f"  {sum(acted)} actions: {acted[0]} in two windows, {acted[1:]} by the others")
    report.hold("actions a second, of six", sum(acted) / (60 * minutes), least=11.0)
    report.hold("clients whose connection was cut", cut, most=0)
    report.hold("clients whose notebook or table differs from the first's", unlike, most=0)
    report.hold("fields of the table that the record has otherwise", unkept, most=0)


def _say(report: Report, taken: list[dict[str, float]], every: float) -> None:
    """Report the memory at each sample, and its growth since the second sample."""
    rows = [
        [f"{number * every / 60:.1f} min", *(f"{value:.1f}" for value in one.values())]
        for number, one in enumerate(taken)
    ]
    report.table("Memory, MiB", ["", *taken[0]], rows)
    at = [number * every / 60 for number in range(len(taken))][1:]
    for name in taken[0]:
        values = [one[name] for one in taken][1:]
        slope = linear_regression(at, values).slope
        report.say(f"  {name}: {slope:+.2f} MiB a minute, from the second look on")
    report.series.append({"table": "Memory", "every_seconds": every, "looks": taken})


def _all_alike(states: list[State]) -> bool:
    return all(one == states[0] for one in states)


def _unkept(state: State, shared: Table) -> int:
    """Return how many of the shared fields are missing from the record, or differ there."""
    entries = shared.record()
    missing = object()
    return sum(
        entries.get(name.partition("/")[0], {}).get(name.partition("/")[2], missing) != value
        for name, value in state[0].items()
        if "@" not in name
    )


async def _peers(shared: Table) -> list[Client]:
    session = live_session.find_live_session(shared.practice, STUDENT).id
    notebook = shared.notebook.relative_to(shared.practice.workspace(STUDENT)).as_posix()
    peers = [Client(role, name) for role, name in PEERS]
    for peer, (role, _name) in zip(peers, PEERS, strict=True):
        guest = live_session.MENTOR_ID if role == "mentor" else STUDENT
        await peer.join(live_session.create_invitation(shared.practice, session, guest), notebook)
    return peers


async def _act(peer: Client, number: int, until: float) -> int:
    """Act every half second; return the number of acts."""
    own: list[str] = []
    began, turn = time.monotonic(), 0
    while (now := time.monotonic()) < until:
        _do(peer, own, number, turn)
        turn += 1
        await asyncio.sleep(max(0.0, began + ACTION_SECONDS * turn - now))
    return turn


def _do(peer: Client, own: list[str], number: int, turn: int) -> None:
    items = peer.entries("agenda")
    item = items[(turn + number) // 4 % len(items)]
    match turn % 4:
        case 0:
            ticked = peer.map.get(f"{item}/state") == "discussed"
            peer.put(item, {"state": "open" if ticked else "discussed"})
        case 1:
            peer.put(item, {"text": f"Point {turn} of {number}"})
        case 2:
            text = peer.cells[-1]["source"]
            with peer.doc.transaction():
                text += f"{turn} "
                if len(text) > LONGEST:
                    del text[: LONGEST // 2]
        case _:
            name = f"six{number}x{turn}"
            own.append(f"action:{name}")
            peer.put(own[-1], {"id": name, "text": f"Read chapter {turn}", "order": turn, "state": "open"})
            if len(own) > OWN:
                peer.remove(own.pop(0))


async def _states(peers: list[Client]) -> list[State]:
    return [peer.state() for peer in peers]


async def _leave(peers: list[Client]) -> None:
    for peer in peers:
        await peer.leave()


def _use(pages: list[Page], until: float, every: float, look: Callable[[], None]) -> int:
    """Click and type in both windows alternately; return how often. ``look`` is called at an interval."""
    began, turn, looks = time.monotonic(), 0, 1
    while (now := time.monotonic()) < until:
        page, mine = pages[turn % 2], turn // 2
        if mine % 2:
            page.keyboard.press("x" if mine % 60 < 30 else "Backspace")
        else:
            page.evaluate(TICK, [AGENDA, mine])
        turn += 1
        if now - began >= looks * every:
            looks += 1
            look()
        time.sleep(max(0.0, began + ACTION_SECONDS / 2 * turn - time.monotonic()))
    look()
    return turn


class _Heap(ctypes.Structure):
    # `struct mallinfo2` of glibc: its eighth number is the memory in use, bytes.
    _fields_ = (("before", 7 * ctypes.c_size_t), ("used", ctypes.c_size_t), ("after", 2 * ctypes.c_size_t))


def _history(private: Path, since: float) -> float:
    """Return the memory that a document takes for all changes made in it since a time, MiB."""
    libc = ctypes.CDLL("libc.so.6")
    libc.mallinfo2.restype = _Heap
    (path,) = private.glob("live/*/updates.db")
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT yupdate, timestamp FROM yupdates ORDER BY timestamp").fetchall()
    doc: Doc[Any] = Doc()
    for update in (update for update, at in rows if at < since):
        doc.apply_update(update)
    gc.collect()
    before = libc.mallinfo2().used
    for update in (update for update, at in rows if at >= since):
        doc.apply_update(update)
    gc.collect()
    return float(libc.mallinfo2().used - before) / 1024**2


def _memory() -> dict[str, float]:
    """Return the memory of the session's server, and of the mentor's process that starts it, MiB."""
    found = dict.fromkeys((SERVER_PSS, SERVER_RSS, MENTOR_PSS), math.nan)
    for process in psutil.Process().children(recursive=True):
        line = process.cmdline()
        if "toolkit.live.server" in line:
            found[SERVER_PSS], found[SERVER_RSS] = _of(process, "Pss"), _of(process, "Rss")
        elif line[1:2] and Path(line[1]).name == "mentor":
            found[MENTOR_PSS] = _of(process, "Pss")
    return found


def _of(process: psutil.Process, what: str) -> float:
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1024


@contextmanager
def _background() -> Iterator[Callable[[Coroutine[Any, Any, Result]], Future[Result]]]:
    """Yield a function that runs a coroutine in an event loop of its own, beside that of the windows."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
